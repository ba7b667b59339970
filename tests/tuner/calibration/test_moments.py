"""Moments are those of all rows at once, in no more memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from approxlite.tuner.calibration.moments import Moments, centred


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_portions_add_up_to_the_moments_of_all_rows(seed: int, portions: list[int]) -> None:
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(3, 1, size=(sum(portions), n)).astype("f4") for n in (5, 3))
    moments = Moments(5, 3)
    for part_x, part_y in zip(
        np.split(x, np.cumsum(portions)[:-1]), np.split(y, np.cumsum(portions)[:-1]), strict=True
    ):
        moments.add(part_x, part_y)
    extended = np.column_stack([x, np.ones(len(x))]).astype("f8")
    np.testing.assert_allclose(moments.square, extended.T @ extended / len(x), rtol=1e-12)
    np.testing.assert_allclose(moments.cross, extended.T @ y.astype("f8") / len(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        centred(moments.square), np.cov(x.astype("f8"), rowvar=False, bias=True), atol=1e-10, rtol=1e-9
    )


def test_memory_does_not_grow_with_data() -> None:
    rows = np.ones((64, 100), "f4")

    def peak(times: int) -> int:
        tracemalloc.start()
        moments = Moments(100, 10)
        for _ in range(times):
            moments.add(rows, rows[:, :10])
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(1)
    assert peak(200) <= 1.05 * peak(8)


def test_values_that_are_no_numbers_are_noticed() -> None:
    moments = Moments(2)
    moments.add(np.array([[1.0, np.nan]], "f4"))
    assert not moments.finite
