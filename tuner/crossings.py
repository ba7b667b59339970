"""What changes of form between neighbours cost, from whole configurations that were timed.

A profile times every knob beside random neighbours, so its sums hold an average number of crossings. What timed
configurations cost beyond their sums, as far as it goes with their crossings, is the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from approxlite.formats.configuration import Configuration
from approxlite.tuner.chain import form

WORTH_IT = 0.9
"""Crossings have to leave at most this share of the squared error that sums alone leave, on runs left out."""

PULL = 0.3
"""How strongly single crossings are drawn towards what all have in common."""


def fit_crossings(
    operators: Sequence[str], timed: Sequence[tuple[Configuration, float]], predicted: Sequence[float]
) -> dict[tuple[str, str], float]:
    """Cost of each crossing, in the unit of `timed` and `predicted`, never negative; empty where timings show none.

    operators: in model order, those whose neighbours matter. timed: configurations and their costs.
    """
    pairs = list(pairwise(operators))
    if len(timed) < 4 or not pairs:
        return {}
    crossed = np.array([[form(str(c.knob(a))) != form(str(c.knob(b))) for a, b in pairs] for c, _ in timed], np.float64)
    beyond = np.array([cost for _, cost in timed]) - np.asarray(predicted)
    left = [
        beyond[i] - _predicted(np.delete(crossed, i, 0), np.delete(beyond, i), crossed[i]) for i in range(len(timed))
    ]
    alone = beyond - np.array([np.delete(beyond, i).mean() for i in range(len(timed))])
    if float(np.square(left).sum()) > WORTH_IT * float(np.square(alone).sum()):
        return {}
    costs, _ = _fitted(crossed, beyond)
    return {pair: float(cost) for pair, cost in zip(pairs, costs, strict=True) if cost > 0}


def _predicted(crossed: NDArray[np.float64], beyond: NDArray[np.float64], at: NDArray[np.float64]) -> float:
    costs, constant = _fitted(crossed, beyond)
    return float(at @ costs + constant)


def _fitted(crossed: NDArray[np.float64], beyond: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Cost of each crossing, and what every configuration has beyond its sum: least squares, costs not negative."""
    runs, pairs = crossed.shape
    pull = np.sqrt(PULL * runs / pairs)
    # Unknowns: what all crossings share, how much more each costs, and the constant's positive and negative part.
    rows = np.hstack([crossed.sum(axis=1, keepdims=True), crossed, np.ones((runs, 1)), -np.ones((runs, 1))])
    ridge = np.hstack([np.zeros((pairs, 1)), pull * np.eye(pairs), np.zeros((pairs, 2))])
    found, _ = nnls(np.vstack([rows, ridge]), np.concatenate([beyond, np.zeros(pairs)]))
    return found[0] + found[1:-2], float(found[-2] - found[-1])
