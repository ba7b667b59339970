"""A session whose guard is latched answers exactly, from the next inference on and ever after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from approxlite.formats.guard import GuardSettings
from approxlite.formats.policy import Policy
from approxlite.runtime.guard import Alarm, Fault, Guard
from approxlite.runtime.session import Session
from support.policies import policy_of, small_data, small_model, stages

MODEL = small_model()
CERTIFICATE = bytes(range(32))
X = small_data(60).x
CHECK_ALL = GuardSettings(canary_rate=1.0)


@pytest.fixture
def policy() -> Policy:
    """Always rung 1."""
    return policy_of([stages((1, None))], rungs=("exact", "conv_2d_1=int8"), model=MODEL, input_rms=1.0)


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard(CHECK_ALL, CERTIFICATE, 0.02) as guard:
        yield guard


@pytest.mark.parametrize(
    ("fault", "alarm"), [("zeros", "zero"), ("nan", "not_finite"), ("frozen", "constant"), ("disagree", "disagreement")]
)
def test_a_fault_means_exact_from_then_on(policy: Policy, guard: Guard, fault: Fault, alarm: Alarm) -> None:
    with Session(policy, MODEL, guard=guard.handle) as session:
        assert [session.run(x).rung for x in X[:5]] == [1] * 5
        guard.inject(fault, 1.0)
        answered = [(session.run(x).rung, guard.status().alarm) for x in X[5:]]
    alarmed = [at for at, (_, raised) in enumerate(answered) if raised != "none"]
    assert answered[alarmed[0]][1] == alarm
    # A tripwire replaces the very answer that set it off; disagreement is found after the answer.
    assert {rung for rung, _ in answered[alarmed[0] + 1 :]} == {0}
    if fault != "disagree":
        assert answered[alarmed[0]][0] == 0
    if fault in ("zeros", "nan"):
        assert alarmed[0] == 0


def test_canaries_of_a_session_are_evidence(policy: Policy, guard: Guard) -> None:
    with Session(policy, MODEL, guard=guard.handle) as session:
        for x in X:
            session.run(x)
        session.finish()
    status = guard.status()
    assert (status.answers, status.canaries) == (len(X), len(X))


def test_an_alarm_outlives_the_session_and_the_process(policy: Policy, guard: Guard, tmp_path: Path) -> None:
    path = tmp_path / "guard.state"
    with Session(policy, MODEL, guard=guard.handle) as session:
        session.run(X[0])
        guard.latch()
        assert np.array_equal(session.run(X[1]).output, session.run(X[1]).output)
        guard.save_file(path)
    with Guard(CHECK_ALL, CERTIFICATE, 0.02) as later:
        later.load_file(path)
        with Session(policy, MODEL, guard=later.handle) as session:
            assert {session.run(x).rung for x in X[:10]} == {0}
            later.recertify(CERTIFICATE, 0.02)
            assert session.run(X[0]).rung == 1


def test_a_person_who_sits_still_raises_no_alarm(policy: Policy, guard: Guard) -> None:
    with Session(policy, MODEL, guard=guard.handle) as session:
        assert {session.run(X[0]).rung for _ in range(200)} == {1}
    assert not guard.status().latched
