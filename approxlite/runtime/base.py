"""What our interpreter and stock's have in common: TFLite's methods, and running samples through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import DataError, ModelError, one_line


class TensorRunner:
    """A runtime's interpreter behind the methods people know. Belongs to one thread at a time."""

    _interpreter: Any
    _name: str

    def allocate_tensors(self) -> None:
        """Raises ModelError when the runtime cannot prepare the model."""
        try:
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as problem:
            raise ModelError(f"{self._name}: the runtime cannot prepare it ({one_line(problem, 120)})") from None
        inputs, outputs = self.get_input_details(), self.get_output_details()
        if not inputs or not outputs:
            raise ModelError(f"{self._name}: it has {len(inputs)} inputs and {len(outputs)} outputs; both need one")
        self._input = inputs[0]
        self._output_index = int(outputs[0]["index"])

    def get_input_details(self) -> list[dict[str, Any]]:
        return list(self._interpreter.get_input_details())

    def get_output_details(self) -> list[dict[str, Any]]:
        return list(self._interpreter.get_output_details())

    def get_tensor_details(self) -> list[dict[str, Any]]:
        return list(self._interpreter.get_tensor_details())

    def set_tensor(self, index: int, value: NDArray[Any]) -> None:
        """Raises DataError when shape or type do not fit."""
        try:
            self._interpreter.set_tensor(index, value)
        except (ValueError, RuntimeError) as problem:
            raise DataError(f"input does not fit the model: {one_line(problem, 120)}") from None

    def get_tensor(self, index: int) -> NDArray[Any]:
        """A copy. Raises DataError when the tensor holds nothing, as before the tensors are allocated."""
        try:
            return np.asarray(self._interpreter.get_tensor(index))
        except (ValueError, RuntimeError) as problem:
            raise DataError(f"tensor {index} cannot be read: {one_line(problem, 120)}") from None

    def invoke(self) -> None:
        """Raises ModelError when the runtime cannot run the model."""
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as problem:
            raise ModelError(f"{self._name}: the runtime cannot run it ({one_line(problem, 120)})") from None

    def run(self, x: NDArray[Any]) -> NDArray[Any]:
        """One sample, with or without batch axis, through the first input: a copy of the first output."""
        shape = self._input["shape"]
        sample = np.asarray(x)
        if sample.ndim == len(shape) - 1:
            sample = sample[np.newaxis]
        self.set_tensor(int(self._input["index"]), sample)
        self.invoke()
        return self.get_tensor(self._output_index)

    def run_many(self, x: NDArray[Any]) -> NDArray[Any]:
        """(N, ...) samples without batch axis -> (N, ...) outputs without batch axis."""
        index, output, interpreter = int(self._input["index"]), self._output_index, self._interpreter
        samples = np.ascontiguousarray(x)
        outputs = []
        for sample in samples[:, np.newaxis]:
            interpreter.set_tensor(index, sample)
            self.invoke()
            outputs.append(interpreter.get_tensor(output)[0])
        return np.stack(outputs)
