"""The tuner's own search on a problem, with every inference of its sensitivity passes charged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from problem import DEEPEST, Metered, Problem

from approxlite.formats.configuration import Configuration
from approxlite.tuner.evaluator import Outputs
from approxlite.tuner.explore import Explored
from approxlite.tuner.judge import Scores
from approxlite.tuner.menu import knobs_worth_trying, references
from approxlite.tuner.predictor import LogitPredictor, are_probabilities, logits_of
from approxlite.tuner.sensitivity import measure_sensitivities
from approxlite.tuner.successive import explored, searched


@dataclass
class Passes:
    """The problem's outputs on some of its samples, with a count of the inferences that takes; repeats are free."""

    problem: Problem
    rows: NDArray[np.intp]
    counted: dict[Configuration, int]

    @property
    def samples(self) -> NDArray[Any]:
        return self.problem.evaluator.samples[self.rows]

    def on(self, indices: NDArray[np.intp]) -> Passes:
        return Passes(self.problem, self.rows[indices], self.counted)

    def outputs(self, configurations: Iterable[Configuration]) -> Iterator[tuple[Configuration, Outputs]]:
        wanted = list(dict.fromkeys(configurations))
        for configuration, outputs in zip(wanted, self.problem.outputs(wanted), strict=True):
            self.counted[configuration] = max(self.counted.get(configuration, 0), len(self.rows))
            yield configuration, outputs[self.rows]

    @property
    def inferences(self) -> int:
        return sum(self.counted.values())


def sensitivities(problem: Problem) -> tuple[LogitPredictor, int]:
    """The predictor before any correction, and the inferences that it took."""
    passes = Passes(problem, np.arange(problem.samples), {})
    profile = problem.profile
    predictor = measure_sensitivities(passes, knobs_worth_trying(profile), costs=profile.options())
    return predictor, passes.inferences


def ours(metered: Metered, predictor: LogitPredictor, inferences: int, operators: Sequence[Any], seed: int) -> Explored:
    """Explores until all inferences are spent; those of the passes are charged first."""
    problem = metered.problem
    metered.charge(inferences)
    probabilities = are_probabilities(problem.exact)

    def evaluate(configurations: Sequence[Configuration]) -> list[tuple[float, Scores]]:
        measured = metered.measure(configurations)
        scores = [logits_of(outputs, probabilities=probabilities) for outputs in problem.outputs(configurations)]
        return [(disagreement, each) for (_, disagreement), each in zip(measured, scores, strict=True)]

    _, pools = searched(problem.profile, predictor, seed)
    return explored(
        references(operators, problem.profile, predictor),
        pools,
        problem.profile,
        predictor,
        evaluate,
        DEEPEST,
        evaluations=(metered.inferences - metered.spent) // problem.samples,
        seed=seed,
    )
