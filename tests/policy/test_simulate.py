"""A simulation tells what a session would do, row by row and on the whole."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from approxlite.formats.agreement import AgreementRule
from approxlite.formats.errors import InputError, PolicyError
from approxlite.formats.guard import GuardSettings, OutputRange
from approxlite.formats.rule import Rule
from approxlite.formats.trace import load_trace, save_trace
from approxlite.policy.certify import certify
from approxlite.policy.simulate import simulate, what_if
from approxlite.policy.simulation.devices import PHONE
from approxlite.policy.simulation.scenario import Scenario
from approxlite.policy.verify import verify
from approxlite.runtime.session import Session
from support.policies import policy_of, small_data, small_model, stages

MODEL, DATA = small_model(), small_data(50)
POLICY = policy_of([stages((2, 1.4), (1, 1.2), (0, None))], model=MODEL)
EXACT_FIRST = POLICY.model_copy(update={"rule": Rule(kind="fixed", confidence="top_two_ratio", candidate=0)})


def test_rows_are_what_a_session_does() -> None:
    rows = tuple(simulate(POLICY, MODEL, DATA).rows)
    with Session(POLICY, MODEL) as session:
        for x, row in zip(DATA.x, rows, strict=True):
            answer = session.run(x)
            assert (row.rungs_run, row.rung, row.reason) == (answer.rungs_run, answer.rung, answer.reason)
            assert row.evidence == answer.evidence
            assert row.output.top == answer.output.argmax()


def test_the_summary_adds_up() -> None:
    rows, summary = (lambda s: (tuple(s.rows), s.summary))(simulate(POLICY, MODEL, DATA))
    assert summary.samples == len(rows) == 50
    assert summary.agreement.value == np.mean([row.agrees for row in rows])
    assert summary.agreement.low <= summary.agreement.value <= summary.agreement.high
    assert sum(summary.rungs) == pytest.approx(1)
    assert summary.reached[0] == 1.0
    costs = [sum(POLICY.ladder[rung].cost.value for rung in row.rungs_run) for row in rows]
    assert summary.expected_cost.value == pytest.approx(np.mean(costs))
    assert summary.accuracy is None


PHONE_DAY = Scenario(PHONE, period_ms=66.0, hours=0.05, order="drawn", seed=3)


def test_hours_on_a_device_go_on_after_the_data_ends() -> None:
    simulation = simulate(POLICY, MODEL, DATA, PHONE_DAY)
    rows, summary = tuple(simulation.rows), simulation.summary
    assert len(rows) == summary.samples == pytest.approx(0.05 * 3.6e6 / 66, abs=1)
    assert (rows[-1].time - rows[0].time).total_seconds() == pytest.approx(180, rel=0.01)
    assert summary.agreement.samples == 50  # what came again is no new evidence
    assert summary.joules_per_hour > PHONE.idle_w * 3600
    assert all(row.energy_mj > 0 for row in rows)


def test_a_computer_that_nobody_metered_has_no_energy() -> None:
    simulation = simulate(POLICY, MODEL, DATA)
    assert simulation.summary.joules_per_hour is None
    assert {row.energy_mj for row in simulation.rows} == {None}


def test_an_asked_budget_is_kept_by_cheaper_candidates_or_reported() -> None:
    alone = {"energy_j_per_hour": 0.9 * PHONE.idle_w * 3600}
    missed = simulate(POLICY, MODEL, DATA, PHONE_DAY, what_if(EXACT_FIRST, PHONE, alone)).summary
    assert missed.reasons["budget_infeasible"] > 0.9
    plenty = {"energy_j_per_hour": 100 * PHONE.idle_w * 3600}
    kept = simulate(POLICY, MODEL, DATA, PHONE_DAY, what_if(EXACT_FIRST, PHONE, plenty)).summary
    assert set(kept.reasons) == {"first_stage"}  # nothing presses
    assert kept.agreement.value == 1.0


def test_a_rule_that_makes_no_sense_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="greater than 0"):
        what_if(POLICY, PHONE, {"deadline_ms": 0.0})


def test_answers_are_given_again_while_the_input_stays_as_it_is() -> None:
    still = dataclasses.replace(DATA, x=np.repeat(DATA.x[:10], 5, axis=0))
    candidates = tuple(each.model_copy(update={"reuse_change": 0.1}) for each in POLICY.candidates)
    policy = POLICY.model_copy(update={"candidates": candidates, "input_rms": 1.0})
    simulation = simulate(policy, MODEL, still)
    assert simulation.summary.reused == 0.8
    tops = [row.output.top for row in simulation.rows]
    assert [row.reason == "unchanged" for row in simulation.rows] == 10 * ([False] + 4 * [True])
    assert tops == [top for top in tops[::5] for _ in range(5)]


def test_a_certified_policy_is_guarded_and_its_alarm_means_exact() -> None:
    guard = GuardSettings(canary_rate=1.0, ranges=(OutputRange(low=0, high=1e-6),) * 3, out_of_range_limit=1)
    bold = policy_of([stages((2, None))], model=MODEL)
    policy = certify(bold, MODEL, small_data(200, seed=9), epsilon=0.6).model_copy(update={"guard": guard})
    simulation = simulate(policy, MODEL, DATA)
    assert simulation.summary.guard.alarm == "out_of_range"
    rows = tuple(simulation.rows)
    assert rows[0].rungs_run == (2, 0)
    assert {row.rungs_run for row in rows[1:]} == {(0,)}
    assert {row.chosen for row in rows[1:]} == {"alarm"}


def test_no_rung_alone_beats_the_clairvoyant_where_it_agrees_as_often() -> None:
    summary = simulate(POLICY, MODEL, DATA).summary
    for each in summary.alone:
        if each.agreement >= summary.agreement.value:
            assert summary.oracle <= each.cost + 1e-12


def test_answers_of_any_shape_differ_as_their_losses_say() -> None:
    rule = AgreementRule(loss="root_mean_square", tolerance=0.0)
    policy = policy_of([stages((2, None))], model=MODEL, agreement=rule)
    middle = float(np.median(simulate(policy, MODEL, DATA).outcomes.losses[2]))
    rule = AgreementRule(loss="root_mean_square", tolerance=middle)
    simulation = simulate(policy.model_copy(update={"agreement": rule}), MODEL, DATA)
    differs = simulation.outcomes.differs[2]
    assert 0 < differs.mean() < 1
    assert [not row.agrees for row in simulation.rows] == list(differs)


def test_exact_always_agrees() -> None:
    exact = simulate(policy_of([stages((0, None))], model=MODEL), MODEL, DATA)
    assert exact.summary.agreement.value == 1.0
    assert exact.summary.rungs == (1.0, 0.0, 0.0)


def test_labels_give_the_accuracy() -> None:
    tops = np.array([row.output.top for row in simulate(POLICY, MODEL, DATA).rows])
    labels = np.where(np.arange(50) < 10, tops, (tops + 1) % 5)
    accuracy = simulate(POLICY, MODEL, dataclasses.replace(DATA, y=labels)).summary.accuracy
    assert accuracy is not None
    assert accuracy.value == 0.2


def test_rows_survive_their_file(tmp_path) -> None:
    rows = tuple(simulate(POLICY, MODEL, DATA).rows)
    save_trace(tmp_path / "trace.jsonl", rows)
    assert load_trace(tmp_path / "trace.jsonl") == rows


def test_verifying_opens_the_policy_as_a_session_does() -> None:
    verification = verify(POLICY, MODEL)
    assert not verification.certified
    assert any("3 rungs" in check for check in verification.checks)
    with pytest.raises(PolicyError, match="not for"):
        verify(POLICY, small_model(seed=9))
