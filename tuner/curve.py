"""From evaluated configurations to the curve: those that nothing else beats, with what is known of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from approxlite.formats.configuration import Configuration
from approxlite.formats.curve import CurvePoint, Residuals
from approxlite.formats.interval import Estimate
from approxlite.formats.weights_file import RungName
from approxlite.tuner.validate import Candidate, Validated


@dataclass(frozen=True)
class Evaluated:
    """A candidate, its share of stock's time, and what it turned out to do."""

    candidate: Candidate
    cost: Estimate
    found: Validated
    rung: RungName = ""
    """What weights of its own are filed under."""

    @property
    def configuration(self) -> Configuration:
        return self.candidate.configuration


def pareto_front(evaluated: Iterable[Evaluated]) -> list[Evaluated]:
    """Most expensive first: exact, which everything falls back to, and whatever nothing as cheap matches.

    Of two with the same number of disagreements the one expected to have fewer is the better, so that among many
    without a single one, cheap luck does not hide caution.
    """
    exact: list[Evaluated] = []
    front: list[Evaluated] = []
    for one in sorted(evaluated, key=lambda e: (e.cost.value, _harm(e))):
        if one.configuration.is_exact:
            exact = [one]
        elif not front or _harm(one) < _harm(front[-1]):
            front.append(one)
    return [*exact, *reversed(front)]


def _harm(evaluated: Evaluated) -> tuple[float, float]:
    return evaluated.found.disagreement.value, evaluated.found.expected


def point(evaluated: Evaluated) -> CurvePoint:
    """As the curve keeps it."""
    return CurvePoint(
        configuration=str(evaluated.configuration),
        rung=evaluated.rung,
        predicted_cost=evaluated.candidate.cost,
        predicted_disagreement=evaluated.candidate.disagreement,
        cost=evaluated.cost,
        disagreement=evaluated.found.disagreement,
        accuracy=evaluated.found.quality,
    )


def disagreement_residuals(evaluated: Iterable[Evaluated]) -> Residuals:
    """Measured less predicted disagreement."""
    return _residuals([(e.candidate.disagreement, e.found.disagreement.value) for e in evaluated])


def cost_residuals(evaluated: Iterable[Evaluated]) -> Residuals:
    """Measured less predicted share of stock's time."""
    return _residuals([(e.candidate.cost, e.cost.value) for e in evaluated])


def rank_correlation(predicted: Sequence[float], measured: Sequence[float]) -> float | None:
    """Spearman's; None if either does not vary."""
    if len(set(predicted)) < 2 or len(set(measured)) < 2:
        return None
    from scipy.stats import spearmanr  # takes a second to import, which every command would wait for

    return float(spearmanr(predicted, measured).statistic)


def _residuals(pairs: Sequence[tuple[float, float]]) -> Residuals:
    predicted, measured = [p for p, _ in pairs], [m for _, m in pairs]
    differences = [m - p for p, m in pairs]
    squares = sum(p * p for p in predicted)
    return Residuals(
        samples=len(pairs),
        mean=sum(differences) / len(pairs),
        mean_absolute=sum(map(abs, differences)) / len(pairs),
        largest_absolute=max(map(abs, differences)),
        rank_correlation=rank_correlation(predicted, measured),
        slope=sum(p * m for p, m in pairs) / squares if squares > 0 else None,
    )
