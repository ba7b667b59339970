"""This computer measuring whole configurations, beside stock LiteRT and in turns with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from statistics import median

from approxlite.formats.configuration import Configuration
from approxlite.formats.rung import rung_with
from approxlite.policy.measure import Measurement
from approxlite.profiler.estimates import median_estimate
from approxlite.profiler.inputs import placeholder_scales, set_random_inputs
from approxlite.profiler.interleave import Subject, rounds_for
from approxlite.runtime import Interpreter, StockInterpreter

LADDER_RUNGS = 16


class LiveHost:
    """Says what configurations of one model cost by running them: a `Measure`. Belongs to one thread.

    Up to 16 configurations are measured in one ladder, for about `seconds`. Raises ModelError if the model cannot be
    loaded, and ConfigurationError if a configuration is none of this model's.
    """

    def __init__(self, model: str | PathLike[str], *, seconds: float = 2.0, seed: int = 0) -> None:
        self._ours, self._stock = Interpreter(model), StockInterpreter(model)
        for interpreter in (self._ours, self._stock):
            interpreter.allocate_tensors()
            set_random_inputs(interpreter, seed)
        self._scales = placeholder_scales(self._ours)
        self._seconds = seconds
        self._seed = seed

    def __call__(self, configurations: Sequence[str]) -> list[Measurement]:
        """Median over rounds of the share of stock's time, for each."""
        measurements: list[Measurement] = []
        for begin in range(0, len(configurations), LADDER_RUNGS):
            measurements += self._measure_ladder(configurations[begin : begin + LADDER_RUNGS])
        return measurements

    def _measure_ladder(self, texts: Sequence[str]) -> list[Measurement]:
        ladder = [rung_with(Configuration.parse(text, self._ours.operators), self._scales) for text in texts]
        self._ours.set_ladder(ladder)
        stock = Subject("stock", self._stock.invoke)
        subjects = [Subject(str(rung), self._ours.invoke, self._selecting(rung)) for rung in range(len(ladder))]
        taken = rounds_for(self._seconds, [stock, *subjects], seed=self._seed)
        measurements = []
        for subject, spec in zip(subjects, ladder, strict=True):
            times = [round_[subject.name].median_ns for round_ in taken]
            shares = [time / round_["stock"].median_ns for time, round_ in zip(times, taken, strict=True)]
            measurements.append(Measurement(spec.configuration, median_estimate(shares), median(times) / 1e6))
        return measurements

    def _selecting(self, rung: int) -> Callable[[], None]:
        def select() -> None:
            self._ours.rung = rung

        return select
