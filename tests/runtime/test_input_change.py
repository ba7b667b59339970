"""One measure of how much an input changed, for reuse, tripwires and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from approxlite.runtime.input_change import InputChange, root_mean_square

INPUTS = arrays(np.float32, (4, 3), elements=st.floats(-100, 100, width=32))


@given(INPUTS, INPUTS)
def test_is_a_distance_in_units_of_the_calibration_inputs(one: np.ndarray, other: np.ndarray) -> None:
    change = InputChange(2.0)
    change.keep(one)
    assert change.of(one) == 0.0
    expected = np.sqrt(np.mean((one.astype(np.float64) - other) ** 2)) / 2.0
    assert change.of(other) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_is_unknown_before_the_first_input_of_another_shape_or_without_calibration() -> None:
    change, never = InputChange(1.0), InputChange(None)
    x = np.ones(4, np.float32)
    assert np.isnan(change.of(x))
    change.keep(x)
    never.keep(x)
    assert np.isnan(change.of(np.ones(5, np.float32)))
    assert np.isnan(never.of(x))


def test_counts_a_batch_axis_for_nothing_and_bytes_for_numbers() -> None:
    change = InputChange(1.0)
    change.keep(np.zeros((1, 2, 2), np.uint8))
    assert change.of(np.full((2, 2), 255, np.uint8)) == 255.0


def test_keeps_the_input_as_it_was() -> None:
    change, x = InputChange(1.0), np.zeros(3, np.float32)
    change.keep(x)
    x[:] = 7
    assert change.of(np.zeros(3, np.float32)) == 0.0


def test_root_mean_square_of_nothing_is_0() -> None:
    assert root_mean_square(np.zeros((0, 3))) == 0.0
    assert root_mean_square(np.array([3, -4], np.int8)) == pytest.approx(np.sqrt(12.5))
