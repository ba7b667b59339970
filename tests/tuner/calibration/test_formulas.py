"""Order of removal, refit and factors against brute force on tiny problems."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.tuner.calibration.factors import thin_factors
from approxlite.tuner.calibration.moments import Moments, centred, ridge
from approxlite.tuner.calibration.refit import refit
from approxlite.tuner.calibration.removal import GROUP, RIDGE, inputs_of, kept_groups, removal_order

SEEDS = st.integers(0, 2**32 - 1)


def problem(seed: int, groups: int, outputs: int, rows: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, correlated inputs that are not centred, and their second moments."""
    rng = np.random.default_rng(seed)
    k = groups * GROUP
    x = (rng.normal(size=(rows, k)) @ rng.normal(size=(k, k)) + rng.normal(size=k)).astype("f4")
    moments = Moments(k)
    moments.add(x)
    return rng.normal(size=(outputs, k)), x, moments.square


def loss_without(gone: list[int], weights: np.ndarray, square: np.ndarray) -> float:
    """What is left of the outputs' squares when the inputs that remain make up for `gone` as well as they can, with
    the ridge of `removal_order` as so much white noise on every input."""
    k = weights.shape[1]
    covariance = centred(square) + ridge(square, RIDGE) * np.eye(k)
    out = inputs_of(np.array(gone, "i4"))
    kept = np.setdiff1d(np.arange(k), out)
    schur = covariance[np.ix_(out, out)]
    if len(kept):
        inner = np.linalg.solve(covariance[np.ix_(kept, kept)], covariance[np.ix_(kept, out)])
        schur = schur - covariance[np.ix_(out, kept)] @ inner
    return float(np.trace(weights[:, out] @ schur @ weights[:, out].T))


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 6), st.integers(1, 4))
def test_each_group_that_goes_is_the_one_missed_least(seed: int, groups: int, outputs: int) -> None:
    weights, _, square = problem(seed, groups, outputs)
    order = removal_order(weights, square, groups - 1)
    assert len(set(order)) == groups - 1
    for step, group in enumerate(order):
        gone = order[:step]
        losses = {g: loss_without([*gone, g], weights, square) for g in range(groups) if g not in gone}
        assert losses[group] <= min(losses.values()) * (1 + 1e-6) + 1e-9


@given(SEEDS, st.integers(4, 12))
def test_smaller_fractions_read_a_part_of_what_larger_ones_read(seed: int, groups: int) -> None:
    weights, _, square = problem(seed, groups, 3)
    order = removal_order(weights, square, groups - 1)
    kept = [set(kept_groups(order, groups, count).tolist()) for count in range(1, groups + 1)]
    assert [len(one) for one in kept] == list(range(1, groups + 1))
    assert all(small < large for small, large in pairwise(kept))


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.floats(1e-6, 1.0))
def test_refit_is_regularised_least_squares(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(1, 1, size=(40, 6)), rng.normal(size=(40, 3))
    prior = rng.normal(size=(3, 6))
    moments = Moments(6, 3)
    moments.add(x.astype("f4"), y.astype("f4"))
    weights, bias = refit(moments.square, moments.cross, prior, share)
    x, y = x.astype("f4").astype("f8"), y.astype("f4").astype("f8")
    strength = np.sqrt(share * (x**2).mean() * len(x))
    design = np.block([[x, np.ones((40, 1))], [strength * np.eye(6), np.zeros((6, 1))]])
    wanted = np.linalg.lstsq(design, np.vstack([y, strength * prior.T]), rcond=None)[0]
    np.testing.assert_allclose(np.column_stack([weights, bias]), wanted.T, rtol=1e-6, atol=1e-8)


def test_inputs_that_never_vary_keep_their_weights() -> None:
    weights = np.arange(8.0).reshape(1, 8)
    moments = Moments(8)
    moments.add(np.zeros((10, 8), "f4"))
    fitted, bias = refit(moments.square, moments.square @ np.append(weights, 2.0)[:, None], weights, 1e-4)
    np.testing.assert_allclose(fitted, weights, rtol=1e-6)
    np.testing.assert_allclose(bias, [2.0])
    assert len(removal_order(weights, moments.square, 1)) == 1


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 5))
def test_thin_factors_lose_the_least_that_any_of_that_rank_can(seed: int, rank: int) -> None:
    weights, x, square = problem(seed, 3, 6)
    bias = np.random.default_rng(seed).normal(size=6)
    own = thin_factors(weights, bias, square, rank)
    assert own.first.shape == (rank, 12)
    assert own.weights.shape == (6, rank)
    x = x.astype("f8")
    lost = x @ own.first.T.astype("f8") @ own.weights.T.astype("f8") + own.bias - (x @ weights.T + bias)
    spread = np.linalg.eigvalsh(weights @ np.cov(x, rowvar=False, bias=True) @ weights.T)
    np.testing.assert_allclose((lost**2).sum(axis=1).mean(), spread[: 6 - rank].sum(), rtol=1e-3, atol=1e-5)
