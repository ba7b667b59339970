"""What a policy would do on a data set: every rung runs once, the rule is replayed by the real step machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.data import Data
from approxlite.formats.document import Document, now
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Policy
from approxlite.formats.trace import OutputSummary, TraceRow
from approxlite.policy.outcomes import Inference, Outcomes, answered_shares, collect_policy, reached_shares
from approxlite.policy.statistics import share
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import check_probes
from approxlite.runtime.verification import check_numerics, models_of


class Summary(Document):
    """What a policy did over a data set.

    agreement: share of answers that are exact's. accuracy: share that is right, None without labels or classes.
    expected_cost: share of stock LiteRT float time, by the costs in the policy, escalations included.
    rungs: share of inputs that each rung of the ladder answers. reached: share of inputs that each stage runs.
    """

    samples: int
    agreement: Estimate
    accuracy: Estimate | None
    expected_cost: Estimate
    rungs: tuple[float, ...]
    reached: tuple[float, ...]


@dataclass(frozen=True)
class Simulation:
    """One row per sample, in the order of the data, and what they come to."""

    rows: tuple[TraceRow, ...]
    summary: Summary


def simulate(policy: Policy, models: ModelSource | Sequence[ModelSource], data: Data) -> Simulation:
    """Replays `policy` over `data`. Latencies are sums of those of the rungs that run, each timed once.

    Raises PolicyError when policy and models do not belong together.
    """
    check_numerics(policy)
    with Ladder(models_of(policy, models), policy.ladder, weights=policy.weights) as ladder:
        check_probes(policy, ladder)
        outcomes = collect_policy(ladder, policy, data.x)
    inferences = outcomes.replay(policy.stages, policy.rule.confidence)
    agrees = ~outcomes.disagrees(inferences)
    rows = tuple(_row(outcomes, i, inference, bool(agrees[i])) for i, inference in enumerate(inferences))
    return Simulation(rows, _summary(policy, outcomes, inferences, int(agrees.sum()), data))


def _row(outcomes: Outcomes, sample: int, inference: Inference, agrees: bool) -> TraceRow:
    return TraceRow(
        time=now(),
        index=sample,
        rung=inference.rung,
        rungs_run=inference.rungs_run,
        reason=inference.reason,
        evidence=inference.evidence if np.isfinite(inference.evidence) else None,
        output=_summarised(outcomes.outputs[inference.rung][sample]) if outcomes.has_scores else None,
        latency_ms=float(outcomes.latencies_ms[list(inference.rungs_run), sample].sum()),
        agrees=agrees,
    )


def _summarised(scores: NDArray[np.float32]) -> OutputSummary:
    top = int(scores.argmax())
    return OutputSummary(top=top, value=float(scores[top]) if np.isfinite(scores[top]) else None)


def _summary(policy: Policy, outcomes: Outcomes, inferences: Sequence[Inference], agreeing: int, data: Data) -> Summary:
    samples = outcomes.samples
    runs = np.bincount([rung for inference in inferences for rung in inference.rungs_run], minlength=len(policy.ladder))
    parts = [(int(count) / samples, rung.cost) for count, rung in zip(runs, policy.ladder, strict=True) if count]
    right = None
    if data.y is not None and outcomes.has_scores:
        answers = outcomes.answers()[[inference.rung for inference in inferences], np.arange(samples)]
        right = share(int((answers == data.y).sum()), samples)
    return Summary(
        samples=samples,
        agreement=share(agreeing, samples),
        accuracy=right,
        expected_cost=Estimate(
            value=sum(part * cost.value for part, cost in parts),
            low=sum(part * cost.low for part, cost in parts),
            high=sum(part * cost.high for part, cost in parts),
            samples=samples,
        ),
        rungs=answered_shares([inference.rungs_run for inference in inferences], len(policy.ladder)),
        reached=reached_shares([inference.rungs_run for inference in inferences], policy.stages),
    )
