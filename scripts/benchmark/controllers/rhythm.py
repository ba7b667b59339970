"""Hours on a modelled phone: energy budgets that are held or reported, and heat that does not slow answers down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from approxlite.formats.device_model import DeviceModel
from approxlite.formats.policy import Stage
from approxlite.formats.rule import Rule
from approxlite.policy.simulation.devices import PHONE
from approxlite.policy.simulation.recording import Recording
from approxlite.policy.simulation.scenario import Played, Scenario, play
from approxlite.runtime.controller import CandidateFacts, reason_of
from controllers.adaptive import Chosen, follow

HOURS = 8.0
PERIOD_MS = 66.0  # fifteen pictures a second
SHARES = (0.15, 0.4, 0.65, 0.9)  # budgets between the cheapest certified candidate's and exact's
TOO_LITTLE = 0.5  # of what the cheapest candidate takes beyond idling: a budget that nothing certified can keep
HEADROOM_LIMIT = 0.85


@dataclass(frozen=True)
class Budget:
    """A budget for hours and what was used. reported: share of inputs that said that it cannot be kept."""

    joules_per_hour: float
    used: float
    feasible: bool
    reported: float
    past_certified: int
    disagreement: float

    @property
    def holds(self) -> bool:
        """Kept within 3 %; or, where that cannot be, reported, and nothing that is not certified ran."""
        if self.past_certified:
            return False
        return abs(self.used / self.joules_per_hour - 1) <= 0.03 if self.feasible else self.reported > 0.9


def facts_of(recording: Recording, chosen: Sequence[Chosen], device: DeviceModel) -> list[CandidateFacts]:
    """Exact, then the rules, with their means on the recording: what a policy tells a session."""
    exact = Chosen(0, (Stage(rung=recording.exact_rung),))
    facts = []
    for each in (exact, *chosen):
        ms = follow(recording, each).mean_ms * device.slower
        facts.append(CandidateFacts(each.stages, ms * device.run_w, each.reuse_change))
    return facts


def budgets(tuning: Recording, test: Recording, chosen: Sequence[Chosen], seed: int) -> list[Budget]:
    """The candidates' energies are those on the tuning samples; what they really take is the test samples' affair.

    The most daring candidate of all is there as well, but not certified: no budget may reach it.
    """
    device = cool(PHONE)
    facts = facts_of(tuning, chosen, device)
    certified = len(facts) - 1
    scenario = Scenario(device, period_ms=PERIOD_MS, hours=HOURS, seed=seed)

    def followed(candidate: int) -> Played:
        return play(
            test,
            scenario,
            facts,
            Rule(kind="fixed", confidence=test.confidence, candidate=candidate),
            certified=certified,
        )

    most, least = followed(0).joules_per_hour, followed(certified - 1).joules_per_hour
    idle = device.idle_w * 3600
    given = [least + share * (most - least) for share in SHARES] + [idle + TOO_LITTLE * (least - idle)]
    found = []
    for joules in given:
        rule = Rule(kind="budget", confidence=test.confidence, energy_j_per_hour=joules, idle_w=device.idle_w)
        played = play(test, scenario, facts, rule, certified=certified)
        reasons = np.array([reason_of(number) for number in range(64)])[played.steps["chosen_reason"]]
        found.append(
            Budget(
                joules_per_hour=joules,
                used=played.joules_per_hour,
                feasible=joules >= least,
                reported=float((reasons == "budget_infeasible").mean()),
                past_certified=int((played.steps["candidate"] >= certified).sum()),
                disagreement=played.disagreement,
            )
        )
    return found


@dataclass(frozen=True)
class Heat:
    """Median latency of the last minute as a share of the first one's, one hour without a pause, and temperatures."""

    exact: float
    ours: float
    exact_c: float
    ours_c: float

    @property
    def holds(self) -> bool:
        return self.exact >= 1.5 and self.ours <= 1.10


def heat(tuning: Recording, test: Recording, chosen: Sequence[Chosen], seed: int) -> Heat:
    """Exact all the time, and the thermal rule starting from it, on a phone in the sun."""
    device = warm(PHONE)
    facts = facts_of(tuning, chosen, device)
    scenario = Scenario(device, period_ms=_busy_period(test, device), hours=1.0, seed=seed)
    fixed = play(test, scenario, facts, Rule(kind="fixed", confidence=test.confidence))
    ours = play(test, scenario, facts, Rule(kind="thermal", confidence=test.confidence, headroom_limit=HEADROOM_LIMIT))
    return Heat(
        last_to_first_minute(fixed), last_to_first_minute(ours), fixed.state.temperature_c, ours.state.temperature_c
    )


@dataclass(frozen=True)
class Hour:
    """What one rule did in an hour in the sun. late: share of inputs answered after the deadline."""

    rule: str
    joules_per_hour: float
    late: float
    last_to_first_minute: float
    temperature_c: float
    disagreement: float
    past_certified: int


def in_the_sun(tuning: Recording, test: Recording, chosen: Sequence[Chosen], seed: int) -> tuple[list[Hour], Played]:
    """Every rule that is asked for something, beside exact alone, all on the same inputs; and what `auto` did.

    Inputs come half as fast as exact can answer them at full speed, to be answered in the time exact then takes at its
    99th percentile. The budget is half way between the cheapest candidate and exact.
    """
    device = warm(PHONE)
    facts = facts_of(tuning, chosen, device)
    certified = len(facts) - 1
    deadline_ms = test.on(device)[test.exact_rung].slow_ms
    scenario = Scenario(device, period_ms=2 * _busy_period(test, device), hours=1.0, deadline_ms=deadline_ms, seed=seed)

    def followed(rule: Rule) -> Played:
        return play(test, scenario, facts, rule, certified=certified)

    def fixed(candidate: int) -> Rule:
        return Rule(kind="fixed", confidence=test.confidence, candidate=candidate)

    extremes = [followed(fixed(0)), followed(fixed(certified - 1))]
    joules = sum(each.joules_per_hour for each in extremes) / 2
    budget: dict[str, Any] = {"energy_j_per_hour": joules, "idle_w": device.idle_w}
    rules = {
        f"budget {joules:.0f} J/h": Rule(kind="budget", confidence=test.confidence, **budget),
        f"deadline {deadline_ms:.2f} ms": Rule(kind="deadline", confidence=test.confidence, deadline_ms=deadline_ms),
        f"thermal {HEADROOM_LIMIT:g}": Rule(kind="thermal", confidence=test.confidence, headroom_limit=HEADROOM_LIMIT),
        "auto, all three": Rule(
            kind="auto",
            confidence=test.confidence,
            deadline_ms=deadline_ms,
            headroom_limit=HEADROOM_LIMIT,
            **budget,
        ),
    }
    played = {"exact": extremes[0], "cheapest certified": extremes[1]}
    played |= {name: followed(rule) for name, rule in rules.items()}
    hours = [
        Hour(
            rule=name,
            joules_per_hour=each.joules_per_hour,
            late=float((each.steps["latency_ms"] > np.float32(deadline_ms)).mean()),
            last_to_first_minute=last_to_first_minute(each),
            temperature_c=each.state.temperature_c,
            disagreement=each.disagreement,
            past_certified=int((each.steps["candidate"] >= certified).sum()),
        )
        for name, each in played.items()
    ]
    return hours, played["auto, all three"]


def last_to_first_minute(played: Played) -> float:
    """Of median latencies."""
    time, latency = played.steps["time_s"], played.steps["latency_ms"]
    first, last = latency[time < time[0] + 60], latency[time > time[-1] - 60]
    return float(np.median(last) / np.median(first))


def cool(device: DeviceModel) -> DeviceModel:
    """The device without heat and without an end of its battery."""
    return device.model_copy(update={"thermal": None, "battery": None})


def warm(device: DeviceModel) -> DeviceModel:
    """The device in the sun, at 35 degrees, without an end of its battery."""
    assert device.thermal is not None
    thermal = device.thermal.model_copy(update={"ambient_c": 35.0, "start_c": 35.0})
    return device.model_copy(update={"thermal": thermal, "battery": None})


def _busy_period(recording: Recording, device: DeviceModel) -> float:
    """Inputs as fast as exact can answer them at full speed."""
    return recording.cost_ms[recording.exact_rung] * device.slower
