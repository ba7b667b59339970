"""A session does what its policy says, and refuses a policy that does not belong here."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from approxlite.formats.errors import PolicyError
from approxlite.formats.policy import Policy, Probe, Validity
from approxlite.policy.outcomes import collect
from approxlite.runtime import Interpreter
from approxlite.runtime import session as session_module
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import make_probe, probe_inputs
from approxlite.runtime.session import Session
from support.policies import policy_of, small_data, small_model, stages

MODEL, DATA = small_model(), small_data(60)
RUNGS = ("exact", "conv_2d_1=int8", "conv_2d_0=int8+rows:1/2,conv_2d_1=int8+rows:1/2")
CASCADE = stages((2, 1.4), (1, 1.2), (0, None))


def policy(*rules: tuple, **changes: Any) -> Policy:
    return policy_of(list(rules) or [CASCADE], rungs=RUNGS, model=MODEL, **changes)


def test_a_session_does_what_a_replay_of_stored_outputs_says() -> None:
    with Ladder([MODEL], policy().ladder) as ladder:
        outcomes = collect(ladder, 3, 0, DATA.x)
    replayed = outcomes.replay(CASCADE, "top_two_ratio")
    assert {inference.rungs_run for inference in replayed} == {(2,), (2, 1), (2, 1, 0)}
    with Session(policy(), MODEL) as session:
        for sample, expected in enumerate(replayed):
            answer = session.run(DATA.x[sample])
            assert (answer.rungs_run, answer.reason) == (expected.rungs_run, expected.reason)
            assert answer.evidence == expected.evidence
            assert np.array_equal(answer.output[0], outcomes.outputs[expected.rung][sample])
            assert answer.configuration == RUNGS[answer.rung]
            assert answer.latency_ms > 0


def test_a_fixed_policy_gives_what_its_rung_gives() -> None:
    interpreter = Interpreter(MODEL, [RUNGS[1]])
    interpreter.allocate_tensors()
    with Session(policy(stages((1, None))), MODEL) as session:
        for x in DATA.x[:5]:
            assert np.array_equal(session.run(x).output, interpreter.run(x))


def test_takes_samples_with_and_without_batch_axis() -> None:
    with Session(policy(), MODEL) as session:
        assert np.array_equal(session.run(DATA.x[0]).output, session.run(DATA.x[:1]).output)


def test_an_answer_is_the_callers_to_keep() -> None:
    with Session(policy(), MODEL) as session:
        first = session.run(DATA.x[0]).output
        kept = first.copy()
        session.run(DATA.x[1])
    assert np.array_equal(first, kept)


class BrokenLadder:
    """Rung 2 gives NaN, the others a sure answer."""

    input_shape, input_dtype, last_ns, output_count = (1, 8, 8, 3), np.dtype(np.float32), 1000, 2

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def run(self, rung: int, _x: np.ndarray) -> np.ndarray:
        return np.array([[math.nan if rung == 2 else 0.9, 0.1]], np.float32)

    def close(self) -> None: ...


def test_an_output_that_is_not_finite_is_answered_by_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "Ladder", BrokenLadder)
    with Session(policy(stages((2, None))), MODEL) as session:
        answer = session.run(DATA.x[0])
    assert (answer.rungs_run, answer.rung, answer.configuration) == ((2, 0), 0, "exact")
    assert np.isfinite(answer.output).all()


def test_two_models_make_one_ladder_in_whatever_order_they_are_given() -> None:
    other = small_model(seed=1)
    both = policy_of([stages((1, 1e9), (0, None))], rungs=RUNGS, model=MODEL)
    small = policy_of([CASCADE], rungs=RUNGS, model=other)
    both = both.model_copy(
        update={
            "models": (both.models[0], small.models[0]),
            "ladder": (both.ladder[0], both.ladder[1].model_copy(update={"model": 1}), both.ladder[2]),
        }
    )
    exact = Interpreter(MODEL)
    exact.allocate_tensors()
    with Session(both, [other, MODEL]) as session:
        answer = session.run(DATA.x[0])
        assert answer.rungs_run == (1, 0)
        assert np.array_equal(answer.output, exact.run(DATA.x[0]))


def refused(changed: Policy, model: bytes = MODEL) -> str:
    with pytest.raises(PolicyError) as error:
        Session(changed, model)
    text = str(error.value)
    assert "\n" not in text
    return text


def test_refuses_another_model() -> None:
    assert refused(policy(), small_model(seed=4)).startswith("the policy is for small (sha256 ")


def test_refuses_other_numerics() -> None:
    assert "numerics version 999" in refused(policy(numerics_version=999))


def test_refuses_a_policy_before_and_after_its_time() -> None:
    early, late = datetime(2019, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
    assert "held until 2019" in refused(policy(validity=Validity(not_before=early, not_after=early)))
    assert "from 2199" in refused(policy(validity=Validity(not_before=late)))


@pytest.mark.parametrize("configuration", ["conv_2d_7=int8", "reshape_2=int8", "fully_connected_3=rows:1/2"])
def test_refuses_an_operator_or_a_knob_that_the_model_lacks(configuration: str) -> None:
    strange = policy_of([CASCADE], rungs=("exact", "conv_2d_1=int8", configuration), model=MODEL)
    assert configuration.split("=")[0] in refused(strange)


def test_refuses_a_rung_that_computes_other_bits_and_says_which() -> None:
    with Ladder([MODEL], policy().ladder) as ladder:
        probes = [make_probe(ladder, rung, seed=3) for rung in range(3)]
    Session(policy(probes=tuple(probes)), MODEL).close()
    probes[1] = probes[1].model_copy(update={"outputs_sha256": probes[2].outputs_sha256})
    assert refused(policy(probes=tuple(probes))).startswith("rung 1 (conv_2d_1=int8) computes other bits")


def test_probe_inputs_never_change_between_versions() -> None:
    values = probe_inputs((3,), np.dtype(np.float32), 0)
    assert values.shape == (2, 3)
    assert values.dtype == np.float32
    assert values.ravel().tolist() == [
        0.7666215896606445,
        -0.13694405555725098,
        -0.9471324682235718,
        0.9417638778686523,
        -0.7873066663742065,
        -0.3453484773635864,
    ]
    assert probe_inputs((3,), np.dtype(np.int8), 0).ravel().tolist() == [-81, -12, 79, -20, -101, -22]


def test_probes_of_one_seed_are_equal_and_of_another_differ() -> None:
    with Ladder([MODEL], policy().ladder) as ladder:
        first, again, other = (make_probe(ladder, 0, seed) for seed in (0, 0, 1))
    assert isinstance(first, Probe)
    assert first == again
    assert first.inputs_sha256 != other.inputs_sha256


def test_nothing_runs_after_close() -> None:
    session = Session(policy(), MODEL)
    session.close()
    session.close()
    with pytest.raises(ValueError, match="closed"):
        session.run(DATA.x[0])
