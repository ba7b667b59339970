from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.errors import FormatError, UnstableError
from approxlite.profiler.energy.beside import SOURCE, beside
from approxlite.profiler.energy.design import EXACT, IDLE, Lengths, a_round, block_of
from approxlite.profiler.energy.from_rows import energy_of_rows
from approxlite.profiler.energy.measured import placed_rows
from approxlite.profiler.energy.meter import read_meter
from approxlite.profiler.energy.probe import probe
from approxlite.profiler.energy.readings import Series
from farm.replay.cases import SETTING, drawn_world
from farm.replay.device import ReplayDevice

CONDITIONS = (IDLE, EXACT, IDLE, SETTING, EXACT, IDLE)


def written(tmp_path, text):
    path = tmp_path / "meter.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("header", "row", "power_w"),
    [
        ("time_s,power_w", "{t},1.5", 1.5),
        ("Time(s),Power(mW)", "{t},1500", 1.5),
        ("Time (s),Main(mA),Main Voltage(V)", "{t},400,3.75", 1.5),
        ("timestamp,current_ma,voltage_mv", "{t},400,3750", 1.5),
        ("Time(ms),Main Avg Power (mW)", "{t},1500", 1.5),
    ],
)
def test_exports_of_several_makes_are_read(tmp_path, header, row, power_w):
    meter = read_meter(written(tmp_path, "\n".join([header, *(row.format(t=t) for t in range(5))])))
    assert meter.value == pytest.approx(power_w)
    assert len(meter) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a header"),
        ("time_s,colour\n1,red\n2,blue", "needs a column of time"),
        ("time_s,power_w\n1,1\n2,x", "row 3: not a number"),
        ("time_s,power_w\n1,1\n2,nan", "row 3: not a finite number"),
        ("time_s,power_w\n2,1\n1,1", "row 3: time does not go on"),
    ],
)
def test_a_damaged_export_is_one_line_that_names_the_row(tmp_path, text, said):
    with pytest.raises(FormatError, match=said):
        read_meter(written(tmp_path, text))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "meter.csv"
    path.write_text(text, encoding="utf-8", errors="ignore")
    try:
        read_meter(path)
    except FormatError as problem:
        assert "\n" not in str(problem)


def measured(offset_s):
    random = np.random.default_rng(8)
    device = ReplayDevice(drawn_world(random), [], random)
    rows = device.measure([block_of(each, 20.0, 1.0, number) for number, each in enumerate(CONDITIONS)])
    history = device.history
    begin = rows[0].begin_ns * 1e-9
    times = np.arange(history.times_s[1], history.times_s[-1], 0.02)
    energy = np.interp(times, history.times_s, history.energy_j)
    power = np.gradient(energy, times)
    return device, rows, Series(times - begin + offset_s, power)


@pytest.mark.parametrize("offset_s", [0.0, 3.2, 17.9])
def test_a_meter_with_a_clock_of_its_own_is_laid_beside_the_blocks(offset_s):
    device, rows, meter = measured(offset_s)
    before = np.arange(-30, 0, 0.02) + meter.taken_s[0]
    idle = np.full(len(before), device.world.idle_w)
    longer = Series(np.append(before, meter.taken_s), np.append(idle, meter.value))
    found = beside(rows, longer)
    proven, refused = probe(found)
    assert [each.source.kind for each in proven] == ["meter"]
    assert not refused
    truth = device.world.draws[EXACT].power_w
    assert proven[0].busy_w == pytest.approx(truth, rel=0.15)
    first = next(reading for reading in found[1].readings if reading.source == SOURCE)
    assert abs(first.at_ns - found[1].begin_ns) < 0.3e9


def test_a_meter_of_something_else_is_refused():
    _, rows, meter = measured(0.0)
    noise = np.random.default_rng(0).normal(1, 0.1, len(meter))
    with pytest.raises(UnstableError, match="does not follow"):
        beside(rows, Series(meter.taken_s * 1.1, noise))


def test_a_meter_gives_the_ratio_of_a_whole_campaign_with_its_interval():
    random = np.random.default_rng(4)
    device = ReplayDevice(drawn_world(random), [], random)
    device.history.kept_s = 1e6
    device.measure([block_of(IDLE, 8.0, 0.0, 900)])
    blocks, first = [], 0
    for number in range(14):
        placed = a_round((EXACT, SETTING, IDLE), Lengths(6, 0, 0), session=0, round_=number, first=first, seed=3)
        first += len(placed)
        blocks += placed_rows(placed, device.measure([each.plan for each in placed]))
    device.measure([block_of(IDLE, 8.0, 0.0, 901)])
    times = np.arange(device.history.times_s[0], device.history.times_s[-1], 0.005)
    energy = np.interp(times, device.history.times_s, device.history.energy_j)
    power = np.gradient(energy, times) + random.normal(0, 0.2, len(times))
    rows = beside([each.row for each in blocks], Series(times - 17.3, power))
    found = energy_of_rows([replace(each, row=row) for each, row in zip(blocks, rows, strict=True)])
    assert found.source is not None
    assert found.source.kind == "meter"
    ratio = found.settings[SETTING].ratio
    assert ratio.low <= device.world.ratio(SETTING) <= ratio.high
    assert ratio.high - ratio.low < 0.06 * ratio.value


def test_blocks_of_two_boots_are_not_laid_beside_one_meter():
    _, rows, meter = measured(0.0)
    with pytest.raises(UnstableError, match="one boot"):
        beside([*rows[3:], *rows[:3]], meter)
