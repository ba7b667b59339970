"""What scores, measured or predicted, mean for the answers: how often they differ from exact's, and how nearly so."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.runtime.agreement import Agreement
from approxlite.tuner.margins import Logits, expected_disagreement, margins

Scores = npt.NDArray[np.float32]
"""(samples, entries): logits of classes, or the values of a dense answer or of some of its entries."""

LOSS_CAP = 4.0
"""Beyond twice its margin a sample is lost; how far beyond does not matter."""

MARGIN_FLOOR = 0.05
"""Margins below this share of the median margin count as that share: near-ties would drown all other samples."""

SMALLEST_MARGIN = 1e-6
"""Of scores, so that a model whose answers are all ties divides by no zero."""


class Judge(Protocol):
    """Knows the exact scores. Immutable, so any thread may use it."""

    def counted(self, scores: Scores) -> float:
        """The share of samples whose answer differs, 0..1."""
        ...

    def expected(self, scores: Scores) -> float:
        """The share expected to differ among samples nobody has seen, 0..1."""
        ...

    def loss(self, change: Scores) -> float:
        """How far one change of the scores moves answers towards differing, 0..LOSS_CAP. Losses of independent changes
        add up, as the search needs; disagreement, which is zero for most knobs alone, does not."""
        ...

    @property
    def importance(self) -> Scores:
        """As scores: how much an error in each of them counts for the answers."""
        ...


class TopOneJudge:
    """Of logits, (samples, at least 2 classes): answers are the same if the largest is."""

    def __init__(self, exact: Logits) -> None:
        if exact.ndim != 2 or exact.shape[1] < 2:
            raise ValueError(f"logits must be (samples, at least 2 classes), not {exact.shape}")
        self._exact = exact
        self._answers = exact.argmax(axis=1)
        self._floored = floored_margins(exact, self._answers)

    def counted(self, scores: Scores) -> float:
        return float((margins(scores, self._answers) < 0).mean())

    def expected(self, scores: Scores) -> float:
        return expected_disagreement(self._exact, scores, self._answers)

    def loss(self, change: Scores) -> float:
        """The squared change of a margin over the margin, capped, of each sample's nearest rival."""
        moved = change - change[np.arange(len(change)), self._answers][:, None]
        return float(np.minimum((moved / self._floored) ** 2, LOSS_CAP).max(axis=1).mean())

    @cached_property
    def importance(self) -> Scores:
        nearest = self._floored.min(axis=1, keepdims=True)
        return np.broadcast_to(1 / nearest, self._floored.shape).astype(np.float32)


class DenseJudge:
    """Of any scores: answers are the same if their loss by `rule` is within its tolerance."""

    def __init__(self, exact: Scores, rule: AgreementRule) -> None:
        self._exact = exact
        self._agreement = Agreement(rule)
        self._rule = rule
        self._tolerance = max(rule.tolerance, SMALLEST_MARGIN)
        if rule.loss == "label_share":
            positions = exact.reshape(-1, rule.classes)
            self._labels = positions.argmax(axis=1)
            self._floored = floored_margins(positions, self._labels) if rule.classes > 1 else np.ones_like(positions)

    def counted(self, scores: Scores) -> float:
        return float(self._agreement.differs(self._exact, scores).mean())

    def expected(self, scores: Scores) -> float:
        return expected_beyond(self._agreement.losses(self._exact, scores), self._tolerance)

    def loss(self, change: Scores) -> float:
        if self._rule.loss == "label_share":
            moved = change.reshape(-1, self._rule.classes)
            moved = moved - moved[np.arange(len(moved)), self._labels][:, None]
            flipped = np.minimum((moved / self._floored) ** 2, LOSS_CAP).max(axis=1).reshape(len(change), -1)
            return float(np.minimum(flipped.mean(axis=1) / self._tolerance, LOSS_CAP).mean())
        largest = self._rule.loss == "largest_absolute"
        square = (
            (change.astype(np.float64) ** 2).max(axis=1) if largest else (change.astype(np.float64) ** 2).mean(axis=1)
        )
        return float(np.minimum(square / self._tolerance**2, LOSS_CAP).mean())

    @cached_property
    def importance(self) -> Scores:
        return np.ones_like(self._exact)


def expected_beyond(losses: npt.NDArray[np.float32], tolerance: float) -> float:
    """The share of losses expected beyond `tolerance` among samples nobody has seen.

    Losses of a few samples stand for many: each is spread over a normal distribution of its logarithm, as wide as
    Silverman's rule has it (Density Estimation for Statistics and Data Analysis, 1986).
    """
    unit = max(tolerance, SMALLEST_MARGIN)
    logarithms = np.log(np.clip(losses, 1e-6 * unit, 1e6 * unit) / unit, dtype=np.float64)
    width = 1.06 * float(logarithms.std()) * len(logarithms) ** -0.2
    return float((logarithms > 0).mean()) if width == 0 else float(ndtr(logarithms / width).mean())


def judge_of(exact: Scores, rule: AgreementRule = TOP_ONE) -> Judge:
    """For scores of exact, (samples, entries)."""
    return TopOneJudge(exact) if rule.loss == "top_one" else DenseJudge(exact, rule)


def floored_margins(logits: Logits, answers: npt.NDArray[np.int64]) -> Logits:
    """How far each class lies below the top one, floored; infinite at the top class itself, which cannot be lost to."""
    rows = np.arange(len(logits))
    leads = logits[rows, answers][:, None] - logits
    floor = MARGIN_FLOOR * float(np.median(np.partition(leads, 1, axis=1)[:, 1]))
    floored: Logits = np.maximum(leads, np.float32(max(floor, SMALLEST_MARGIN)))
    floored[rows, answers] = np.inf
    return floored
