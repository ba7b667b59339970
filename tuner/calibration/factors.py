"""Two thin factors of an operator's weights, as far as its inputs tell outputs apart."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from approxlite.formats.weights import ThinFactors
from approxlite.tuner.calibration.moments import Matrix, centred


def thin_factors(weights: Matrix, bias: Matrix, square: Matrix, rank: int) -> ThinFactors:
    """y ≈ V (Vᵀ W) x + b′, V being the `rank` first eigenvectors of W C Wᵀ, the covariance of the outputs: of all
    matrices of that rank the one with the least mean squared error (reduced-rank regression).

    weights: (outputs, K). bias: (outputs,). square: E[x̃ x̃ᵀ] of the inputs.
    """
    outputs = len(weights)
    spread = weights @ centred(square) @ weights.T
    _, vectors = scipy.linalg.eigh((spread + spread.T) / 2, subset_by_index=[outputs - rank, outputs - 1])
    # An eigenvector has no sign of its own.
    vectors = vectors * np.where(vectors[np.abs(vectors).argmax(axis=0), np.arange(rank)] < 0, -1.0, 1.0)
    first = vectors.T @ weights
    mean = weights @ square[:-1, -1]
    return ThinFactors(
        first=np.ascontiguousarray(first, np.float32),
        weights=np.ascontiguousarray(vectors, np.float32),
        bias=np.asarray(bias + mean - vectors @ (vectors.T @ mean), np.float32),
    )
