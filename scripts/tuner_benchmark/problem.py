"""One tuning problem that every method gets alike: choices, additive costs, real disagreement, inferences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from models import MODELS

from approxlite.formats.configuration import Configuration
from approxlite.formats.weights import pack_calibrated, pack_weights
from approxlite.profiler.profile import profile_host
from approxlite.profiler.recorded import RecordedProfile
from approxlite.runtime import Interpreter
from approxlite.tuner.calibration import calibrate
from approxlite.tuner.evaluator import Evaluator, Outputs
from approxlite.tuner.hypervolume import Point, Reference
from approxlite.tuner.menu import knobs_worth_trying, with_weights

DEEPEST = 0.1
"""Disagreement of the reference point."""


class Spent(Exception):  # noqa: N818 - no error, the end of a run
    """All inferences that were allowed are spent."""


@dataclass
class Problem:
    """`knobs`: operator -> exact and the knobs worth choosing. `exact`: answers on all tuning samples."""

    name: str
    profile: RecordedProfile
    evaluator: Evaluator
    knobs: dict[str, list[str]]
    reference: Reference
    exact: Outputs
    _known: dict[Configuration, Outputs] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        return len(self.evaluator.samples)

    def costs(self, configurations: Sequence[Configuration]) -> list[float]:
        """Shares of stock's time by the recorded profile's additive model."""
        return [measurement.cost.value for measurement in self.profile.measure([str(c) for c in configurations])]

    def outputs(self, configurations: Sequence[Configuration]) -> list[Outputs]:
        """Really run, once for all methods and seeds, which are charged every time all the same."""
        missing = [c for c in dict.fromkeys(configurations) if c not in self._known]
        self._known |= self.evaluator.outputs(missing)
        return [self._known[c] for c in configurations]

    def measure(self, configurations: Sequence[Configuration]) -> list[Point]:
        """Cost, and the share of samples whose answer differs from exact's."""
        answers = self.exact.argmax(axis=1)
        shares = [
            float((np.where(np.isfinite(o).all(axis=1), o.argmax(axis=1), -1) != answers).mean())
            for o in self.outputs(configurations)
        ]
        return list(zip(self.costs(configurations), shares, strict=True))


@dataclass
class Metered:
    """A problem with a limited number of inferences, and what was measured with them."""

    problem: Problem
    inferences: int
    spent: int = 0
    points: list[Point] = field(default_factory=list)

    def measure(self, configurations: Sequence[Configuration]) -> list[Point]:
        """Raises Spent where the next configuration would be one too many."""
        measured = []
        for configuration in configurations:
            self.charge(self.problem.samples)
            measured += self.problem.measure([configuration])
            self.points.append(measured[-1])
        return measured

    def charge(self, inferences: int) -> None:
        if self.spent + inferences > self.inferences:
            raise Spent
        self.spent += inferences


def problem_of(name: str, collection: Path, folder: Path, *, seconds: float, cache: Path | None = None) -> Problem:
    """Profiles the model into `folder` unless that was done before; all tuning samples are searched on."""
    model = MODELS[name]
    path, samples = collection / model.file, model.load(collection)
    profile = profile_host(path, folder / f"{name}.jsonl", budget_s=seconds)
    interpreter = Interpreter(path)
    interpreter.allocate_tensors()
    options = knobs_worth_trying(profile)
    calibration = calibrate(path, interpreter, samples, options)
    weights = folder / f"{name}.weights.bin"
    weights.write_bytes(pack_weights(pack_calibrated(calibration.weights)))
    evaluator = Evaluator(interpreter, samples, calibration.scales, model=name, weights=weights, cache=cache)
    knobs = {operator: ["exact", *worth] for operator, worth in with_weights(options, calibration.weights).items()}
    exact = next(iter(evaluator.outputs([Configuration()])))[1]
    reference = Reference(profile.measure(["exact"])[0].cost.value, DEEPEST)
    return Problem(name, profile, evaluator, knobs, reference, exact)
