"""What adding up misses, learned from configurations that were really run.

Kriging of whole vectors of logits: configurations that share costly changes miss alike, the more the further these
move answers; exact misses nothing. Either runs that are near count for more, or every change and every pair of changes
misses something of its own wherever it occurs. Which, and how far it carries, is chosen by leaving each run out in
turn (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, section 5.4.2), and where nothing
carries, nothing is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REACHES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, None)
"""Of the median distance between runs: how far a run's residual carries; None for pairs of changes, at any distance."""

NOISES = (1e-3, 1e-2, 3e-2, 0.1, 0.3)
"""Variance that neighbours do not share, as a share of the whole."""

WORTH_IT = 0.95
"""A correction has to leave at most this share of the squared error that no correction leaves."""


@dataclass(frozen=True)
class Residuals:
    """places: (runs, features). values: (runs, anything), measured less predicted. inverse: of the runs' covariance.

    reach: None for pairs of changes. unit: what products of two places typically are.
    """

    places: Floats
    values: NDArray[np.float32]
    inverse: Floats
    reach: float | None
    unit: float

    def at(self, place: Floats) -> NDArray[np.float32]:
        """What predictions are expected to miss at `place`, (features,)."""
        weights = self.inverse @ _covariance(self.places, place[None], self.reach, self.unit)[:, 0]
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
    distances = _distances(places, places)
    far = float(np.median(distances[distances > 0])) if (distances > 0).any() else 0.0
    least, best = WORTH_IT * float(np.trace(products)), None
    if far == 0 or least == 0:
        return None
    unit = float((places**2).sum(axis=1).mean())
    for share in REACHES:
        reach = None if share is None else share * far
        covariance = _covariance(places, places, reach, unit)
        typical = float(np.diag(covariance).mean())
        for noise in NOISES:
            inverse = np.asarray(np.linalg.inv(covariance + noise * typical * np.eye(len(places))), np.float64)
            left_out = float((np.einsum("ij,jk,ki->i", inverse, products, inverse) / np.diag(inverse) ** 2).sum())
            if left_out < least:
                least, best = left_out, Residuals(places, values, inverse, reach, unit)
    return best


def _covariance(a: Floats, b: Floats, reach: float | None, unit: float) -> Floats:
    """(runs of a, runs of b): of residuals that grow with changes and are alike where changes are."""
    shared: Floats = a @ b.T / unit
    return shared + shared**2 if reach is None else shared * np.exp(-_distances(a, b) / reach)


def _distances(a: Floats, b: Floats) -> Floats:
    squares = (a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float64)
