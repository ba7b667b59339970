"""A simulation tells what a session would do, row by row and on the whole."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from approxlite.formats.errors import PolicyError
from approxlite.formats.trace import load_trace, save_trace
from approxlite.policy.simulate import simulate
from approxlite.policy.verify import verify
from approxlite.runtime.session import Session
from support.policies import policy_of, small_data, small_model, stages

MODEL, DATA = small_model(), small_data(50)
POLICY = policy_of([stages((2, 1.4), (1, 1.2), (0, None))], model=MODEL)


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
