"""A policy's ladder, ready to run: one interpreter per model, any rung at the cost of changing an index."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, Self

from numpy.typing import NDArray

from approxlite.formats.configuration import EXACT
from approxlite.formats.errors import ConfigurationError, FormatError, PolicyError
from approxlite.formats.policy import LadderRung
from approxlite.formats.rung import RungSpec
from approxlite.formats.weights_file import WeightsFile
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.input_map import InputMap, grid_of, real
from approxlite.runtime.interpreter import Interpreter
from approxlite.runtime.timed import Timed


class Runner(Protocol):
    """Something that runs any rung of a ladder."""

    last_ns: int
    """How long the last run took."""

    def run(self, rung: int, x: NDArray[Any]) -> NDArray[Any]:
        """One sample through `rung`: the first output, batch axis kept."""
        ...


class _Place(NamedTuple):
    """Where a rung is found, and how it is given a sample; `form` is None in a ladder of one model."""

    interpreter: Interpreter
    rung: int
    timed: Timed
    form: InputMap | None
    grid: tuple[float, int] | None


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
        """`rungs` name `models` by index. `weights` holds those of their own.

        The last of several models decides what form inputs come in; the others are given them in their own. Raises
        PolicyError when a rung names an operator or a knob that its model does not have, or when the models cannot take
        the same input; ModelError when a model cannot be loaded or takes more than one input.
        """
        self._interpreters: dict[int, Interpreter] = {}
        for model in range(len(models)):
            specs = [rung.spec(weights) for rung in rungs if rung.model == model] or [RungSpec(configuration=EXACT)]
            try:
                self._interpreters[model] = Interpreter(models[model], specs, variant=variant, num_threads=num_threads)
                self._interpreters[model].allocate_tensors()
            except (ConfigurationError, FormatError) as problem:
                raise PolicyError(f"the policy does not fit its model: {problem}") from None
        timed = {model: Timed(interpreter) for model, interpreter in self._interpreters.items()}
        last = len(models) - 1
        self.input_shape, self.input_dtype = timed[last].input_shape, timed[last].input_dtype
        self.last_ns = 0
        grids = self._output_grids()
        taken = dict.fromkeys(timed, 0)
        self._places: list[_Place] = []
        for rung in rungs:
            form = InputMap(self._input(last), self._input(rung.model), rung.input) if len(timed) > 1 else None
            interpreter = self._interpreters[rung.model]
            self._places.append(_Place(interpreter, taken[rung.model], timed[rung.model], form, grids[rung.model]))
            taken[rung.model] += 1

    def run(self, rung: int, x: NDArray[Any]) -> NDArray[Any]:
        """One sample, with or without batch axis, through `rung`: a copy of the first output, batch axis kept.

        Of models whose outputs are on different grids, the real numbers they stand for.
        """
        place = self._places[rung]
        place.interpreter.rung = place.rung
        if place.form is None:
            output = place.timed.run(x)
            self.last_ns = place.timed.last_ns
            return output
        begin = time.perf_counter_ns()
        sample = place.form(x)
        converted = time.perf_counter_ns() - begin
        output = place.timed.run(sample)
        self.last_ns = converted + place.timed.last_ns
        return output if place.grid is None else real(output, place.grid)

    @property
    def output_count(self) -> int:
        """Most entries of an output of any rung."""
        outputs = (interpreter.get_output_details()[0] for interpreter in self._interpreters.values())
        return max(math.prod(int(n) for n in output["shape"]) for output in outputs)

    def interpreter(self, model: int = 0) -> Interpreter:
        """The interpreter of one of the models."""
        return self._interpreters[model]

    def _input(self, model: int) -> dict[str, Any]:
        return self._interpreters[model].get_input_details()[0]

    def _output_grids(self) -> dict[int, tuple[float, int] | None]:
        """By model, the grid that its output has to be taken off; None everywhere when all are on the same."""
        details = {number: each.get_output_details()[0] for number, each in self._interpreters.items()}
        kinds = {(str(each["dtype"]), tuple(each["quantization"])) for each in details.values()}
        if len(kinds) == 1:
            return dict.fromkeys(details)
        return {number: grid_of(each, PolicyError) for number, each in details.items()}

    def close(self) -> None:
        """Frees the interpreters; nothing runs afterwards."""
        self._places.clear()
        self._interpreters.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
