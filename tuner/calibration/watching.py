"""Showing samples to a model and looking at what its operators read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import ModelError
from approxlite.model.linear import LinearOperator
from approxlite.runtime.taps import Side, Taps
from approxlite.tuner.interpreter import Tunable

Tensors = Mapping[str, int]
"""Operator id -> number of the tensor that the engine has it read."""


def watch(
    interpreter: Tunable, samples: NDArray[Any], places: Iterable[tuple[str, Side]]
) -> Iterator[tuple[int, Taps]]:
    """Runs `samples`, (N, ...), on the present rung and gives, after each, its number and what was seen of it."""
    with interpreter.taps(places) as taps:
        for number in range(len(samples)):
            interpreter.run_many(samples[number : number + 1])
            yield number, taps


def input_tensors(interpreter: Tunable, linear: Mapping[str, LinearOperator]) -> dict[str, int]:
    """Of those operators that the engine runs by itself and whose input is one that they are known to read."""
    return {
        op.id: op.input_tensor
        for op in interpreter.operators
        if op.id in linear and not op.note and op.input_tensor in linear[op.id].padding
    }


def spread(samples: NDArray[Any], most: int) -> NDArray[Any]:
    """At most that many of the samples, evenly spread."""
    if len(samples) <= most:
        return samples
    return samples[np.linspace(0, len(samples) - 1, most).astype(np.intp)]


def not_finite(operator: str) -> ModelError:
    return ModelError(f"{operator}: reads values that are not finite numbers; it cannot be calibrated on these samples")
