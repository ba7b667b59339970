import numpy as np
import pytest

from approxlite.profiler.energy.design import EXACT, IDLE, Lengths, a_round
from approxlite.profiler.energy.from_rows import Refusal, energy_of_rows
from approxlite.profiler.energy.measured import RoundBlock, placed_rows
from approxlite.profiler.energy.outcome import Comparison
from approxlite.profiler.energy.prove import prove
from farm.replay.cases import SETTING, Additive, drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.gauges import Counter, Rails, Voltage
from farm.replay.trace import Draw, World


def replay(gauges, seed=2):
    random = np.random.default_rng(seed)
    return ReplayDevice(drawn_world(random), gauges, random)


def rounds(device, count, block_s, conditions=(EXACT, SETTING, IDLE), first=1000):
    found = []
    for number in range(count):
        placed = a_round(conditions, Lengths(block_s, 1, block_s / 20), session=0, round_=number, first=first, seed=1)
        first += len(placed)
        found += placed_rows(placed, device.measure([each.plan for each in placed]))
    return found


def numbers():
    counted = iter(range(1000))
    return lambda: next(counted)


@pytest.mark.parametrize(("gauges", "block_s"), [([Rails()], 10), ([Counter(100), Voltage()], 45)])
@pytest.mark.parametrize("probe", [True, False])
def test_rows_of_a_campaign_give_the_ratio_with_its_interval(gauges, block_s, probe):
    device = replay(gauges)
    probe_rows = prove(device.measure, numbers()).rows if probe else ()
    found = energy_of_rows(rounds(device, 20, block_s), probe_rows)
    assert found.refused == ""
    assert found.source is not None
    setting = found.settings[SETTING]
    assert isinstance(setting, Comparison)
    truth = device.world.ratio(SETTING)
    assert setting.ratio.value == pytest.approx(truth, rel=0.04)
    # One case in twenty lies outside; how many do is counted by scripts/check-energy.
    assert abs(setting.ratio.value - truth) <= setting.ratio.high - setting.ratio.low
    assert setting.exact_mj.value == pytest.approx(device.world.beyond_idle_mj(EXACT), rel=0.1)


@pytest.mark.parametrize(("gauges", "block_s"), [([Rails()], 10), ([Counter(100), Voltage()], 45)])
def test_work_between_blocks_does_not_hide_the_source(gauges, block_s):
    device = replay(gauges)

    def timing_operators(blocks):
        return device.measure([block.model_copy(update={"operators": block.inferences > 0}) for block in blocks])

    found = []
    for number in range(14):
        lengths = Lengths(block_s, 1, block_s / 20)
        placed = a_round((EXACT, SETTING, IDLE), lengths, session=0, round_=number, first=3 * number, seed=1)
        found += placed_rows(placed, timing_operators([each.plan for each in placed]))
    told = energy_of_rows(found)
    assert told.refused == ""
    setting = told.settings[SETTING]
    assert isinstance(setting, Comparison)
    assert setting.ratio.value == pytest.approx(device.world.ratio(SETTING), rel=0.05)


def test_blocks_that_the_device_calls_disturbed_do_not_tell_of_the_source():
    random = np.random.default_rng(3)
    for _ in range(6):
        device = ReplayDevice(drawn_world(random), [Rails()], random, disturbed=0.2, kinds=("charger",))
        found = energy_of_rows(rounds(device, 16, 8.1))
        assert found.refused == ""
        assert found.source is not None
        assert found.source.lag_s <= 0.2


def test_long_rounds_with_one_rest_each_are_enough_to_judge_a_source_by():
    random = np.random.default_rng(2)
    draws = Additive(Draw(2.4, 0.03), 0.4, {(f"conv_2d_{i}", "int8"): -10.0 for i in range(4)})
    device = ReplayDevice(World(draws, idle_w=0.4), [Rails()], random)
    names = [f"conv_2d_{i}=int8" for i in range(4)]
    dealt = [",".join(names[i] for i in range(4) if number >> i & 1) for number in range(1, 16)]
    found = energy_of_rows(rounds(device, 8, 9, (EXACT, IDLE, *dealt)))
    assert found.refused == ""
    assert isinstance(found.knobs, list)
    for each in found.knobs:
        assert each.change_mj.value == pytest.approx(-10 * device.truth.session_scale, abs=1.0)


def test_the_order_of_rows_does_not_matter_nor_how_often_it_is_asked():
    device = replay([Rails()])
    blocks = rounds(device, 10, 10)
    assert energy_of_rows(blocks) == energy_of_rows(list(reversed(blocks))) == energy_of_rows(blocks)


def test_blocks_of_a_latency_profile_are_refused_with_the_length_that_is_needed():
    device = replay([Rails()])
    probed = prove(device.measure, numbers())
    found = energy_of_rows(rounds(device, 10, 0.05), probed.rows)
    assert found.refused.startswith("exact blocks of 1")
    assert found.refused.endswith("are needed")
    assert not found.settings


def test_rounds_without_idle_or_exact_blocks_are_refused():
    device = replay([Rails()])
    probe_rows = prove(device.measure, numbers()).rows
    without_idle = energy_of_rows(rounds(device, 10, 10, (EXACT, SETTING)), probe_rows)
    assert isinstance(without_idle.settings[SETTING], Refusal)
    assert "0 pairs; at least 8" in without_idle.settings[SETTING].why
    assert "no exact blocks" in energy_of_rows(rounds(device, 10, 10, (IDLE, SETTING)), probe_rows).refused


def test_a_device_without_a_source_is_refused_for_its_reason():
    found = energy_of_rows(rounds(replay([Counter(100)]), 10, 30))
    assert "no battery voltage" in found.refused
    assert "it has none" in energy_of_rows([]).refused


def test_a_condition_twice_in_a_round_counts_as_its_mean():
    device = replay([Rails()])
    once = rounds(device, 10, 10)
    mirrored = rounds(device, 10, 10, first=5000)
    both = energy_of_rows([*once, *mirrored]).settings[SETTING]
    assert isinstance(both, Comparison)
    assert both.ratio.samples == 10


def test_stock_is_compared_as_any_setting_and_is_no_knob():
    device = replay([Rails()])
    blocks = [
        RoundBlock(each.row, "stock" if each.condition == SETTING else each.condition, each.round)
        for each in rounds(device, 10, 10)
    ]
    found = energy_of_rows(blocks)
    assert isinstance(found.settings["stock"], Comparison)
    assert isinstance(found.knobs, list)
    assert not found.knobs
