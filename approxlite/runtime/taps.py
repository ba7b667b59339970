"""Looking at activations: what operators read and write in each inference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import nearest
from approxlite.formats.errors import InputError
from approxlite.runtime.engine import Engine, OperatorInfo

Side = Literal["input", "output"]


class Taps:
    """Activations of the last inference, by operator id and side; NaN before the first."""

    def __init__(self, buffers: Mapping[tuple[str, Side], NDArray[np.float32]]) -> None:
        self._buffers = buffers

    def __getitem__(self, place: tuple[str, Side]) -> NDArray[np.float32]:
        """A copy in the tensor's shape, float32 whatever the engine keeps it in."""
        return self._buffers[place].copy()

    def __iter__(self) -> Iterator[tuple[str, Side]]:
        return iter(self._buffers)

    def __len__(self) -> int:
        return len(self._buffers)


@contextmanager
def set_taps(
    engine: Engine,
    operators: Sequence[OperatorInfo],
    shapes: Mapping[int, tuple[int, ...]],
    places: Iterable[tuple[str, Side]],
    taken: set[tuple[str, Side]],
) -> Iterator[Taps]:
    """Taps `places` until the context ends; `taken` are those that are tapped already, and is kept up to date.

    shapes: by number of tensor. Raises InputError for an operator that the engine does not run by itself, or for a
    place that is tapped already.
    """
    numbers = {operator.id: number for number, operator in enumerate(operators)}
    buffers: dict[tuple[str, Side], NDArray[np.float32]] = {}
    try:
        for place in dict.fromkeys(places):
            name, side = place
            if name not in numbers:
                raise InputError(f"the engine runs no operator '{name}'{nearest(name, numbers)}")
            if side not in ("input", "output"):
                raise InputError(f"an operator has an 'input' and an 'output', not '{side}'")
            if place in taken:
                raise InputError(f"the {side} of {name} is tapped already")
            operator = operators[numbers[name]]
            tensor = operator.input_tensor if side == "input" else operator.output_tensor
            buffer = np.full(shapes.get(tensor, ()), np.nan, np.float32)
            engine.tap(numbers[name], side == "output", buffer)
            buffers[place] = buffer
            taken.add(place)
        yield Taps(buffers)
    finally:
        for name, side in buffers:
            engine.tap(numbers[name], side == "output", None)
            taken.discard((name, side))
