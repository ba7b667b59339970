"""A ladder over one network or several on this computer: what its rungs answer, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.policy import MAX_RUNGS
from approxlite.policy.outcomes import of_scores
from approxlite.policy.rungs import confidence_for
from approxlite.policy.simulation.recording import Recording, answers
from approxlite.policy.turns import take_turns
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.stock import StockInterpreter
from approxlite.runtime.timed import Timed
from controllers.subjects import Subject
from controllers.tuned import Curve
from support.zoo import Part

TIMED_SAMPLES = 48


@dataclass(frozen=True)
class Costs:
    """By rung: median milliseconds; stock_ms: of stock LiteRT float on the last network."""

    cost_ms: NDArray[np.float64]
    stock_ms: float
    rounds: int


class Absence:
    """Nanoseconds in which this thread, the only one that computes, was not on a processor: others had it. Without
    them a busy computer, which takes the processor from whoever runs for long, makes slow ways slower still.
    """

    def __enter__(self) -> Absence:
        self.ns = 0
        self._wall, self._here = time.perf_counter_ns(), time.thread_time_ns()
        return self

    def __exit__(self, *_: object) -> None:
        self.ns = (time.perf_counter_ns() - self._wall) - (time.thread_time_ns() - self._here)


class Ladders:
    """All rungs of all networks by one number: those of the first network first. Belongs to one thread."""

    def __init__(self, subject: Subject, curves: Sequence[Curve]) -> None:
        self._subject = subject
        most = MAX_RUNGS // len(curves)
        self._curves = [replace(curve, rungs=_at_most(curve.rungs, most)) for curve in curves]
        self._ladders = [Ladder([curve.model], curve.rungs, weights=curve.weights) for curve in self._curves]
        self._places = [(n, place) for n, curve in enumerate(self._curves) for place in range(len(curve.rungs))]
        self.configurations = [
            f"{self._curves[n].network.name} {self._curves[n].rungs[place].configuration}" for n, place in self._places
        ]
        self.exact = self._places.index((len(curves) - 1, 0))
        self.last_network = [number for number, (n, _) in enumerate(self._places) if n == len(curves) - 1]
        self._stock = Timed(StockInterpreter(curves[-1].model))

    def recording(self, part: Part, costs: Costs) -> Recording:
        """Every rung on all samples of a part that rules may be rated on: of pictures, tuning has a part of its own."""
        outputs: list[NDArray[np.float32]] = []
        for curve, ladder, x in zip(self._curves, self._ladders, self.samples(part), strict=True):
            outputs += answers(ladder, len(curve.rungs), x)[0]
        times = costs.cost_ms
        return Recording(
            outputs=tuple(outputs),
            cost_ms=tuple(times),
            slow_ms=tuple(times),
            exact_rung=self.exact,
            confidence=confidence_for(of_scores(outputs, times[:, np.newaxis], self.exact)),
            inputs=self.samples(part)[-1] if self._subject.order == "stream" else None,
        )

    def samples(self, part: Part) -> list[NDArray[Any]]:
        loaded = [loader(part) for loader in self._subject.samples]
        if part == "test" or self._subject.order == "stream":
            return loaded
        return [x[self._curves[-1].search] for x in loaded]

    def labels(self, part: Part) -> NDArray[np.int64]:
        """(samples,) of `samples`: right classes, -1 where there is none."""
        y = self._subject.labels(part)
        return y if part == "test" or self._subject.order == "stream" else y[self._curves[-1].search]

    def run(self, rung: int, xs: Sequence[NDArray[Any]], sample: int) -> tuple[NDArray[np.float32], float]:
        """The output and the milliseconds of one run on one sample of `xs`, by network."""
        network, place = self._places[rung]
        ladder = self._ladders[network]
        with Absence() as absence:
            output = ladder.run(place, xs[network][sample])
        return np.asarray(output, np.float32).ravel(), (ladder.last_ns - absence.ns) / 1e6

    def costs(self, xs: Sequence[NDArray[Any]], seconds: float, seed: int) -> Costs:
        """Every rung and stock in turns on the same samples, block by block, in an order drawn anew."""
        chosen = np.unique(np.linspace(0, len(xs[0]) - 1, TIMED_SAMPLES).astype(int))
        runs: dict[str, Callable[[Any], float]] = {"stock": lambda sample: self.stock(xs, int(sample))}
        for rung in range(len(self._places)):
            runs[str(rung)] = lambda sample, rung=rung: self.run(rung, xs, int(sample))[1]
        times = take_turns(runs, chosen, seconds=seconds, seed=seed)
        rungs = [times[str(rung)] for rung in range(len(self._places))]
        median = np.array([np.median(each) for each in rungs])
        return Costs(median, float(np.median(times["stock"])), len(times["stock"]))

    def stock(self, xs: Sequence[NDArray[Any]], sample: int) -> float:
        """Milliseconds of stock LiteRT on the last network."""
        with Absence() as absence:
            self._stock.run(xs[-1][sample])
        return (self._stock.last_ns - absence.ns) / 1e6


def _at_most(rungs: Sequence[Any], most: int) -> tuple[Any, ...]:
    """The first, and of the others as many as there is room for, evenly spread, with the last."""
    if len(rungs) <= most:
        return tuple(rungs)
    return tuple(rungs[round(i)] for i in np.linspace(0, len(rungs) - 1, most))
