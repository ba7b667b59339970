"""The same model on the plain runtime with its default XNNPACK delegate: what we are measured against."""

from __future__ import annotations

from approxlite.runtime.backend import ModelSource, create_interpreter, model_name
from approxlite.runtime.base import TensorRunner


class StockInterpreter(TensorRunner):
    """Stock LiteRT at its best setting, with as many threads as ours is to be compared with. Belongs to one thread."""

    def __init__(self, model: ModelSource, *, runtime: str = "auto", num_threads: int = 1) -> None:
        """Raises ModelError when the model cannot be read or the runtime refuses it."""
        self._name = model_name(model)
        self._interpreter = create_interpreter(model, runtime, [], num_threads=num_threads)
        self.allocate_tensors()
