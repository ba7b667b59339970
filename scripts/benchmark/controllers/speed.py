"""What a decision takes: a million inputs through the simulator, which takes longer than the controller alone."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from approxlite.formats.rule import Rule
from approxlite.policy.simulation.devices import PHONE
from approxlite.policy.simulation.recording import Recording, confidence_table
from approxlite.runtime.controller import CandidateFacts, Controller
from approxlite.runtime.simulator import Simulator

INPUTS = 1_000_000
_CHUNK = 100_000
MOST_US, MOST_S = 2.0, 10.0


@dataclass(frozen=True)
class Speed:
    """Of one rule. us: microseconds of processor time per input, simulating the device included, median of chunks.

    us_step: the same per call of the controller, of which an input takes three or more. seconds: of all `INPUTS`.
    """

    rule: str
    us: float
    us_step: float
    seconds: float


def speeds(test: Recording, facts: list[CandidateFacts], seed: int) -> list[Speed]:
    """Of every rule over these candidates, on the recording."""
    firsts = [each.stages[0].rung for each in facts]
    table = tuple(
        tuple((_known(wrong), _known(right)) for wrong, right in classes) for classes in confidence_table(test, firsts)
    )
    c = test.confidence
    asked = {"energy_j_per_hour": 2000.0, "idle_w": PHONE.idle_w, "headroom_limit": 0.85, "deadline_ms": 50.0}
    rules = [
        Rule(kind="fixed", confidence=c, candidate=len(facts) - 1),
        Rule(kind="naive", confidence=c),
        Rule(kind="state", confidence=c),
        Rule(kind="kalman", confidence=c),
        Rule(kind="confidence", confidence=c, confidence_table=table),
        Rule(kind="budget", confidence=c, energy_j_per_hour=2000.0, idle_w=PHONE.idle_w),
        Rule(kind="deadline", confidence=c, deadline_ms=50.0),
        Rule(kind="thermal", confidence=c, headroom_limit=0.85),
        Rule.model_validate({"kind": "auto", "confidence": c, **asked}),
    ]
    return [_speed(test, facts, rule, seed) for rule in rules]


def _speed(test: Recording, facts: list[CandidateFacts], rule: Rule, seed: int) -> Speed:
    device = PHONE.model_copy(update={"battery": None})
    order = np.random.default_rng(seed).integers(0, test.samples, _CHUNK)
    times, calls = [], 0
    with (
        Controller(
            test.facts(device), facts, rule, exact_rung=test.exact_rung, output_count=test.output_count, from_s=0.0
        ) as session,
        Simulator(test.on(device), test.exact_rung, device, inputs=test.inputs, period_ms=66.0, seed=seed) as simulator,
    ):
        for _ in range(INPUTS // _CHUNK):
            begin = time.thread_time_ns()
            steps = simulator.run(session, order)
            times.append(time.thread_time_ns() - begin)
            calls += int(steps["run_count"].sum()) + 2 * len(steps)  # begin and finish besides
    us = float(np.median(times)) / _CHUNK / 1e3
    return Speed(rule.kind, us, us * INPUTS / calls, sum(times) / 1e9)


def _known(value: np.float32) -> float | None:
    return float(value) if np.isfinite(value) else None
