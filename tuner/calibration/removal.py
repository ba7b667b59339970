"""In which order the inputs of an operator can best be done without, in groups of four channels of one tap.

Optimal brain surgeon (Hassibi and Stork 1993) for groups: what the output loses without group q, when the weights of
all others make up for it as well as they can, is tr(W_qᵀ [(C⁻¹)_qq]⁻¹ W_q), C being the covariance of the inputs. The
group that is missed least goes first, and weights and C⁻¹ are brought up to date before the next is chosen.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from approxlite.tuner.calibration.moments import Matrix, centred, ridge

GROUP = 4
RIDGE = 1e-4


def removal_order(weights: NDArray[np.floating], square: Matrix, removed: int, share: float = RIDGE) -> list[int]:
    """Numbers of the first `removed` groups to go; one removal order serves all fractions, so they are nested.

    weights: (outputs, K), K a multiple of 4. square: E[x̃ x̃ᵀ] of the K inputs and 1. share: of the inputs' mean second
    moment, is added to the variance of each.
    """
    k = weights.shape[1]
    covariance = centred(square)
    covariance[np.diag_indices(k)] += ridge(square, share)
    precision = np.asfortranarray(_inverse(covariance))
    remaining = np.asfortranarray(weights.T.astype(np.float64))
    alive = np.arange(k // GROUP)
    order: list[int] = []
    for _ in range(removed):
        members = alive[:, np.newaxis] * GROUP + np.arange(GROUP)
        blocks = precision[members[:, :, np.newaxis], members[:, np.newaxis, :]]
        held = remaining[members]
        harms = np.einsum("gio,gio->g", held, np.linalg.solve(blocks, held))
        least = int(harms.argmin())
        gone = members[least]
        part = np.linalg.solve(blocks[least], precision[gone])
        remaining -= part.T @ remaining[gone]
        precision = scipy.linalg.blas.dgemm(-1.0, precision[:, gone].copy(), part, 1.0, precision, overwrite_c=True)
        order.append(int(alive[least]))
        alive = np.delete(alive, least)
    return order


def kept_groups(order: list[int], groups: int, kept: int) -> NDArray[np.int32]:
    """The `kept` of `groups` that go last, ascending."""
    left = np.setdiff1d(np.arange(groups), order[: groups - kept])
    return left.astype(np.int32)


def inputs_of(groups: NDArray[np.int32]) -> NDArray[np.intp]:
    """Numbers of the inputs in groups."""
    return (groups[:, np.newaxis].astype(np.intp) * GROUP + np.arange(GROUP)).ravel()


def _inverse(matrix: Matrix) -> Matrix:
    factor = scipy.linalg.cho_factor(matrix, lower=True, check_finite=False)
    inverse: Matrix = scipy.linalg.cho_solve(factor, np.eye(len(matrix)), check_finite=False)
    return inverse
