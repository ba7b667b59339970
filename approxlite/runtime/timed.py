"""Running one sample under the clock, the same way for ours and for stock."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import ModelError
from approxlite.runtime.base import TensorRunner


class Timed:
    """Runs samples through the first input of an interpreter whose tensors are allocated.

    The clock sees the input being set and the model run, not Python's handling of shapes and outputs.
    Raises ModelError when the model takes more than one input.
    """

    def __init__(self, interpreter: TensorRunner) -> None:
        inputs = interpreter.get_input_details()
        if len(inputs) != 1:
            raise ModelError(f"the model takes {len(inputs)} inputs; policies are for models with one")
        self._interpreter = interpreter
        self._input = int(inputs[0]["index"])
        self._output = int(interpreter.get_output_details()[0]["index"])
        self.input_shape = tuple(int(n) for n in inputs[0]["shape"])
        self.input_dtype = np.dtype(inputs[0]["dtype"])
        self.last_ns = 0
        """How long the last run took."""

    def run(self, x: NDArray[Any]) -> NDArray[Any]:
        """One sample, with or without batch axis: a copy of the first output, batch axis kept."""
        sample = x if x.ndim == len(self.input_shape) else x[np.newaxis]
        begin = time.perf_counter_ns()
        self._interpreter.set_tensor(self._input, sample)
        self._interpreter.invoke()
        self.last_ns = time.perf_counter_ns() - begin
        return self._interpreter.get_tensor(self._output)
