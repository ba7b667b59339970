"""Hypervolume of the tuner's curves beside general searches' on the same problem with as many inferences."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from baselines import BASELINES
from ours import ours, sensitivities
from problem import Metered, Problem

from approxlite.tuner.explore import Explored
from approxlite.tuner.hypervolume import hypervolume

LEAST_GAIN = 1.05


@dataclass(frozen=True)
class CurveResult:
    """Medians of hypervolumes over seeds, 0..1; `seconds` of one seed, engine runs shared by methods included once."""

    model: str
    samples: int
    operators: int
    inferences: int
    passes: int
    seeds: int
    ours: float
    spread: tuple[float, float]
    baselines: dict[str, float]
    seconds: float

    @property
    def gain(self) -> float:
        """Over the best baseline; infinite where no baseline found anything."""
        best = max(self.baselines.values())
        return self.ours / best if best > 0 else float("inf")

    @property
    def holds(self) -> bool:
        return self.gain >= LEAST_GAIN


def measure_curves(
    problem: Problem, operators: list[Any], *, evaluations: int, seeds: int
) -> tuple[CurveResult, Explored]:
    """And what the first seed explored."""
    begin = time.perf_counter()
    predictor, passes = sensitivities(problem)
    inferences = passes + evaluations * problem.samples
    volumes, first, seconds = [], None, 0.0
    for seed in range(seeds):
        metered = Metered(problem, inferences)
        found = ours(metered, predictor, passes, operators, seed)
        if first is None:
            first, seconds = found, time.perf_counter() - begin
        volumes.append(hypervolume(metered.points, problem.reference))
    assert first is not None
    beside = {name: [0.0] * seeds for name in BASELINES}
    for name, baseline in BASELINES.items():
        for seed in range(seeds):
            metered = Metered(problem, inferences)
            baseline(metered, seed)
            beside[name][seed] = hypervolume(metered.points, problem.reference)
    result = CurveResult(
        problem.name,
        problem.samples,
        len(problem.knobs),
        inferences,
        passes,
        seeds,
        median(volumes),
        (min(volumes), max(volumes)),
        {name: median(each) for name, each in beside.items()},
        seconds,
    )
    return result, first
