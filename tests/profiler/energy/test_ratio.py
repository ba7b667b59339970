import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from approxlite.profiler.energy.ratio import Pairs, half_width, mean_estimate, ratio_estimate, running_interval

COSTS = arrays(float, 12, elements=st.floats(0.8, 1.2))


@settings(max_examples=40, deadline=None)
@given(COSTS, COSTS, st.floats(1e-4, 1e4))
def test_the_interval_holds_its_value_and_does_not_depend_on_the_unit(setting, exact, unit):
    def estimate(scale):
        return ratio_estimate(Pairs.of(setting * scale, exact * scale), np.random.default_rng(1))

    plain, scaled = estimate(1.0), estimate(unit)
    assert plain.low <= plain.value <= plain.high
    assert scaled.value == pytest.approx(plain.value)
    assert (scaled.low, scaled.high) == pytest.approx((plain.low, plain.high), rel=1e-6, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(COSTS, st.floats(0.1, 2))
def test_what_pairs_share_leaves_no_doubt_about_their_ratio(exact, ratio):
    estimate = ratio_estimate(Pairs.of(ratio * exact, exact), np.random.default_rng(0))
    assert estimate.high - estimate.low < 1e-6
    assert estimate.value == pytest.approx(ratio)


def test_a_level_of_its_own_in_each_session_widens_nothing():
    random = np.random.default_rng(3)
    exact, setting, session = random.normal(1, 0.01, 24), 0.5 * random.normal(1, 0.01, 24), np.repeat([0, 1], 12)
    level = np.where(session == 0, 1.0, 1.3)
    together = ratio_estimate(Pairs.of(setting * level, exact * level, session), np.random.default_rng(0))
    alone = ratio_estimate(Pairs.of(setting, exact, session), np.random.default_rng(0))
    assert half_width(together) == pytest.approx(half_width(alone), rel=0.1)


def test_the_interval_covers_in_93_to_97_of_a_hundred():
    random, pairs = np.random.default_rng(5), 14
    hits = 0
    for _ in range(600):
        exact, setting = random.normal(1, 0.03, pairs), 0.6 * random.normal(1, 0.05, pairs)
        estimate = ratio_estimate(Pairs.of(setting, exact), random)
        hits += estimate.low <= 0.6 <= estimate.high
    assert 0.93 <= hits / 600 <= 0.97


def test_the_running_interval_holds_at_every_look_together():
    random = np.random.default_rng(6)
    held = 0
    for _ in range(200):
        exact, setting = random.normal(1, 0.03, 80), 0.6 * random.normal(1, 0.03, 80)
        intervals = [running_interval(Pairs.of(setting[:n], exact[:n])) for n in range(12, 81, 4)]
        held += all(low <= 0.6 <= high for low, high in intervals)
    assert held >= 0.95 * 200


def test_exact_that_cannot_be_told_from_idle_has_no_ratio():
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="told from idle"):
        ratio_estimate(Pairs.of(random.normal(0, 1, 12), random.normal(0, 1, 12)), random)


def test_seven_pairs_are_too_few():
    with pytest.raises(ValueError, match="at least 8"):
        ratio_estimate(Pairs.of(np.ones(7), np.ones(7)), np.random.default_rng(0))


def test_a_mean_is_in_the_middle_of_its_interval():
    estimate = mean_estimate(np.array([1.0, 2.0, 3.0]))
    assert (estimate.low + estimate.high) / 2 == pytest.approx(2.0)
