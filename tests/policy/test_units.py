"""What counts as one observation: valid where answers of one person, or of neighbours in time, are alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from approxlite.policy.statistics import mean_p_value, mean_upper_bound, p_value, units_needed
from approxlite.policy.units import Units
from support.dependence import bursts, persons

EPSILON = DELTA = 0.05
NOISE = 3 * np.sqrt(DELTA * (1 - DELTA))


@given(st.integers(1, 400), st.data(), st.floats(0.001, 0.5))
def test_a_bound_for_any_shares_is_never_below_the_exact_one_for_yes_and_no(
    samples: int, data: st.DataObject, epsilon: float
) -> None:
    count = data.draw(st.integers(0, samples))
    assert mean_p_value(count / samples, samples, epsilon) >= p_value(count, samples, epsilon) - 1e-12


@given(st.integers(1, 400), st.floats(0.001, 0.5))
def test_without_a_disagreement_both_are_the_same(units: int, epsilon: float) -> None:
    assert mean_p_value(0.0, units, epsilon) == pytest.approx(p_value(0, units, epsilon))


@given(st.floats(0, 0.9), st.integers(1, 2000), st.floats(0.001, 0.5))
def test_the_upper_bound_is_where_the_p_value_reaches_delta(mean: float, units: int, delta: float) -> None:
    bound = mean_upper_bound(mean, units, delta)
    assert mean < bound <= 1
    assert mean_p_value(mean, units, bound) <= delta
    if bound < 0.99:
        assert mean_p_value(mean, units, bound) == pytest.approx(delta, rel=1e-3)


@given(st.floats(0.005, 0.5), st.floats(0.001, 0.3), st.floats(0, 20))
def test_units_needed_are_enough_and_one_fewer_is_not(epsilon: float, delta: float, total: float) -> None:
    needed = units_needed(epsilon, delta, total)
    assert mean_p_value(min(1.0, total / needed), needed, epsilon) <= delta
    if needed - 1 > total:
        assert mean_p_value(total / (needed - 1), needed - 1, epsilon) > delta


def test_groups_count_alike_however_many_samples_they_have() -> None:
    differs = np.array([True, True, True, False, False, False, False, False])
    units = Units(8, "group", np.array([7, 7, 7, 7, 2, 2, 5, 5]), "subject")
    assert units.count == 3
    assert units.share(differs) == pytest.approx((3 / 4 + 0 + 0) / 3)


def test_a_stream_counts_as_its_length_divided_by_the_block() -> None:
    units = Units(1000, "block", block=30)
    assert units.count == 33
    assert units.share(np.arange(1000) < 20) == 0.02
    assert units.needed(0.05, 0.05) == 59


def false_certificates(draw: NDArray[np.bool_], units: Units) -> float:
    """Share of rows of which it is said that at most epsilon of answers differ."""
    return float(np.mean([units.p_value(each, EPSILON) <= DELTA for each in draw]))


def test_a_new_person_is_promised_no_more_than_holds() -> None:
    """80 persons of 30 samples; who is hard to recognise is so throughout; true mean share just above epsilon."""
    random, runs = np.random.default_rng(3), 600
    groups = np.repeat(np.arange(80), 30)
    draw = np.stack([persons(random, 80, 30, 1.01 * EPSILON) for _ in range(runs)])
    assert false_certificates(draw, Units(2400, "group", groups, "subject")) <= DELTA + NOISE / np.sqrt(runs)
    assert false_certificates(draw, Units(2400)) > 2 * DELTA, "as single samples they would promise too much"


def test_a_stream_is_promised_no_more_than_holds() -> None:
    """4000 answers whose difficulty drifts, true share just above epsilon: half its correlation lasts 7 samples."""
    random, runs = np.random.default_rng(4), 600
    draw = np.stack([bursts(random, 4000, 1.01 * EPSILON, 0.9) for _ in range(runs)])
    assert false_certificates(draw, Units(4000, "block", block=40)) <= DELTA + NOISE / np.sqrt(runs)
    assert false_certificates(draw, Units(4000)) > 2 * DELTA, "as single samples they would promise too much"


def test_persons_who_differ_little_are_certified() -> None:
    random = np.random.default_rng(5)
    groups = np.repeat(np.arange(250), 30)
    draw = np.stack([persons(random, 250, 30, 0.01) for _ in range(200)])
    assert false_certificates(draw, Units(7500, "group", groups, "subject")) > 0.7
