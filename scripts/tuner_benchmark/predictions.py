"""Predictions of configurations never run, spread over disagreements that matter, beside measurements."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from statistics import median

import numpy as np
from problem import DEEPEST, Problem

from approxlite.formats.configuration import Configuration, Knob
from approxlite.profiler.live import LiveHost
from approxlite.tuner.curve import rank_correlation
from approxlite.tuner.explore import Explored

BINS, IN_EACH = 10, 12
TIMED = 14
RESAMPLED = 500
MIXED = 0.5
"""Share of configurations that mix two that were run."""
LEAST_CONFIGURATIONS, LEAST_CORRELATION, MOST_COST_ERROR = 100, 0.9, 0.05


@dataclass(frozen=True)
class PredictionResult:
    """interval: of the rank correlation, 95 %, by resampling configurations. cost_error: median absolute error of
    predicted costs, as a share of the measured; None where none was timed."""

    model: str
    configurations: int
    correlation: float
    interval: tuple[float, float]
    slope: float
    mean_absolute: float
    cost_error: float | None
    timed: int

    @property
    def ranks(self) -> bool:
        return self.configurations >= LEAST_CONFIGURATIONS and self.correlation >= LEAST_CORRELATION

    @property
    def precise(self) -> bool:
        return self.cost_error is None or self.cost_error <= MOST_COST_ERROR


def measure_predictions(
    problem: Problem, found: Explored, model: str, *, timed: bool, seed: int = 0
) -> PredictionResult:
    fresh = _spread(problem, found, random.Random(seed))
    predicted = [disagreement for _, disagreement in fresh]
    measured = [disagreement for _, disagreement in problem.measure([configuration for configuration, _ in fresh])]
    some = [configuration for configuration, _ in fresh[:: max(len(fresh) // TIMED, 1)]][:TIMED]
    return PredictionResult(
        problem.name,
        len(fresh),
        rank_correlation(predicted, measured) or 0.0,
        _interval(predicted, measured),
        sum(p * m for p, m in zip(predicted, measured, strict=True)) / max(sum(p * p for p in predicted), 1e-12),
        sum(abs(p - m) for p, m in zip(predicted, measured, strict=True)) / max(len(fresh), 1),
        _cost_error(problem, some, model) if timed else None,
        len(some) if timed else 0,
    )


def _interval(predicted: Sequence[float], measured: Sequence[float]) -> tuple[float, float]:
    both, order = np.column_stack([predicted, measured]), np.random.default_rng(0)
    drawn = [both[order.integers(len(both), size=len(both))] for _ in range(RESAMPLED)]
    found = [rank_correlation(list(one[:, 0]), list(one[:, 1])) or 0.0 for one in drawn]
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def _cost_error(problem: Problem, configurations: Sequence[Configuration], model: str) -> float:
    live = LiveHost(model, seconds=6.0)([str(configuration) for configuration in configurations])
    predicted = problem.costs(configurations)
    return median(abs(p - m.cost.value) / m.cost.value for p, m in zip(predicted, live, strict=True))


def _spread(problem: Problem, found: Explored, order: random.Random) -> list[tuple[Configuration, float]]:
    """Variations and mixtures of what was run, never run themselves: as many in each tenth of predictions up to 10 %
    as there are, and more of the others where a tenth has few."""
    starts = [configuration for configuration, (_, d) in found.points.items() if d <= DEEPEST]
    bins: list[dict[Configuration, float]] = [{} for _ in range(BINS)]
    choices = [operator for operator, knobs in problem.knobs.items() if len(knobs) > 1]
    for _ in range(4000):
        one, other = (dict(order.choice(starts).entries) for _ in range(2))
        mixed = order.random() < MIXED
        knobs = {o: (other if mixed and order.random() < 0.5 else one).get(o, Knob()) for o in choices}
        for operator in order.sample(choices, min(order.randint(0, 3), len(choices))):
            knobs[operator] = Knob.parse(order.choice(problem.knobs[operator]))
        configuration = Configuration.of(knobs)
        if configuration in found.points or not all(found.predictor.knows(o, str(k)) for o, k in knobs.items()):
            continue
        disagreement = found.predictor.disagreement(configuration)
        place = int(disagreement / DEEPEST * BINS)
        if place < BINS:
            bins[place].setdefault(configuration, disagreement)
        if all(len(each) >= IN_EACH for each in bins):
            break
    in_turns = chain.from_iterable(zip_longest(*(each.items() for each in bins)))
    chosen = [pair for pair in in_turns if pair is not None][: BINS * IN_EACH]
    return sorted(chosen, key=lambda pair: pair[1])
