"""What an operator multiplies its weights with: some of the windows of its input, as rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import ModelError
from approxlite.model.linear import LinearOperator

Rows = NDArray[np.float32]
"""(places, ...)."""

# Roberts' additive recurrence R2 (2018): multiples of these, less their integers, cover a square evenly.
_STEPS = np.array([0.7548776662466927, 0.5698402909980532])


class Places:
    """Which places of an operator's output are looked at in each sample: `count` of them at most, spread evenly over
    the output and, together, over the samples; all of them where there are no more. Equal for ever."""

    def __init__(self, grid: tuple[int, int], count: int) -> None:
        self._grid = grid
        self.count = min(count, grid[0] * grid[1])
        self._all = self.count == grid[0] * grid[1]

    def of(self, sample: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns, (count,) each."""
        if self._all:
            rows, columns = np.divmod(np.arange(self.count), self._grid[1])
            return rows.astype(np.intp), columns.astype(np.intp)
        numbers = 1 + sample * self.count + np.arange(self.count, dtype=np.float64)
        shares = (numbers[:, np.newaxis] * _STEPS) % 1.0
        places = (shares * self._grid).astype(np.intp)
        return places[:, 0], places[:, 1]


def patches(
    operator: LinearOperator, tensor: int, values: NDArray[np.float32], places: tuple[NDArray[np.intp], ...]
) -> Rows:
    """(places, K): the windows of `values`, which are tensor number `tensor`, under the output's `places`.

    Raises ModelError if that tensor is not the operator's input or does not fit its windows.
    """
    if operator.flat and values.size % operator.channels == 0:
        values = values.reshape(1, 1, -1, operator.channels)
    if tensor not in operator.padding or values.ndim != 4 or values.shape[3] != operator.channels:
        raise ModelError(f"{operator.id}: its input does not fit its weights; such a model cannot be calibrated")
    image = values[0]
    axes = zip(places, operator.stride, operator.taps, operator.dilation, operator.padding[tensor], strict=True)
    down, across = (
        numbers[:, np.newaxis] * stride + np.arange(taps) * dilation - before
        for numbers, stride, taps, dilation, before in axes
    )
    found: Rows = image[
        np.clip(down, 0, image.shape[0] - 1)[:, :, None], np.clip(across, 0, image.shape[1] - 1)[:, None, :]
    ]
    outside = ((down < 0) | (down >= image.shape[0]))[:, :, None] | ((across < 0) | (across >= image.shape[1]))[
        :, None, :
    ]
    found[outside] = 0
    return found.reshape(len(found), -1)


def at_places(values: NDArray[np.float32], places: tuple[NDArray[np.intp], ...], grid: tuple[int, int]) -> Rows:
    """(places, channels) of a tensor with an output's `grid`."""
    return values.reshape(*grid, -1)[places[0], places[1]]
