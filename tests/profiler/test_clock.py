"""What knobs cost is told apart from how fast the clock ran."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from approxlite.profiler.clock import Floats, fit_clock, slowdowns

seeds = st.integers(0, 1000)


@given(seeds)
def test_the_slowdown_of_every_block_is_found(seed: int) -> None:
    generator = np.random.default_rng(seed)
    knobs = generator.integers(0, 4, (200, 5))
    knobs[:20] = 0
    knob_times = generator.uniform(1_000, 50_000, (5, 4))
    slow = generator.choice([0.0, 0.0, 0.1, 0.5], 200)
    slow[:20] = 0
    times = knob_times[np.arange(5), knobs] * np.exp(slow)[:, None]
    found = slowdowns(times, knobs, np.arange(200) >= 20, np.arange(200) < 20)
    np.testing.assert_allclose(found, slow, atol=1e-5)


def test_blocks_that_never_vary_do_not_decide_what_their_knobs_cost() -> None:
    generator = np.random.default_rng(0)
    knobs = generator.integers(0, 3, (90, 4))
    knobs[:60] = 1
    knobs[60:66] = 0
    times = np.array([9_000.0, 4_000.0, 2_000.0])[knobs]
    times[:60] *= 0.8
    found = slowdowns(times, knobs, np.arange(90) >= 66, (np.arange(90) >= 60) & (np.arange(90) < 66))
    np.testing.assert_allclose(found[:60], np.log(0.8), atol=1e-5)


def test_a_clock_that_steps_is_followed() -> None:
    shares = np.linspace(0, 1, 400)
    curve = fit_clock(shares, np.where(shares < 0.4, -0.15, 0.0))
    assert curve.factor(0.1, 0.9) == pytest.approx(np.exp(-0.15))
    assert curve.factor(0.9, 0.9) == 1


def test_one_share_says_nothing_about_others() -> None:
    curve = fit_clock(np.full(5, 0.7), np.array([0.0, 0.1, 0.0, 0.0, -0.1]))
    assert curve.factor(0.0, 0.7) == 1


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(*[arrays(np.float64, n, elements=st.floats(0, 1))] * 2)))
def test_less_wide_arithmetic_is_never_slower(drawn: tuple[Floats, Floats]) -> None:
    curve = fit_clock(*drawn)
    factors = [curve.factor(share, 1.0) for share in np.linspace(0, 1, 11)]
    assert factors == sorted(factors)
