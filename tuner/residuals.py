"""What adding up misses, learned from configurations that were really run.

Ordinary kriging of whole vectors of logits: configurations that share costly changes miss alike. How far that carries
is chosen by leaving each run out in turn (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006,
section 5.4.2), and where nothing carries, nothing is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REACHES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Of the median distance between runs: how far a run's residual carries."""

NOISES = (1e-3, 3e-2, 0.3)
"""Variance that neighbours do not share, as a share of the whole."""

WORTH_IT = 0.95
"""A correction has to leave at most this share of the squared error that no correction leaves."""


@dataclass(frozen=True)
class Residuals:
    """places: (runs, features). values: (runs, anything), measured less predicted. inverse: of the runs' covariance."""

    places: Floats
    values: NDArray[np.float32]
    inverse: Floats
    reach: float

    def at(self, place: Floats) -> NDArray[np.float32]:
        """What predictions are expected to miss at `place`, (features,)."""
        weights = self.inverse @ np.exp(-np.linalg.norm(self.places - place, axis=1) / self.reach)
        missed: NDArray[np.float32] = np.tensordot(weights.astype(np.float32), self.values, axes=1)
        return missed


def fit_residuals(places: Floats, values: NDArray[np.float32], importance: NDArray[np.float32]) -> Residuals | None:
    """From at least three runs; None if leaving runs out shows that nothing carries over.

    importance: (values per run,), how much an error in each counts.
    """
    if len(places) < 3:
        return None
    flat = values.reshape(len(values), -1) * importance.reshape(-1)
    products = flat.astype(np.float64) @ flat.T.astype(np.float64)
    distances = np.sqrt(np.maximum(((places[:, None] - places[None]) ** 2).sum(axis=2), 0))
    unit = float(np.median(distances[distances > 0])) if (distances > 0).any() else 0.0
    least, best = WORTH_IT * float(np.trace(products)), None
    if unit == 0 or least == 0:
        return None
    for reach in REACHES:
        for noise in NOISES:
            covariance = np.exp(-distances / (reach * unit)) + noise * np.eye(len(places))
            inverse = np.linalg.inv(covariance)
            left_out = float((np.einsum("ij,jk,ki->i", inverse, products, inverse) / np.diag(inverse) ** 2).sum())
            if left_out < least:
                least, best = left_out, Residuals(places, values, inverse, reach * unit)
    return best
