"""Chooses on tuning samples: the cheapest static rung and the cheapest rule, cascades and reuse too, for an aim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from approxlite.formats.agreement import AgreementRule
from approxlite.formats.policy import Stage
from approxlite.formats.rule import Rule
from approxlite.policy.candidates import fixed_sequence
from approxlite.policy.outcomes import of_scores
from approxlite.policy.rehearsal import Rehearsal, Trial
from approxlite.policy.simulation.devices import HERE
from approxlite.policy.simulation.recording import Recording
from approxlite.policy.simulation.scenario import Played, Scenario, play
from approxlite.policy.statistics import upper_bound
from approxlite.runtime.agreement import Agreement
from approxlite.runtime.controller import CandidateFacts
from controllers.frontier import Point

AIMS = (0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35)
"""Largest disagreement estimated on the tuning samples: each gives one static rung and one rule."""

DEFAULT_AIM = 0.01  # approxlite.policy.candidates.AIM, what a policy is built with unless told otherwise

_REUSED = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)  # share of steps whose input changed less than a threshold

_DELTA = 0.05


@dataclass(frozen=True)
class Chosen:
    """A rule for an aim. reuse_change: of its candidate; below 0, nothing is reused."""

    aim: float
    stages: tuple[Stage, ...]
    reuse_change: float = -1.0


class Tuning:
    """What the tuning samples say of the rungs. costs: of each rung, milliseconds."""

    def __init__(self, recording: Recording, network: Sequence[bool]) -> None:
        """network: by rung, whether it is one of another network than exact's."""
        self.recording = recording
        outputs, costs = recording.outputs, np.array(recording.cost_ms)
        finite = np.array([bool(np.isfinite(each).all()) for each in outputs])
        safe = [each if ok else outputs[recording.exact_rung] for each, ok in zip(outputs, finite, strict=True)]
        outcomes = of_scores(safe, np.ones((len(outputs), recording.samples)), recording.exact_rung)
        self.rehearsal = Rehearsal(outcomes, list(costs), recording.confidence, network)
        self.usable = [int(rung) for rung in np.flatnonzero(finite)]

    def static(self, aim: float, rungs: Sequence[int]) -> Chosen:
        """The cheapest of `rungs` on its own estimated to meet the aim, by the estimate that rules meet, too."""
        costs = self.rehearsal.costs
        meeting = [r for r in rungs if r in self.usable and self.rehearsal.estimate((Trial(r),)) <= aim]
        best = min(meeting, key=lambda rung: costs[rung], default=self.recording.exact_rung)
        return Chosen(aim, (Stage(rung=best),))

    def adaptive(self, aim: float) -> Chosen:
        """The cheapest rule that is estimated to meet the aim."""
        rated = fixed_sequence(self.rehearsal, self.usable, self.recording.exact_rung, aim=aim)[-1]
        return Chosen(aim, _stages(rated.rule))

    def on_stream(self, aims: Sequence[float]) -> list[Chosen]:
        """The same with reuse, followed through the tuning stream and held to the upper bound of what is seen."""
        rules = {
            rated.rule
            for aim in aims
            for rated in fixed_sequence(self.rehearsal, self.usable, self.recording.exact_rung, aim=aim)
        }
        changes = np.quantile(_changes(self.recording), _REUSED)
        tried: list[tuple[float, float, Chosen]] = []
        for rule in sorted(rules, key=repr):
            stages = _stages(rule)
            tried.append((self.rehearsal.cost(rule), self.rehearsal.estimate(rule), Chosen(0, stages)))
            for change in changes:
                played = follow(self.recording, Chosen(0, stages, float(change)))
                bound = upper_bound(int(played.steps["differs"].sum()), len(played.steps), _DELTA)
                tried.append((played.mean_ms, bound, Chosen(0, stages, float(change))))
        exact = Chosen(0, (Stage(rung=self.recording.exact_rung),))
        chosen = []
        for aim in aims:
            meeting = [(cost, each) for cost, bound, each in tried if bound <= aim]
            best = min(meeting, key=lambda pair: pair[0])[1] if meeting else exact
            chosen.append(replace(best, aim=aim))
        return chosen


def follow(recording: Recording, chosen: Chosen) -> Played:
    """Follows one rule through the samples in their order, each once, by the very controller of the phone."""
    exact = CandidateFacts((Stage(rung=recording.exact_rung),))
    candidates = [exact, CandidateFacts(chosen.stages, reuse_change=chosen.reuse_change)]
    return play(
        recording,
        Scenario(HERE, order="stream"),
        candidates,
        Rule(kind="fixed", confidence=recording.confidence, candidate=1),
    )


def point(recording: Recording, chosen: Chosen, name: str) -> Point:
    """What the rule costs and how often it differs, sample by sample."""
    steps = follow(recording, chosen).steps
    return Point(name, steps["latency_ms"].astype(np.float64), steps["differs"].astype(bool))


def _stages(rule: Sequence[Trial]) -> tuple[Stage, ...]:
    return tuple(Stage(rung=trial.rung, threshold=trial.threshold) for trial in rule)


def _changes(recording: Recording) -> np.ndarray:
    """From each input to the next, as the session measures it."""
    inputs = np.asarray(recording.inputs, np.float32)
    return Agreement(AgreementRule(loss="root_mean_square", tolerance=0.0)).losses(inputs[:-1], inputs[1:])
