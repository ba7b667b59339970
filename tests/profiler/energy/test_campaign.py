from statistics import median

import numpy as np
import pytest

from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from farm.replay.cases import KINDS, SETTING, campaign_result, drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.gauges import Counter, Rails, Voltage


@pytest.mark.parametrize("name", ["rails", "gauge, 100 µAh"])
def test_intervals_cover_the_truth_and_are_as_narrow_as_wanted_in_time(name):
    kind = KINDS[name]
    results = [campaign_result(name, 11, number) for number in range(30)]
    told = [each for each in results if each.outcome is not None]
    assert len(told) >= 28
    assert sum(each.covers for each in told) >= 24  # at 95 %, fewer happens once in 1500 times
    for each in told:
        assert (each.outcome.ratio.high - each.outcome.ratio.low) / 2 <= kind.half_width * each.outcome.ratio.value
        assert each.outcome.spent_s <= kind.allowed_s


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"rails", "gauge, 100 µAh"}))
def test_coarser_sources_keep_to_the_time_they_said(name):
    results = [campaign_result(name, 12, number) for number in range(4)]
    for each in results:
        assert each.outcome is not None, each.refused
        assert each.outcome.spent_s <= each.outcome.planned_s
        assert each.outcome.ratio.value == pytest.approx(each.truth, rel=0.08)
    assert sum(each.clean_left_out for each in results) <= 0.05 * sum(each.clean for each in results)


def test_silent_power_is_found_and_clean_blocks_are_kept():
    results = [campaign_result("rails", 13, number, 0.07, ("radio",)) for number in range(25)]
    found = [hit for each in results for disturbance, hit in each.disturbed if disturbance.size >= 0.1]
    assert len(found) >= 50
    assert sum(found) >= 0.95 * len(found)
    assert sum(each.clean_left_out for each in results) <= 0.05 * sum(each.clean for each in results)


@pytest.mark.parametrize("cause", ["background", "hidden throttle", "hidden charger", "throttle", "charger"])
def test_every_kind_of_disturbance_is_found(cause):
    results = [campaign_result("gauge, 100 µAh", 14, number, 0.07, (cause,)) for number in range(6)]
    least = 0.1 if cause == "hidden charger" else 0.0
    found = [hit for each in results for disturbance, hit in each.disturbed if disturbance.size >= least]
    assert len(found) >= 6
    assert sum(found) >= len(found) - 1


def device(gauges, seed=4):
    random = np.random.default_rng(seed)
    return ReplayDevice(drawn_world(random), gauges, random)


def test_a_source_too_coarse_for_the_time_allowed_says_how_long_it_needs():
    replay = device([Counter(5000), Voltage()])
    with pytest.raises(UnstableError, match=r"too coarse: ±5% takes about \d+ min, and 30 min are allowed"):
        EnergyCampaign(replay.measure, SETTING, half_width=0.05, longest_s=1800).run()


def test_an_outcome_says_where_it_came_from_and_gives_whole_and_extra_energy():
    replay = device([Rails()])
    outcome = EnergyCampaign(replay.measure, SETTING, seed=4).run()
    assert outcome.source.kind == "rails"
    assert outcome.exact_mj.value == pytest.approx(replay.world.beyond_idle_mj("exact"), rel=0.1)
    assert outcome.same.low <= 1 <= outcome.same.high
    assert outcome.whole_ratio.low < outcome.whole_ratio.value < outcome.whole_ratio.high


def test_the_same_seed_gives_the_same_outcome():
    assert campaign_result("rails", 1, 1) == campaign_result("rails", 1, 1)


def test_sessions_begin_anew_and_are_told_apart():
    outcome = campaign_result("gauge, 1000 µAh, two sessions", 3, 1).outcome
    assert outcome is not None
    assert outcome.sessions == 2


def test_blocks_that_never_come_back_end_in_a_refusal():
    replay = device([Rails()])

    def forgetful(blocks):
        return [row for row in replay.measure(blocks) if row.inferences == 0 or row.block < 30]

    with pytest.raises(UnstableError, match="pairs"):
        EnergyCampaign(forgetful, SETTING).run()


def test_readings_of_a_wrapped_counter_are_left_out():
    replay = device([Rails()])

    def wrapping(blocks):
        rows = replay.measure(blocks)
        return [
            row.model_copy(
                update={"readings": tuple(r.model_copy(update={"value": r.value % 3e6}) for r in row.readings)}
            )
            if row.block % 10 == 0 and row.block > 40
            else row
            for row in rows
        ]

    campaign = EnergyCampaign(wrapping, SETTING)
    outcome = campaign.run()
    assert outcome.ratio.value == pytest.approx(replay.world.ratio(SETTING), rel=0.05)
    assert median(power for power in campaign.measured.powers_w if power is not None) > 0
