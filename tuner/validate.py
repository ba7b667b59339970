"""Spends real evaluations near the predicted front: which configurations to run, and how often they disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import ModelError
from approxlite.formats.interval import Estimate
from approxlite.policy.statistics import share
from approxlite.tuner.evaluator import Evaluator, Outputs
from approxlite.tuner.margins import expected_disagreement, margins
from approxlite.tuner.predictor import are_probabilities, logits_of

TARGETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.045, 0.065, 0.1, 0.15)
"""Disagreements worth a point of the curve. The last ones are useless alone and good first stages of cascades."""

DEEPEST = 0.2
"""Disagreement beyond which no configuration is worth an evaluation."""

Classes = NDArray[np.int64]


@dataclass(frozen=True)
class Candidate:
    """A configuration and what is predicted of it: its share of stock's time and its disagreement with exact."""

    configuration: Configuration
    cost: float
    disagreement: float


class Validator:
    """Runs candidates on the samples of `evaluator`, each once, and compares their answers with exact's.

    Raises ModelError if even exact gives something that is not a number.
    """

    def __init__(self, evaluator: Evaluator, labels: Classes | None) -> None:
        self._evaluator = evaluator
        self._labels = labels
        self._outputs: dict[Configuration, Outputs] = {}
        exact = Configuration()
        self._run([exact])
        if not np.isfinite(self._outputs[exact]).all():
            raise ModelError("the exact model gives outputs that are not finite; nothing can be compared with them")
        self._probabilities = are_probabilities(self._outputs[exact])
        self._answers = self._outputs[exact].argmax(axis=1)

    def run(self, candidates: Iterable[Candidate]) -> None:
        """Whichever of them were not run yet."""
        self._run(candidate.configuration for candidate in candidates)

    def _run(self, configurations: Iterable[Configuration]) -> None:
        self._outputs |= self._evaluator.outputs(c for c in configurations if c not in self._outputs)

    def disagreement(self, configuration: Configuration) -> Estimate:
        """Counted, of a configuration that was run. An answer that is no number agrees with nothing."""
        return _share(self._choices(configuration) != self._answers)

    def expected(self, configuration: Configuration) -> float:
        """Expected disagreement on samples nobody has seen, from the margins of a configuration that was run."""
        outputs = self._outputs[configuration]
        if not np.isfinite(outputs).all():
            return 1.0
        exact, approximate = (
            margins(logits_of(o, probabilities=self._probabilities), self._answers)
            for o in (self._outputs[Configuration()], outputs)
        )
        return expected_disagreement(exact, approximate)

    def accuracy(self, configuration: Configuration) -> Estimate | None:
        """None without labels."""
        return None if self._labels is None else _share(self._choices(configuration) == self._labels)

    def _choices(self, configuration: Configuration) -> Classes:
        outputs = self._outputs[configuration]
        return np.where(np.isfinite(outputs).all(axis=1), outputs.argmax(axis=1), -1)


def validate(
    validator: Validator, pools: Sequence[Sequence[Candidate]], references: Sequence[Candidate], limit: int
) -> list[Candidate]:
    """Runs `references` and candidates spread along each pool, at most `limit` in all, and gives those that were run.

    The first candidates are taken at their word. What they turn out to be corrects the predictions by which the next
    are chosen, and what is left of `limit` goes where neighbours on the curve would be farthest apart.
    """
    chosen = {candidate.configuration: candidate for candidate in references}
    factor = 1.0
    for _ in range(2):
        for pool in pools:
            for candidate in cheapest_within(pool, [target / factor for target in TARGETS]):
                if len(chosen) < limit:
                    chosen.setdefault(candidate.configuration, candidate)
        validator.run(chosen.values())
        factor = correction({c: validator.disagreement(c.configuration).value for c in chosen.values()})
    worth_it = [candidate for pool in pools for candidate in pool if candidate.disagreement * factor <= DEEPEST]
    while len(chosen) < limit and (between := widest_gap(worth_it, chosen.values())) is not None:
        chosen[between.configuration] = between
    validator.run(chosen.values())
    return list(chosen.values())


def cheapest_within(candidates: Sequence[Candidate], targets: Iterable[float]) -> list[Candidate]:
    """For each target the cheapest candidate predicted to disagree no more often, if there is one."""
    found = []
    for target in targets:
        fit = [candidate for candidate in candidates if candidate.disagreement <= target]
        if fit:
            found.append(min(fit, key=lambda candidate: candidate.cost))
    return found


def correction(measured: Mapping[Candidate, float]) -> float:
    """Measured over predicted disagreement, all together; between a half and three, because few samples exaggerate."""
    predicted = sum(candidate.disagreement for candidate in measured)
    return min(max(sum(measured.values()) / predicted, 0.5), 3.0) if predicted > 0 else 1.0


def widest_gap(candidates: Sequence[Candidate], chosen: Iterable[Candidate]) -> Candidate | None:
    """The candidate nearest to the middle of the widest gap in cost between chosen ones; None if every gap is empty."""
    costs = sorted(candidate.cost for candidate in chosen)
    taken = set(costs)
    best: tuple[float, Candidate] | None = None
    for low, high in pairwise(costs):
        inside = [c for c in candidates if low < c.cost < high and c.cost not in taken]
        if inside and (best is None or high - low > best[0]):
            best = (high - low, min(inside, key=lambda c: abs(c.cost - (low + high) / 2)))
    return None if best is None else best[1]


def _share(hits: NDArray[np.bool_]) -> Estimate:
    return share(int(hits.sum()), len(hits))
