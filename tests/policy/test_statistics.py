"""Exact intervals, tests and sample sizes of shares; ratios of times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from approxlite.policy.statistics import p_value, ratio_of_times, samples_needed, share, upper_bound


def test_59_samples_without_a_disagreement_support_5_percent_and_149_support_2() -> None:
    assert samples_needed(0.05, 0.05) == 59
    assert samples_needed(0.02, 0.05) == 149


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.3), st.integers(0, 20))
def test_samples_needed_are_enough_and_one_fewer_is_not(epsilon: float, delta: float, count: int) -> None:
    needed = samples_needed(epsilon, delta, count)
    assert p_value(count, needed, epsilon) <= delta
    assert needed == count + 1 or p_value(count, needed - 1, epsilon) > delta


@given(st.integers(1, 400), st.data())
def test_share_is_the_clopper_pearson_interval(samples: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, samples))
    interval = binomtest(count, samples).proportion_ci(0.95, method="exact")
    estimate = share(count, samples)
    assert estimate.value == count / samples
    assert (estimate.low, estimate.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    assert estimate.samples == samples


@given(st.integers(1, 1000), st.data(), st.floats(0.001, 0.5))
def test_upper_bound_is_where_the_p_value_reaches_delta(samples: int, data: st.DataObject, delta: float) -> None:
    count = data.draw(st.integers(0, samples - 1))
    assert p_value(count, samples, upper_bound(count, samples, delta)) == pytest.approx(delta, rel=1e-6)


def test_nothing_bounds_the_share_when_every_sample_disagrees() -> None:
    assert upper_bound(7, 7, 0.05) == 1.0
    assert p_value(7, 7, 0.99) == 1.0


def test_ratio_of_times_is_not_moved_by_rounds_that_something_else_disturbed() -> None:
    random = np.random.default_rng(0)
    reference = random.uniform(0.9, 1.1, size=(5, 64))
    times = 0.5 * random.uniform(0.9, 1.1, size=(5, 64))
    times[2] += 40.0
    ratio = ratio_of_times(times, reference, block=8, seed=0)
    assert ratio.low <= ratio.value <= ratio.high
    assert ratio.value == pytest.approx(0.5, abs=0.03)


def test_ratio_of_something_to_itself_is_one_without_doubt() -> None:
    times = np.random.default_rng(1).uniform(1, 2, size=(4, 50))
    ratio = ratio_of_times(times, times, block=8, seed=0)
    assert (ratio.low, ratio.value, ratio.high) == (1.0, 1.0, 1.0)


def test_ratio_of_times_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    covered = 0
    for trial in range(30):
        machine = random.uniform(1, 1.5, size=(5, 8)).repeat(8, axis=1)
        reference = machine * random.normal(1, 0.03, size=(5, 64))
        ratio = ratio_of_times(0.7 * machine * random.normal(1, 0.03, size=(5, 64)), reference, block=8, seed=trial)
        covered += ratio.low <= 0.7 <= ratio.high
    assert covered >= 25
