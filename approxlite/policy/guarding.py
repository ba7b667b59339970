"""How a policy is best guarded, from what its answers to calibration samples were like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.guard import GuardSettings, OutputRange
from approxlite.formats.policy import Policy
from approxlite.policy.outcomes import Outcomes
from approxlite.runtime.input_change import InputChange

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

_UNSURE_SHARES = (0.05, 0.1, 0.2, 0.3)
_MOST_OFTEN = 16.0  # more would leave too little to what nobody doubts
_LEAST_LIMIT = 8
_FALSE_REPEAT = 1e-9  # chance that outputs repeat `constant_limit` times by themselves


def output_range(outputs: Floats) -> OutputRange | None:
    """(samples, ...) of one rung; None if an entry is not finite."""
    if not np.isfinite(outputs).all():
        return None
    rows = outputs.reshape(len(outputs), -1)
    zeros = bool((rows == 0).all(axis=1).any())
    return OutputRange(low=float(rows.min()), high=float(rows.max()), zeros_seen=zeros)


def canary_split(confidences: Floats, differs: Bools) -> tuple[float, float, float]:
    """(unsure, unsure_factor, unsure_share): where to look for disagreements, given (samples,) answers of a policy.

    Checks are spread by Neyman's allocation (1934), in proportion to the standard deviation of disagreement among
    unsure answers and among the others; of a few shares of unsure answers the one with the least variance is taken.
    Shares of disagreements get half a one added, as a few samples prove little.
    """
    if len(confidences) == 0:
        return 0.0, 1.0, 0.0
    best = (math.inf, 0.0, 1.0, 0.0)
    for wanted in _UNSURE_SHARES:
        unsure = float(np.quantile(confidences, wanted, method="lower"))
        below = confidences < unsure
        share = float(below.mean())
        if not math.isfinite(unsure) or not 0 < share < 1:
            continue
        spread = [math.sqrt(rate * (1 - rate)) for rate in (_rate(differs[below]), _rate(differs[~below]))]
        factor = min(max(spread[0] / spread[1], 1.0), _MOST_OFTEN)
        # Variance of the weighted estimate, per check.
        rate = share * factor + (1 - share)
        variance = rate * (share * spread[0] ** 2 / factor + (1 - share) * spread[1] ** 2)
        best = min(best, (variance, unsure, factor, share))
    return best[1:]


def constant_limit(outputs: Floats, changes: Floats, still_change: float) -> int:
    """Equal outputs in a row that healthy ones practically never are.

    outputs: (samples, ...) in the order they were given, of quantised models often equal to the one before. changes:
    (samples,) of the input since the one before; those of at most `still_change` do not count.
    """
    rows = outputs.reshape(len(outputs), -1)
    equal = (rows[1:] == rows[:-1]).all(axis=1)
    moved = np.asarray(changes)[1:] > still_change
    run = longest = 1
    for same, counts in zip(equal, moved, strict=True):
        run = (run + int(counts)) if same else 1
        longest = max(longest, run)
    repeats = (int((equal & moved).sum()) + 1) / (int(moved.sum()) + 2)  # Laplace's estimate
    by_chance = 1 + math.ceil(math.log(_FALSE_REPEAT) / math.log(repeats))
    return max(_LEAST_LIMIT, 2 * longest, by_chance)


def guard_settings(
    outputs: Sequence[Floats], answers: Floats, confidences: Floats, differs: Bools, changes: Floats
) -> GuardSettings:
    """Settings for a policy from its calibration samples, in order.

    outputs: by rung, (samples, ...). answers: (samples, ...), what the policy gave, with (samples,) confidences,
    whether they were not exact's, and changes of the input since the one before, NaN where unknown. An input is still
    when it changes no more than half of those that changed: a quantised model may well answer a person who sits with
    the same bits for minutes.
    """
    changed = changes[changes > 0]
    still_change = float(np.median(changed)) if len(changed) else 0.0
    unsure, factor, share = canary_split(confidences, differs)
    return GuardSettings(
        unsure=unsure,
        unsure_factor=factor,
        unsure_share=share,
        ranges=tuple(output_range(each) for each in outputs),
        constant_limit=constant_limit(answers, changes, still_change),
        still_change=still_change,
    )


def guard_of(policy: Policy, outcomes: Outcomes, x: NDArray[Any]) -> GuardSettings:
    """Settings for the policy's rule from what its rungs answered to the samples `x`, (samples, ...), in order.

    How often answers are checked, and how seldom an alarm may be false, stays as the policy had it. Of answers that are
    not class scores nothing is known but whether they are finite.
    """
    kept = policy.guard or GuardSettings()
    if not outcomes.has_scores:
        return GuardSettings(alpha=kept.alpha, canary_rate=kept.canary_rate)
    inferences = outcomes.replay(policy.stages, policy.rule.confidence)
    width = max(output.shape[1] for output in outcomes.outputs)
    answers = np.zeros((outcomes.samples, width), np.float32)
    for sample, inference in enumerate(inferences):
        answer = outcomes.outputs[inference.rung][sample]
        answers[sample, : len(answer)] = answer
    confidences = np.array([inference.evidence for inference in inferences], np.float32)
    settings = guard_settings(
        outcomes.outputs, answers, confidences, outcomes.disagrees(inferences), _changes(x, policy.input_rms)
    )
    return settings.model_copy(update={"alpha": kept.alpha, "canary_rate": kept.canary_rate})


def _changes(x: NDArray[Any], input_rms: float | None) -> NDArray[np.float32]:
    """(samples,): of each input since the one before, as a session measures it; NaN at the first."""
    measure, changes = InputChange(input_rms), np.empty(len(x), np.float32)
    for at, sample in enumerate(x):
        changes[at] = measure.of(sample)
        measure.keep(sample)
    return changes


def _rate(differs: Bools) -> float:
    return (int(differs.sum()) + 0.5) / (len(differs) + 1)
