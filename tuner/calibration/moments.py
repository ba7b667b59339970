"""Second moments of rows, added up as they come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from approxlite.tuner.calibration.patches import Rows

Matrix = NDArray[np.float64]


class Moments:
    """Sums of x̃ x̃ᵀ and of x̃ yᵀ over rows, x̃ = [x, 1], in float64. Its size does not depend on how many rows come.

    Not thread-safe. Equal rows in equal portions give equal bits while the linear algebra library runs on the same
    number of threads; another number may change the last ones.
    """

    def __init__(self, inputs: int, targets: int = 0) -> None:
        self._square: Matrix = np.zeros((inputs + 1, inputs + 1))
        self._cross: Matrix = np.zeros((inputs + 1, targets))
        self.rows = 0

    def add(self, x: Rows, y: Rows | None = None) -> None:
        """x: (rows, inputs). y: (rows, targets)."""
        extended = np.ones((len(x), len(self._square)))
        extended[:, :-1] = x
        self._square += extended.T @ extended
        if y is not None:
            self._cross += extended.T @ y
        self.rows += len(x)

    def __add__(self, other: Moments) -> Moments:
        total = Moments(len(self._square) - 1, self._cross.shape[1])
        total._square = self._square + other._square
        total._cross = self._cross + other._cross
        total.rows = self.rows + other.rows
        return total

    @property
    def finite(self) -> bool:
        return bool(np.isfinite(self._square).all() and np.isfinite(self._cross).all())

    @property
    def square(self) -> Matrix:
        """E[x̃ x̃ᵀ], (inputs + 1, inputs + 1)."""
        return self._square / max(self.rows, 1)

    @property
    def cross(self) -> Matrix:
        """E[x̃ yᵀ], (inputs + 1, targets)."""
        return self._cross / max(self.rows, 1)


ENOUGH = 8
"""Rows for each input: then second moments are known well enough for least squares."""

BLOCKS = 8
"""Of samples, alternating between two halves: long enough that neighbours in a stream are mostly in one half."""


class Halves:
    """Moments of the two halves of samples, so that what is fitted to one can be tried on the other."""

    def __init__(self, inputs: int, targets: int, samples: int) -> None:
        self._halves = (Moments(inputs, targets), Moments(inputs, targets))
        self._samples = samples

    def add(self, sample: int, x: Rows, y: Rows | None = None) -> None:
        """Rows of sample number `sample`."""
        self._halves[sample * BLOCKS // self._samples % 2].add(x, y)

    @property
    def finite(self) -> bool:
        return all(half.finite for half in self._halves)

    @property
    def scarce(self) -> bool:
        """Whether rows are so few that what is fitted to some may not hold for others, but there are some in both."""
        rows = [half.rows for half in self._halves]
        return min(rows) > 0 and sum(rows) < ENOUGH * (len(self._halves[0].square) - 1)

    @property
    def squares(self) -> tuple[Matrix, Matrix]:
        """E[x̃ x̃ᵀ] of each half."""
        return self._halves[0].square, self._halves[1].square

    @property
    def crosses(self) -> tuple[Matrix, Matrix]:
        """E[x̃ yᵀ] of each half."""
        return self._halves[0].cross, self._halves[1].cross

    def whole(self) -> Moments:
        """Of both together."""
        return self._halves[0] + self._halves[1]


def ridge(square: Matrix, share: float) -> float:
    """`share` of the mean second moment of an input, never 0, so that inputs that never vary can be solved for."""
    return max(share * float(square.diagonal()[:-1].mean()), 1e-30)


def centred(square: Matrix) -> Matrix:
    """The covariance of the inputs, (inputs, inputs)."""
    mean = square[:-1, -1]
    return square[:-1, :-1] - np.outer(mean, mean)
