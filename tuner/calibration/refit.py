"""Weights that make the best of what an operator still reads, by least squares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

from approxlite.tuner.calibration.moments import Matrix, ridge

RIDGES = (1.0, 10.0, 100.0, 1000.0)
"""Multiples of the least ridge that are tried."""


def chosen_ridge(squares: Sequence[Matrix], crosses: Sequence[Matrix], prior: Matrix, least: float) -> float:
    """The share for `refit` by which what is fitted to one half of the samples does best on the other; of two halves.

    `least` is enough where rows abound. With few rows for many inputs, as of a fully connected operator that gives one
    row for each sample, less would fit the samples instead of their distribution.
    """
    ways = ((0, 1), (1, 0))

    def error(share: float) -> float:
        return sum(
            _error(*refit(squares[fitted], crosses[fitted], prior, share), squares[tried], crosses[tried])
            for fitted, tried in ways
        )

    return min((least * multiple for multiple in RIDGES), key=error)


def _error(weights: Matrix, bias: Matrix, square: Matrix, cross: Matrix) -> float:
    """E|W x + b - y|² less E|y|²."""
    whole = np.column_stack([weights, bias])
    return float(np.sum(whole @ square * whole) - 2 * np.sum(whole.T * cross))


def refit(square: Matrix, cross: Matrix, prior: Matrix, share: float) -> tuple[Matrix, Matrix]:
    """The weights and biases, (outputs, n) and (outputs,), of the n inputs in `square`, drawn towards `prior`.

    Minimises E|W x + b - y|² + λ|W - W₀|², with λ = `share` of the inputs' mean second moment. square: E[x̃ x̃ᵀ],
    (n + 1, n + 1). cross: E[x̃ yᵀ], (n + 1, outputs). prior: W₀, (outputs, n).
    """
    damping = ridge(square, share)
    left, right = square.copy(), cross.copy()
    inner = np.arange(len(left) - 1)
    left[inner, inner] += damping
    right[:-1] += damping * prior.T
    solved = scipy.linalg.cho_solve(scipy.linalg.cho_factor(left, check_finite=False), right, check_finite=False)
    return solved[:-1].T, solved[-1]
