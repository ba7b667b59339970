import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.errors import FormatError
from approxlite.profiler.blocks import AgentBlock, LatencyNs, OpeningRow, PlannedBlock, Surroundings, parse_agent_row
from approxlite.profiler.devices.parsers import energy_meter_uws
from approxlite.profiler.energy.contamination import contaminated
from approxlite.profiler.energy.design import EXACT, IDLE, Lengths, a_round
from approxlite.profiler.energy.noise import BLUR_SD_J, Noise
from approxlite.profiler.energy.planning import Load, looks, plan
from approxlite.profiler.energy.unlike import unlike_neighbours
from approxlite.profiler.energy.warm_up import WarmUp, steady

METER = """
============= PowerStats HAL 2.0 energy meter ==============
Elapsed time: 10021 ms
                           Channel    Cumulative Energy (      Delta   )
          [S4M_VDD_CPUCL0]:CPU(LITTLE)       123456.78 mWs (        12.00)
                  [S2M_VDD_CPUCL2]:CPU(BIG)      98765.43 mWs (       -1.00)
========== End of PowerStats HAL 2.0 energy meter ==========
============= PowerStats HAL 2.0 energy consumers ==============
TPU          :           1.00 mWs
"""


def test_rows_of_the_protocol_are_read_and_later_kinds_passed_over():
    row = parse_agent_row('{"kind": "block", "block": 3, "later": 1, "readings": []}', "rows")
    assert isinstance(row, AgentBlock)
    assert row.block == 3
    assert isinstance(parse_agent_row('{"kind": "opening", "protocol": 1}', "rows"), OpeningRow)
    assert parse_agent_row('{"kind": "song"}', "rows") is None
    with pytest.raises(FormatError, match=r"^rows: "):
        parse_agent_row('{"kind": "block"}', "rows")
    with pytest.raises(FormatError, match=r"^rows: "):
        parse_agent_row("{", "rows")


@pytest.mark.parametrize("name", ["at_ns", "as_of_ns"])
@pytest.mark.parametrize("time", [-1, 2**63, 10**400], ids=["negative", "64 bits", "huge"])
def test_a_reading_of_a_time_that_no_clock_shows_is_refused(name, time):
    reading = {"at_ns": 1, "source": "charge_counter", "value": 1.0, name: time}
    with pytest.raises(FormatError, match=rf"^rows: .*{name}"):
        parse_agent_row(json.dumps({"kind": "block", "block": 1, "readings": [reading]}), "rows")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_row_or_a_format_error(line):
    try:
        parse_agent_row(line, "rows")
    except FormatError as problem:
        assert "\n" not in str(problem)


def test_a_planned_block_has_only_fields_of_the_protocol():
    with pytest.raises(ValueError, match="Extra inputs"):
        PlannedBlock.model_validate({"block": 1, "subject": "idle", "colour": "red"})


@pytest.mark.parametrize("text", [METER, METER.replace("\n", "\r\n")])
def test_the_energy_meter_is_read_and_consumers_are_not(text):
    assert energy_meter_uws(text) == pytest.approx(
        {"[S4M_VDD_CPUCL0]:CPU(LITTLE)": 123456780.0, "[S2M_VDD_CPUCL2]:CPU(BIG)": 98765430.0}
    )


@given(st.text(max_size=300))
def test_any_output_of_a_device_has_an_energy_meter_or_none(text):
    assert all(np.isfinite(value) for value in energy_meter_uws(text).values())


@given(st.integers(0, 50), st.integers(0, 3))
def test_every_condition_stands_once_in_a_round_and_lengths_keep_no_step(round_, session):
    placed = a_round(
        (EXACT, "all=int8", IDLE), Lengths(10, 1, 0.5), session=session, round_=round_, first=7, seed=round_
    )
    assert sorted(each.condition for each in placed) == sorted((EXACT, "all=int8", IDLE))
    assert [each.plan.block for each in placed] == [7, 8, 9]
    assert all(9.8 <= each.plan.seconds <= 12.2 for each in placed)
    assert [each.plan.inferences > 0 for each in placed] == [each.condition != IDLE for each in placed]


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 20), st.floats(0.2, 0.5), st.floats(1.0, 5.0))
def test_a_coarser_counter_takes_longer(step_j, idle_w, busy_w):
    fine = plan([Load(Noise("charge_counter", step_j=step_j), idle_w, busy_w)], 0.05)
    coarse = plan([Load(Noise("charge_counter", step_j=4 * step_j), idle_w, busy_w)], 0.05)
    assert coarse.total_s >= fine.total_s
    assert looks(fine)[-1] == fine.pairs
    assert list(looks(fine)) == sorted(set(looks(fine)))


@pytest.mark.parametrize(("step_uah", "minutes"), [(100, 1), (1000, 9), (5000, 47)])
def test_the_noise_of_a_counter_is_that_of_one_watt_at_one_percent(step_uah, minutes):
    noise = Noise("charge_counter", step_j=step_uah * 1e-6 * 3600 * 3.85)
    assert noise.power_sd_w(minutes * 60, 1.0) == pytest.approx(0.01, rel=0.1)


def test_two_readings_of_a_power_monitor_know_27_joules_to_one_percent():
    noise = Noise("power_monitor_fine", reading_sd_j=BLUR_SD_J)
    assert noise.power_sd_w(27.0, 1.0) == pytest.approx(0.01, rel=0.02)


@given(st.floats(1.0, 1e6))
def test_warm_is_steady_and_warming_is_not(level):
    assert steady([level] * 9)
    assert not steady([level * (1 - 0.02 * place) for place in range(9)])
    assert not steady([level] * 8)


def test_a_device_that_never_gets_steady_is_said_to_change() -> None:
    assert WarmUp(latencies_ns=[100.0] * 9).unsteady is None
    unsteady = WarmUp(latencies_ns=[100.0 * 0.99**place for place in range(9)]).unsteady
    assert unsteady == pytest.approx(0.99**-6 - 1)


def rows(count):
    latency = LatencyNs(total=1_000_000, median=1_000_000)
    calm = Surroundings(
        thermal_status=0, thermal_headroom=0.4, plugged=False,
        frequency_mhz=(2000.0, 1800.0), frequency_limit_mhz=(2000.0, 1800.0),
    )  # fmt: skip
    return [
        AgentBlock(block=i, begin_ns=i, end_ns=i + 1, inferences=1, latency_ns=latency, before=calm, after=calm)
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ended": "throttled"}, "throttled"),
        ({"ended": "longest"}, "took too long"),
        ({"after": Surroundings(thermal_status=2)}, "thermal status changed"),
        ({"before": Surroundings(thermal_status=2)}, "thermal status changed"),
        ({name: Surroundings(thermal_status=1) for name in ("before", "after")}, "thermal status above none"),
        ({"after": Surroundings(thermal_status=0, thermal_headroom=0.46)}, "thermal headroom jumped"),
        ({"after": Surroundings(thermal_status=0, plugged=True)}, "charger"),
        ({"after": Surroundings(thermal_status=0, frequency_limit_mhz=(2000.0, 1500.0))}, "frequency limit changed"),
        ({"after": Surroundings(thermal_status=0, frequency_mhz=(2000.0,))}, "cores went on or off line"),
        ({"latency_ns": LatencyNs(total=1_100_000)}, "latency unlike its peers"),
    ],
)
def test_a_disturbed_block_is_left_out_with_its_reason(changed, why):
    blocks = rows(12)
    blocks[5] = blocks[5].model_copy(update=changed)
    assert contaminated(blocks, ["exact"] * 12, parts([2.0] * 12), parts([0.01] * 12)) == {5: why}


def test_a_core_that_idles_after_work_and_a_little_warmth_disturbed_nothing():
    blocks = rows(12)
    slow = Surroundings(
        thermal_status=0, thermal_headroom=0.36, frequency_mhz=(300.0, 300.0), frequency_limit_mhz=(2000.0, 1800.0)
    )
    blocks[5] = blocks[5].model_copy(update={"after": slow})
    assert contaminated(blocks, ["exact"] * 12, parts([2.0] * 12), parts([0.01] * 12)) == {}


def test_what_cores_may_rise_to_is_read_as_the_agent_writes_it():
    row = parse_agent_row('{"kind": "block", "block": 3, "before": {"frequency_limit_mhz": [2348.0, 1803]}}', "rows")
    assert isinstance(row, AgentBlock)
    assert row.before.frequency_limit_mhz == (2348, 1803)


def parts(values, count=1):
    return [np.full(count, value) for value in values]


def test_power_far_from_its_peers_is_left_out_and_noise_of_the_source_is_not():
    powers = [2.0] * 12
    powers[3] = 2.5
    why = "power unlike its neighbours"
    assert contaminated(rows(12), ["exact"] * 12, parts(powers), parts([0.01] * 12)) == {3: why}
    assert contaminated(rows(12), ["exact"] * 12, parts(powers), parts([0.3] * 12)) == {}


def test_a_load_that_came_and_went_is_found_more_often_by_its_stretch_than_by_the_mean():
    conditions, at_s, found = ["exact", "all=int8"] * 12, np.arange(24.0), np.zeros(3, int)
    for seed in range(40):
        powers = 2.0 * np.random.default_rng(seed).normal(1, 0.03, (24, 10))
        found[0] += unlike_neighbours(at_s, conditions, powers, np.zeros((24, 10))).any()
        powers[7, 4:7] += 0.21
        found[1] += unlike_neighbours(at_s, conditions, powers, np.zeros((24, 10)))[7]
        found[2] += unlike_neighbours(at_s, conditions, powers.mean(axis=1)[:, None], np.zeros((24, 1)))[7]
    clean, by_stretch, by_mean = found
    assert by_stretch >= 34
    assert by_mean <= 26
    assert clean <= 6


def test_a_drift_that_all_conditions_share_disturbs_nothing_and_hides_nothing():
    random = np.random.default_rng(2)
    level = np.array([2.0, 1.6] * 15) * (1 + 0.1 * np.sin(np.arange(30) / 12)) * random.normal(1, 0.01, 30)
    conditions = ["exact", "all=int8"] * 15
    assert contaminated(rows(30), conditions, parts(level), parts([0.0] * 30)) == {}
    level[11] *= 1.1
    assert set(contaminated(rows(30), conditions, parts(level), parts([0.0] * 30))) == {11}


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 40), st.integers(1, 10), st.floats(0.1, 100))
def test_clean_blocks_are_left_out_one_in_a_hundred_times_at_most(seed, count, pieces, level):
    random = np.random.default_rng(seed)
    left = [
        len(contaminated(rows(count), ["exact"] * count, list(powers), [np.zeros(pieces)] * count))
        for powers in level * random.normal(1, 0.05, (20, count, pieces))
    ]
    assert sum(left) <= 5 + 0.02 * 20 * count
