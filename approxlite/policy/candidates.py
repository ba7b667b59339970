"""Which rules are worth certifying: fixed rungs and cascades that nothing else beats on the tuning samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from approxlite.policy.rehearsal import Bools, Rehearsal, Rule, Trial

AIM = 0.01
"""Largest estimated disagreement of a candidate. Half of 2 %: a rule tuned for a target misses it on new data."""

MAX_CANDIDATES = 16
_ESCALATED = (0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65)  # shares of inputs that thresholds pass on
_WORTH_A_STEP = 0.98  # each candidate costs at most this share of the one before


@dataclass(frozen=True)
class Rated:
    """A rule, its mean cost (share of stock time) and its cautiously estimated disagreement."""

    rule: Rule
    cost: float
    disagreement: float


def fixed_sequence(
    rehearsal: Rehearsal, rungs: Sequence[int], exact_rung: int, *, aim: float = AIM, limit: int = MAX_CANDIDATES
) -> list[Rated]:
    """At most `limit` rules over `rungs`, from exact, the most cautious, to the cheapest that meets `aim`.

    Each is cheaper and less sure than the one before. Two-stage cascades go through all pairs of rungs and thresholds;
    three stages are tried where two do well. Answers without a confidence have no cascades.
    """
    exact = _rated(rehearsal, (Trial(exact_rung),))
    by_cost = [int(rung) for rung in np.argsort(rehearsal.costs, kind="stable")]
    useful = [rung for rung in by_cost if rung in rungs and rehearsal.costs[rung] < exact.cost]
    fixed: list[Rule] = [(Trial(rung),) for rung in useful]
    pairs = _pairs(rehearsal, [*useful, exact_rung]) if rehearsal.has_confidence else ()
    front = _front(_meeting(aim, rehearsal, [*fixed, *pairs]))
    triples = _meeting(aim, rehearsal, _triples(rehearsal, [rated.rule for rated in front], useful))
    return spread([exact, *_front([*front, *triples])], limit)


def _pairs(rehearsal: Rehearsal, by_cost: Sequence[int]) -> Iterator[Rule]:
    """A cheap rung first, a dearer one when unsure."""
    everything = np.ones(rehearsal.samples, np.bool_)
    for cheap, dear in combinations(by_cost, 2):
        for threshold in _thresholds(rehearsal, cheap, everything):
            yield Trial(cheap, threshold), Trial(dear)


def _triples(rehearsal: Rehearsal, rules: Iterable[Rule], rungs: Sequence[int]) -> Iterator[Rule]:
    """Two-stage rules with a rung put between the two."""
    for rule in (rule for rule in rules if len(rule) == 2):
        first, last = rule
        unsure = rehearsal.reached(rule)[1]
        least, most = rehearsal.costs[first.rung], rehearsal.costs[last.rung]
        for rung in (rung for rung in rungs if least < rehearsal.costs[rung] < most):
            for threshold in _thresholds(rehearsal, rung, unsure):
                yield first, Trial(rung, threshold), last


def _thresholds(rehearsal: Rehearsal, rung: int, among: Bools) -> list[float]:
    """Confidences that pass on the shares `_ESCALATED` of the samples that reach the rung."""
    evidence = rehearsal.evidence[rung][among]
    if len(evidence) == 0:
        return []
    quantiles = np.quantile(evidence, _ESCALATED, method="higher")
    return sorted({float(threshold) for threshold in quantiles if np.isfinite(threshold)})


def _meeting(aim: float, rehearsal: Rehearsal, rules: Iterable[Rule]) -> list[Rated]:
    """The rules that meet `aim`. Counting comes first: it is quick and rejects most."""
    allowed = max(0, int(aim * (rehearsal.samples + 2)) - 1)
    likely = (rule for rule in rules if int(rehearsal.changed(rule).sum()) <= allowed)
    return [rated for rated in (_rated(rehearsal, rule) for rule in likely) if rated.disagreement <= aim]


def _rated(rehearsal: Rehearsal, rule: Rule) -> Rated:
    return Rated(rule, rehearsal.cost(rule), rehearsal.estimate(rule))


def _front(rules: Iterable[Rated]) -> list[Rated]:
    """Dearest first: those that no rule beats in cost without a higher disagreement. Of equals the simplest stays."""
    front: list[Rated] = []
    for rated in sorted(rules, key=lambda rated: (rated.cost, rated.disagreement, len(rated.rule))):
        if not front or rated.disagreement < front[-1].disagreement:
            front.append(rated)
    return front[::-1]


def spread(front: Sequence[Rated], limit: int) -> list[Rated]:
    """The first, and of the others those worth a step; when they are too many, evenly many with the last."""
    steps = [front[0]]
    for rated in front[1:]:
        if rated.cost <= _WORTH_A_STEP * steps[-1].cost:
            steps.append(rated)
    if len(steps) <= limit:
        return steps
    return [steps[round(i)] for i in np.linspace(0, len(steps) - 1, limit)]
