"""What a policy would do on a data set: every rung runs once, then the real step machine lives through a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from approxlite.formats.data import Data
from approxlite.formats.device_model import DeviceModel
from approxlite.formats.document import Document, now
from approxlite.formats.errors import InputError
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Policy
from approxlite.formats.rule import Rule
from approxlite.formats.trace import TraceRow
from approxlite.policy.outcomes import Outcomes, answered_shares, collect_policy, reached_shares
from approxlite.policy.simulation.devices import HERE
from approxlite.policy.simulation.oracle import oracle_cost
from approxlite.policy.simulation.recording import Recording, recording_of
from approxlite.policy.simulation.scenario import Played, Scenario, play
from approxlite.policy.simulation.trace import finite, given, trace_rows
from approxlite.policy.statistics import share
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.controller import CandidateFacts, candidates_of, reason_of
from approxlite.runtime.guard import Alarm, Guard, certificate_hash
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import check_probes
from approxlite.runtime.simulator import runs_of
from approxlite.runtime.verification import check_numerics, models_of

AS_IT_IS = Scenario(HERE, order="stream")
"""Every sample once, in the order of the data, on the computer that ran the rungs."""


class Alone(Document):
    """One rung on its own over the data. cost: share of stock LiteRT float time, by the policy."""

    rung: int
    cost: float
    agreement: float


class Guarded(Document):
    """What the guard saw: answers checked against exact, and the alarm it ended with."""

    canaries: int
    alarm: Alarm


class Summary(Document):
    """What a policy did.

    samples: inputs. agreement: share of answers that are exact's. accuracy: share that is right, None without labels or
    classes. Over inputs; samples that came again count again, so that no interval is narrower than the data allows.
    expected_cost: share of stock LiteRT float time, by the costs in the policy, escalations and canaries included.
    rungs: share of inputs that each rung of the ladder answers. reached: share that each stage of the policy's own
    candidate runs. reused: share given the answer before. late: share that missed its deadline, None without one.
    alone: every rung on its own on the same samples. oracle: expected cost of the cheapest rung that agrees, chosen by
    who knows the answers, allowed to differ as often as the policy did. reasons: share of inputs by why a candidate was
    chosen. joules_per_hour, battery, temperature_c: of a simulated device that has any.
    """

    samples: int
    device: str
    hours: float
    agreement: Estimate
    accuracy: Estimate | None
    expected_cost: Estimate
    rungs: tuple[float, ...]
    reached: tuple[float, ...]
    reused: float
    late: float | None
    reasons: dict[str, float]
    alone: tuple[Alone, ...]
    oracle: float
    guard: Guarded | None
    joules_per_hour: float | None
    battery: float | None
    temperature_c: float | None


@dataclass(frozen=True)
class Simulation:
    """What happened, input by input, and what it comes to."""

    outcomes: Outcomes
    played: Played
    begun: datetime
    summary: Summary

    @property
    def rows(self) -> Iterator[TraceRow]:
        """One per input, in order."""
        scores = self.outcomes.outputs if self.outcomes.has_scores else None
        return trace_rows(self.played, self.begun, scores)


def simulate(
    policy: Policy,
    models: ModelSource | Sequence[ModelSource],
    data: Data,
    scenario: Scenario = AS_IT_IS,
    rule: Rule | None = None,
) -> Simulation:
    """Lives through `scenario` with `policy`, or with another rule over its certified candidates.

    Each rung runs once on each sample; its time is the median of those runs, spread as they were. A guard watches if
    the policy has one and is certified. Raises PolicyError when policy and models do not belong together, or the rule
    cannot be followed; InputError when the scenario is endless or too much is to be recorded.
    """
    check_numerics(policy)
    with Ladder(models_of(policy, models), policy.ladder, weights=policy.weights) as ladder:
        check_probes(policy, ladder)
        outcomes = collect_policy(ladder, policy, data.x)
    recording = recording_of(outcomes, policy, data.x)
    candidates = _priced(recording, scenario, candidates_of(policy))
    watching = None
    if policy.guard is not None and policy.certificate is not None:
        certificate = policy.certificate
        watching = Guard(policy.guard, certificate_hash(certificate), certificate.epsilon, seed=scenario.seed)
    try:
        played = play(recording, scenario, candidates, rule or policy.rule, certified=policy.certified, guard=watching)
        status = None if watching is None else watching.status()
    finally:
        if watching is not None:
            watching.close()
    guarded = None if status is None else Guarded(canaries=status.canaries, alarm=status.alarm)
    return Simulation(outcomes, played, now(), _summary(policy, scenario, outcomes, played, data, guarded))


def what_if(policy: Policy, device: DeviceModel, asked: Mapping[str, float]) -> Rule | None:
    """The rule that also keeps what is asked for, over the policy's own candidate; None if nothing is.

    asked: any of energy_j_per_hour, deadline_ms and headroom_limit. Raises InputError for numbers out of range.
    """
    if not asked:
        return None
    rule: dict[str, Any] = {**asked, "kind": "auto", "candidate": policy.rule.candidate}
    if "energy_j_per_hour" in asked:
        rule["idle_w"] = device.idle_w
    try:
        return Rule(confidence=policy.rule.confidence, **rule)
    except ValidationError as error:
        raise InputError(f"such a rule there is not: {error.errors()[0]['msg']}") from None


def _priced(recording: Recording, scenario: Scenario, candidates: Sequence[CandidateFacts]) -> list[CandidateFacts]:
    """With their mean energies on the scenario's device, as if they had been measured there."""
    device = scenario.device
    if device.run_w == 0:
        return list(candidates)
    follow = Scenario(HERE, order="stream")
    priced = []
    for number, each in enumerate(candidates):
        fixed = Rule(kind="fixed", confidence=recording.confidence, candidate=number)
        mean_ms = play(recording, follow, candidates, fixed).mean_ms
        priced.append(CandidateFacts(each.stages, mean_ms * device.slower * device.run_w, each.reuse_change))
    return priced


def _summary(
    policy: Policy, scenario: Scenario, outcomes: Outcomes, played: Played, data: Data, guarded: Guarded | None
) -> Summary:
    steps, device = played.steps, scenario.device
    inputs, rungs = len(steps), len(policy.ladder)
    ran = [runs_of(step) for step in steps]
    runs = np.bincount([rung for each in ran for rung in each], minlength=rungs)
    runs[policy.exact_rung] += int((steps["check_ms"] > 0).sum())
    parts = [(int(count) / inputs, rung.cost) for count, rung in zip(runs, policy.ladder, strict=True) if count]
    evidence = min(inputs, outcomes.samples)
    right = None
    if data.y is not None and outcomes.has_scores:
        answers = outcomes.answers()[steps["rung"], given(played)]
        right = _share_of(np.asarray(answers == data.y[played.order]), evidence)
    alone = tuple(
        Alone(rung=number, cost=rung.cost.value, agreement=1 - float(wrong.mean()))
        for number, (rung, wrong) in enumerate(zip(policy.ladder, outcomes.differs, strict=True))
    )
    chosen = Counter(int(reason) for reason in steps["chosen_reason"])
    return Summary(
        samples=inputs,
        device=device.name,
        hours=played.state.time_s / 3600,
        agreement=_share_of(steps["differs"] == 0, evidence),
        accuracy=right,
        expected_cost=Estimate(
            value=sum(part * cost.value for part, cost in parts),
            low=sum(part * cost.low for part, cost in parts),
            high=sum(part * cost.high for part, cost in parts),
            samples=inputs,
        ),
        rungs=answered_shares([(int(rung),) for rung in steps["rung"]], rungs),
        reached=reached_shares(ran, policy.stages),
        reused=float(steps["reused"].mean()),
        late=None if np.isnan(scenario.deadline_ms) else float((steps["latency_ms"] > scenario.deadline_ms).mean()),
        reasons={reason_of(reason): count / inputs for reason, count in sorted(chosen.items())},
        alone=alone,
        oracle=oracle_cost([each.cost for each in alone], outcomes.differs, 1 - float((steps["differs"] == 0).mean())),
        guard=guarded,
        joules_per_hour=played.joules_per_hour if device.run_w > 0 else None,
        battery=finite(played.state.battery),
        temperature_c=played.state.temperature_c if device.thermal is not None else None,
    )


def _share_of(found: NDArray[np.bool_], evidence: int) -> Estimate:
    """The share, with the interval that `evidence` independent samples give."""
    value = float(found.mean())
    interval = share(round(value * evidence), evidence)
    return interval.model_copy(
        update={"value": value, "low": min(interval.low, value), "high": max(interval.high, value)}
    )
