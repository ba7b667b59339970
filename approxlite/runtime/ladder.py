"""A policy's ladder, ready to run: one interpreter per model, any rung at the cost of changing an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

from numpy.typing import NDArray

from approxlite.formats.errors import ConfigurationError, FormatError, PolicyError
from approxlite.formats.policy import LadderRung
from approxlite.formats.weights_file import WeightsFile
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.interpreter import Interpreter
from approxlite.runtime.timed import Timed


class Runner(Protocol):
    """Something that runs any rung of a ladder."""

    last_ns: int
    """How long the last run took."""

    def run(self, rung: int, x: NDArray[Any]) -> NDArray[Any]:
        """One sample through `rung`: the first output, batch axis kept."""
        ...


class Ladder:
    """Runs any rung on one sample. Belongs to one thread at a time."""

    def __init__(
        self,
        models: Sequence[ModelSource],
        rungs: Sequence[LadderRung],
        *,
        weights: WeightsFile | None = None,
        variant: str | None = None,
        num_threads: int = 1,
    ) -> None:
        """`rungs` name `models` by index; models that no rung names are not loaded. `weights` holds those of their own.

        Raises PolicyError when a rung names an operator or a knob that its model does not have, or when the models do
        not take the same input; ModelError when a model cannot be loaded or takes more than one input.
        """
        self._interpreters: dict[int, Interpreter] = {}
        for model in sorted({rung.model for rung in rungs}):
            specs = [rung.spec(weights) for rung in rungs if rung.model == model]
            try:
                self._interpreters[model] = Interpreter(models[model], specs, variant=variant, num_threads=num_threads)
                self._interpreters[model].allocate_tensors()
            except (ConfigurationError, FormatError) as problem:
                raise PolicyError(f"the policy does not fit its model: {problem}") from None
        timed = {model: Timed(interpreter) for model, interpreter in self._interpreters.items()}
        taken = dict.fromkeys(timed, 0)
        self._places: list[tuple[Interpreter, int, Timed]] = []
        for rung in rungs:
            self._places.append((self._interpreters[rung.model], taken[rung.model], timed[rung.model]))
            taken[rung.model] += 1
        inputs = {(each.input_shape, each.input_dtype) for each in timed.values()}
        if len(inputs) != 1:
            raise PolicyError("the models of one policy have to take the same input, in shape and type")
        self.input_shape, self.input_dtype = next(iter(inputs))
        self.last_ns = 0

    def run(self, rung: int, x: NDArray[Any]) -> NDArray[Any]:
        """One sample, with or without batch axis, through `rung`: a copy of the first output, batch axis kept."""
        interpreter, place, timed = self._places[rung]
        interpreter.rung = place
        output = timed.run(x)
        self.last_ns = timed.last_ns
        return output

    def interpreter(self, model: int = 0) -> Interpreter:
        """The interpreter of one of the models that rungs name."""
        return self._interpreters[model]

    def close(self) -> None:
        """Frees the interpreters; nothing runs afterwards."""
        self._places.clear()
        self._interpreters.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
