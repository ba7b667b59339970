"""The controller as Python drives it: what a policy's rule asks for is what the step machine does."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from approxlite.formats.errors import PolicyError
from approxlite.formats.rule import BatteryTarget, Rule
from approxlite.runtime.controller import CandidateFacts, Context, Controller, RungFacts, Step, seconds_until
from support.policies import stages

RUNGS = [RungFacts(cost_ms=c, slow_ms=1.5 * c, energy_mj=c) for c in (100.0, 50.0, 25.0)]
CANDIDATES = [
    CandidateFacts(stages((0, None)), energy_mj=100.0),
    CandidateFacts(stages((2, 0.5), (0, None)), energy_mj=60.0),
    CandidateFacts(stages((1, None)), energy_mj=50.0),
    CandidateFacts(stages((2, None)), energy_mj=25.0),
]


def controller(rule: Rule, **changes: int) -> Controller:
    return Controller(RUNGS, CANDIDATES, rule, exact_rung=0, output_count=3, **changes)


def rule(kind: str, **parameters: object) -> Rule:
    return Rule.model_validate({"kind": kind, "confidence": "top_two_difference"} | parameters)


def output(difference: float, top: int = 0) -> NDArray[np.float32]:
    values = np.zeros((1, 3), np.float32)
    values[0, top] = difference
    return values


def answer(of: Controller, context: Context | None = None, top: int = 0) -> Step:
    """One input, every output sure; the step that began it."""
    first = step = of.begin(context)
    while step.action == "run":
        step = of.observe(output(1.0, top), RUNGS[step.rung].cost_ms)
    of.finish()
    return first


def test_a_step_says_what_to_do_why_and_on_what_evidence() -> None:
    with controller(rule("fixed", candidate=1)) as of:
        assert of.begin() == Step("run", 2, "first_stage", 0.0, 1)
        assert of.observe(output(0.25)) == Step("run", 0, "unsure", 0.25, 1)
        assert of.observe(output(0.75)) == Step("accept", 0, "last_stage", 0.75, 1)
        assert of.finish() == Step("done", 0, "no_canary", 0.0, 1)


def test_each_rule_takes_its_parameters() -> None:
    with controller(rule("deadline", deadline_ms=80.0)) as of:
        assert (of.begin().candidate, of.begin(Context(deadline_ms=40.0)).candidate) == (2, 3)
    with controller(rule("thermal", headroom_limit=0.85)) as of:
        assert of.begin(Context(time_s=1.0, thermal_headroom=0.9)).reason == "heat"
        assert of.begin(Context(time_s=2.0)).candidate == 1, "the last reading holds"
    with controller(rule("naive", growth=2)) as of:
        assert [answer(of).candidate for _ in range(5)] == [0, 0, 1, 3, 3]
    table = [[[0.0, 0.5]] * 3] * 4
    with controller(rule("confidence", confidence_table=table)) as of:
        assert [answer(of).candidate for _ in range(3)] == [0, 1, 2]
    unknown = [[[None, None]] * 3] * 4
    with controller(rule("confidence", confidence_table=unknown)) as of:
        assert [answer(of).candidate for _ in range(3)] == [0, 0, 0]
    with controller(rule("budget", energy_j_per_hour=3600 * 0.03, idle_w=0.0)) as of:
        for second in range(2000):
            step = answer(of, Context(time_s=float(second)))
        assert step.reason == "budget"
        assert step.candidate in (2, 3)
    with controller(rule("auto", candidate=1, deadline_ms=10.0)) as of:
        assert (of.begin().reason, of.begin().candidate) == ("late", 3)


def test_a_battery_target_is_an_energy_budget_until_then() -> None:
    until = BatteryTarget(charge=0.5, until="23:59", capacity_j=100.0)
    with controller(rule("budget", battery=until, idle_w=0.0)) as of:
        for second in range(100):
            step = answer(of, Context(time_s=1e9 + second, battery=0.5))
        assert step.reason != "budget_infeasible", "the target time is past on this clock"
    with Controller(
        RUNGS, CANDIDATES, rule("budget", battery=until, idle_w=0.0), exact_rung=0, output_count=3, from_s=0.0
    ) as of:
        for second in range(10):
            step = answer(of, Context(time_s=float(second), battery=0.5))
        assert step.reason == "budget_infeasible"


def test_the_next_time_of_day_may_be_tomorrow() -> None:
    noon = datetime(2026, 3, 4, 12, 0, 30)
    assert seconds_until("12:01", noon) == 30
    assert seconds_until("12:00", noon) == 24 * 3600 - 30


def test_never_goes_past_what_is_certified() -> None:
    with controller(rule("deadline"), certified=3) as of:
        assert of.begin(Context(deadline_ms=1.0)) == Step("run", 2, "late", 1.0, 1)


def test_a_pinned_rung_runs_until_it_is_unpinned() -> None:
    with controller(rule("fixed", candidate=1)) as of:
        of.pin(1)
        assert of.begin() == Step("run", 1, "pinned", 0.0, -1)
        of.pin(None)
        assert of.begin().reason == "first_stage"
        with pytest.raises(ValueError, match="no rung 3"):
            of.pin(3)


def test_an_answer_is_given_again_to_an_input_that_hardly_changed() -> None:
    reusing = [CANDIDATES[0], CandidateFacts(stages((1, None)), reuse_change=0.1)]
    with Controller(RUNGS, reusing, rule("fixed", candidate=1), exact_rung=0, output_count=3) as of:
        answer(of)
        step = of.begin(Context(input_change=0.05))
        assert step == Step("reuse", 1, "unchanged", pytest.approx(0.05), 1)
        assert step.accepts


def test_calls_out_of_turn_are_refused() -> None:
    of = controller(rule("fixed"))
    for call in (of.finish, lambda: of.observe(output(1.0)), lambda: of.check(output(1.0))):
        with pytest.raises(ValueError, match="did not ask for that"):
            call()
    of.begin()
    with pytest.raises(ValueError, match="does not fit"):
        of.observe(np.zeros(4, np.float32))
    of.close()
    with pytest.raises(ValueError, match="closed"):
        of.begin()


def test_what_cannot_be_followed_is_refused_in_one_line() -> None:
    unmeasured = [RungFacts(), RungFacts(), RungFacts()]
    with pytest.raises(PolicyError, match="a deadline rule over 4 candidates and 3 rungs cannot be followed"):
        Controller(unmeasured, CANDIDATES, rule("deadline"), exact_rung=0, output_count=3)
    with pytest.raises(PolicyError, match="cannot be followed"):
        controller(rule("fixed", candidate=3), certified=2)
    with pytest.raises(PolicyError, match="cannot be followed"):
        Controller(RUNGS, CANDIDATES[1:], rule("fixed"), exact_rung=0, output_count=3)


def test_unknown_is_unknown() -> None:
    assert all(math.isnan(value) for value in (Context().time_s, Context().input_change, Context().battery))
