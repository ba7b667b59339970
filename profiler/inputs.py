"""Inputs and 8-bit grids for measuring time, where values do not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.runtime import Interpreter, scale_of


class HasInputs(Protocol):
    """An interpreter, ours or stock, with its tensors allocated."""

    def get_input_details(self) -> Sequence[Mapping[str, Any]]: ...

    def set_tensor(self, index: int, value: NDArray[Any]) -> None: ...


def set_random_inputs(interpreter: HasInputs, seed: int) -> None:
    """Fills every input from `seed`: standard normal numbers, or the whole range of an integer type."""
    generator = np.random.default_rng(seed)
    for detail in interpreter.get_input_details():
        shape, dtype = detail["shape"], np.dtype(detail["dtype"])
        if np.issubdtype(dtype, np.floating):
            values = generator.standard_normal(shape).astype(dtype)
        else:
            limits = np.iinfo(dtype)
            values = generator.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
        interpreter.set_tensor(detail["index"], values)


def placeholder_scales(interpreter: Interpreter) -> dict[str, Scale]:
    """Grids from the input that is set: with them int8 does the work that it will do once calibrated, not more."""
    interpreter.set_ladder([RungSpec(configuration="exact")])
    interpreter.observe_ranges(True)
    interpreter.invoke()
    ranges = interpreter.ranges()
    interpreter.observe_ranges(False)
    return {operator: scale_of(low, high) for operator, (low, high) in ranges.items()}
