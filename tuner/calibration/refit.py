"""Weights that make the best of what an operator still reads, by least squares."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from approxlite.tuner.calibration.moments import Matrix, ridge


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
