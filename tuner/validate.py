"""What candidates really do: run once each on the search samples, compared with exact, and scored against the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import ModelError
from approxlite.formats.interval import Estimate
from approxlite.policy.quality import quality_estimate, scored
from approxlite.policy.statistics import share
from approxlite.runtime.agreement import Agreement
from approxlite.tuner.evaluator import Evaluator, Outputs
from approxlite.tuner.judge import Judge, Scores, expected_beyond, judge_of
from approxlite.tuner.predictor import are_probabilities, logits_of


@dataclass(frozen=True)
class Candidate:
    """A configuration and what is predicted of it: its share of stock's time and its disagreement with exact."""

    configuration: Configuration
    cost: float
    disagreement: float


@dataclass(frozen=True)
class Truth:
    """values: (N, ...) what answers should have been. quality: by which they are scored; see policy/quality.py."""

    values: NDArray[Any]
    quality: str = "top_one"


@dataclass(frozen=True)
class Validated:
    """disagreement: counted. expected: on samples nobody has seen. quality: mean score, None without a truth.

    scores: (samples, entries) as a predictor adds them up, of those samples and entries that it knows.
    """

    disagreement: Estimate
    expected: float
    quality: Estimate | None
    scores: Scores


class Validator:
    """Runs configurations on the samples of `evaluator`, each once. Answers have `shape`, batch axis left out.

    rows, entries: which samples and entries a predictor knows, all if None. Raises ModelError if even exact gives
    something that is not a number.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        shape: Sequence[int],
        *,
        rule: AgreementRule = TOP_ONE,
        truth: Truth | None = None,
        rows: NDArray[np.intp] | None = None,
        entries: NDArray[np.intp] | None = None,
    ) -> None:
        self._evaluator, self._shape, self._truth = evaluator, tuple(shape), truth
        self._rows = slice(None) if rows is None else rows
        self._entries = slice(None) if entries is None else entries
        self._rule = rule
        self._agreement = Agreement(rule)
        exact = Configuration()
        self._exact = dict(evaluator.outputs([exact]))[exact]
        if not np.isfinite(self._exact).all():
            raise ModelError("the exact model gives outputs that are not finite; nothing can be compared with them")
        self._probabilities = rule.loss == "top_one" and are_probabilities(self._exact)
        self._judge: Judge | None = None
        if rule.loss == "top_one":
            self._judge = judge_of(logits_of(self._exact, probabilities=self._probabilities), rule)
        self._found = {exact: self._validated(self._exact)}

    def run(self, configurations: Iterable[Configuration]) -> None:
        """Whichever of them were not run yet."""
        missing = [configuration for configuration in configurations if configuration not in self._found]
        for configuration, outputs in self._evaluator.outputs(missing):
            self._found[configuration] = self._validated(outputs)

    def __getitem__(self, configuration: Configuration) -> Validated:
        """Of a configuration that was run."""
        return self._found[configuration]

    def _validated(self, outputs: Outputs) -> Validated:
        losses = self._agreement.losses(self._exact, outputs)
        differs = self._agreement.differs(self._exact, outputs)
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(outputs).all(axis=1))
        scores = logits_of(outputs, probabilities=self._probabilities) if finite.all() else outputs
        if not finite.all():
            expected = 1.0
        elif self._judge is None:
            expected = expected_beyond(losses, self._rule.tolerance)
        else:
            expected = self._judge.expected(scores)
        return Validated(
            share(int(differs.sum()), len(differs)),
            expected,
            self._quality(outputs, finite),
            np.array(scores[self._rows][:, self._entries]),
        )

    def _quality(self, outputs: Outputs, finite: NDArray[np.bool_]) -> Estimate | None:
        """An answer that is no number is as bad as the worst one that is."""
        if self._truth is None:
            return None
        answers = np.where(finite[:, None], outputs, 0).reshape(len(outputs), *self._shape)
        scores = scored(self._truth.quality, self._truth.values, answers)
        return quality_estimate(np.where(finite, scores, min(0.0, float(scores.min()))))


def cheapest_within(candidates: Sequence[Candidate], targets: Iterable[float]) -> list[Candidate]:
    """For each target the cheapest candidate predicted to disagree no more often, if there is one."""
    found = []
    for target in targets:
        fit = [candidate for candidate in candidates if candidate.disagreement <= target]
        if fit:
            found.append(min(fit, key=lambda candidate: candidate.cost))
    return found
