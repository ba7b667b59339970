"""Second moments of rows, added up as they come."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from approxlite.tuner.calibration.patches import Rows

Matrix = NDArray[np.float64]


PORTION = 256
"""Rows that are added up together: far faster than each sample's few by themselves."""


class Moments:
    """Sums of x̃ x̃ᵀ and of x̃ yᵀ over rows, x̃ = [x, 1], in float64. Its size does not depend on how many rows come.

    Not thread-safe. Equal rows in equal order give equal bits, however they are portioned, while the linear algebra
    library runs on one thread.
    """

    def __init__(self, inputs: int, targets: int = 0) -> None:
        self._square: Matrix = np.zeros((inputs + 1, inputs + 1), order="F")  # its upper triangle
        self._cross: Matrix = np.zeros((inputs + 1, targets))
        self._x = np.ones((PORTION, inputs + 1), np.float32)
        self._y = np.zeros((PORTION, targets), np.float32)
        self._waiting = 0
        self.rows = 0

    def add(self, x: Rows, y: Rows | None = None) -> None:
        """x: (rows, inputs). y: (rows, targets), unless there are no targets."""
        done = 0
        while done < len(x):
            taken = min(PORTION - self._waiting, len(x) - done)
            place = slice(self._waiting, self._waiting + taken)
            self._x[place, :-1] = x[done : done + taken]
            if y is not None:
                self._y[place] = y[done : done + taken]
            self._waiting += taken
            done += taken
            if self._waiting == PORTION:
                self._add_up()
        self.rows += len(x)

    def _add_up(self) -> None:
        """What is waiting."""
        x = self._x[: self._waiting].astype(np.float64)
        self._square = scipy.linalg.blas.dsyrk(1.0, x.T, beta=1.0, c=self._square, overwrite_c=1)
        if self._cross.shape[1]:
            self._cross += x.T @ self._y[: self._waiting]
        self._waiting = 0

    def __add__(self, other: Moments) -> Moments:
        total = Moments(len(self._square) - 1, self._cross.shape[1])
        for one in (self, other):
            one._add_up()
            total._square += one._square
            total._cross += one._cross
            total.rows += one.rows
        return total

    @property
    def finite(self) -> bool:
        self._add_up()
        return bool(np.isfinite(self._square).all() and np.isfinite(self._cross).all())

    @property
    def square(self) -> Matrix:
        """E[x̃ x̃ᵀ], (inputs + 1, inputs + 1)."""
        self._add_up()
        upper = np.triu(self._square)
        return (upper + np.triu(upper, 1).T) / max(self.rows, 1)

    @property
    def cross(self) -> Matrix:
        """E[x̃ yᵀ], (inputs + 1, targets)."""
        self._add_up()
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

    @staticmethod
    def size_bytes(inputs: int) -> int:
        """Of those without targets."""
        return 2 * (inputs + 1) * (8 * (inputs + 1) + 4 * PORTION)

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
