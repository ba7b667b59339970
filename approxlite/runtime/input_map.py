"""Giving a sample to a model that takes it in another type, on another grid or in other units than it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import PolicyError
from approxlite.formats.input_form import InputForm


class InputMap:
    """Samples of one input, `given`, as another, `taken`; both as `get_input_details` describes them. Immutable."""

    def __init__(self, given: Mapping[str, Any], taken: Mapping[str, Any], form: InputForm | None = None) -> None:
        """Raises PolicyError when shapes differ by more than axes of size 1, or a type has no grid."""
        self._shape = tuple(int(n) for n in taken["shape"])
        if _lengths(given) != _lengths(taken):
            raise PolicyError(
                f"the models of one policy have to take inputs of one shape, not {tuple(given['shape'])} and "
                f"{self._shape}"
            )
        self._given, self._taken = _grid(given), _grid(taken)
        self._dtype = np.dtype(taken["dtype"])
        self._same = form is None and np.dtype(given["dtype"]) == self._dtype and self._given == self._taken
        form = form or InputForm()
        self._multiply, self._add = np.array(form.multiply, np.float32), np.array(form.add, np.float32)

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        """One sample, with or without batch axis; the same array where nothing has to change."""
        sample = x if x.shape == self._shape else x.reshape(self._shape)
        if self._same:
            return sample
        values = real(sample, self._given) * self._multiply + self._add
        return on_grid(values, self._dtype, self._taken)

    def samples(self, x: NDArray[Any]) -> NDArray[Any]:
        """(N, ...) -> (N, ...), batch axis of the models left out."""
        return np.stack([self(sample).reshape(self._shape[1:]) for sample in x])


def real(values: NDArray[Any], grid: tuple[float, int] | None) -> NDArray[np.float32]:
    """What numbers on a grid (scale, zero point) stand for; float32 as it is."""
    if grid is None:
        return values.astype(np.float32, copy=False)
    scale, zero_point = grid
    return (values.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)


def on_grid(values: NDArray[np.float32], dtype: np.dtype[Any], grid: tuple[float, int] | None) -> NDArray[Any]:
    """Real numbers as a model takes them: rounded to its grid and cut off at its ends."""
    if grid is None:
        return values.astype(dtype)
    scale, zero_point = grid
    limits = np.iinfo(dtype)
    placed: NDArray[Any] = np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max).astype(dtype)
    return placed


def _grid(detail: Mapping[str, Any]) -> tuple[float, int] | None:
    return grid_of(detail, PolicyError)


def grid_of(detail: Mapping[str, Any], error: type[Exception]) -> tuple[float, int] | None:
    """Scale and zero point of a tensor, None for floats. Raises `error` for whole numbers without a scale."""
    dtype = np.dtype(detail["dtype"])
    if dtype.kind == "f":
        return None
    scale, zero_point = detail["quantization"]
    if dtype.kind not in "iu" or not scale:
        raise error(f"a tensor of {dtype} without a scale cannot be compared with other models' real numbers")
    return float(scale), int(zero_point)


def _lengths(detail: Mapping[str, Any]) -> list[int]:
    return [int(n) for n in detail["shape"] if n != 1]
