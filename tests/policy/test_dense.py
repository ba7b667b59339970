"""Answers that are no class scores: built, certified, simulated and evaluated by a loss that must not be exceeded."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from approxlite.formats.agreement import AgreementRule
from approxlite.formats.errors import ModelError
from approxlite.policy import turns
from approxlite.policy.build import build_policy
from approxlite.policy.certify import certify
from approxlite.policy.evaluate import evaluate_configuration, evaluate_policy
from approxlite.policy.outcomes import collect
from approxlite.policy.rehearsal import Rehearsal, Trial
from approxlite.policy.simulate import simulate
from approxlite.runtime import Interpreter
from approxlite.runtime.ladder import Ladder
from support.model_builder import RELU, ModelBuilder
from support.policies import policy_of, small_curve, small_data, stages

POINTS = [("exact", 0.95), ("conv_2d_0=int8,conv_2d_1=int8", 0.6), ("conv_2d_0=int8,conv_2d_1=int8+rows:1/2", 0.4)]
DATA = small_data(240)


def picture_model() -> bytes:
    """Two convolutions: (1, 8, 8, 3) to (1, 8, 8, 4)."""
    builder = ModelBuilder((1, 8, 8, 3))
    x = builder.conv_2d(builder.input, 8, (3, 3), activation=RELU)
    return builder.build(builder.conv_2d(x, 4, (3, 3)))


MODEL = picture_model()


def losses_of(configuration: str) -> np.ndarray:
    """Root mean square differences from exact over the data."""
    outputs = []
    for text in ("exact", configuration):
        interpreter = Interpreter(MODEL, [text])
        interpreter.allocate_tensors()
        outputs.append(interpreter.run_many(DATA.x))
    return np.sqrt(((outputs[0] - outputs[1]).astype(np.float64) ** 2).mean(axis=(1, 2, 3)))


def rule_for(configuration: str, factor: float = 2.0) -> AgreementRule:
    """What that configuration keeps on all samples with room to spare."""
    return AgreementRule(loss="root_mean_square", tolerance=factor * float(losses_of(configuration).max()))


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "UNSTABLE", float("inf"))


def test_a_tolerance_that_is_kept_is_built_certified_simulated_and_evaluated() -> None:
    rule = rule_for("conv_2d_0=int8,conv_2d_1=int8")
    policy = build_policy(small_curve(MODEL, DATA, POINTS), {}, MODEL, DATA, agreement=rule)
    assert policy.agreement == rule
    assert [len(candidate.stages) for candidate in policy.candidates] == [1, 1], "no confidence, so no cascade"
    assert policy.ladder[policy.candidates[-1].stages[0].rung].configuration == "conv_2d_0=int8,conv_2d_1=int8"
    certified = certify(policy, MODEL, DATA)
    assert certified.certificate is not None
    assert certified.certificate.certified == 2
    assert f"lose more than {rule.tolerance:g} against the exact model's (root mean square)" in (
        certified.certificate.statement
    )
    simulation = simulate(certified, MODEL, DATA)
    assert simulation.summary.agreement.value == 1.0
    assert next(iter(simulation.rows)).output is None
    evaluation = evaluate_policy(certified, MODEL, DATA, seconds=0.1)
    assert (evaluation.agreement.value, evaluation.accuracy) == (1.0, None)


def test_a_configuration_is_evaluated_by_the_loss() -> None:
    configuration = "conv_2d_0=int8,conv_2d_1=int8+rows:1/2"
    losses = losses_of(configuration)
    rule = AgreementRule(loss="root_mean_square", tolerance=float(np.median(losses)))
    evaluation = evaluate_configuration(
        Interpreter(MODEL, [configuration])._rungs[0], MODEL, DATA, agreement=rule, seconds=0.1
    )
    assert evaluation.agreement.value == pytest.approx(0.5, abs=0.02)


def test_a_tolerance_that_is_broken_is_not_certified() -> None:
    rule = AgreementRule(loss="root_mean_square", tolerance=1e-9)
    policy = policy_of([stages((1, None))], rungs=("exact", "conv_2d_0=int8"), model=MODEL, agreement=rule)
    certificate = certify(policy, MODEL, small_data(100, seed=7)).certificate
    assert certificate is not None
    assert certificate.certified == 1
    assert certificate.tests[-1].disagreements == 100


def test_losses_close_to_the_tolerance_count_against_a_rung() -> None:
    """Half of all losses lie between the tolerance and two thirds of it, so few samples do not make the rung safe."""
    losses = losses_of("conv_2d_0=int8")
    rungs = policy_of([stages((1, None))], rungs=("exact", "conv_2d_0=int8"), model=MODEL).ladder
    with Ladder([MODEL], rungs) as ladder:
        near = collect(ladder, 2, 0, DATA.x, AgreementRule(loss="root_mean_square", tolerance=1.2 * losses.max()))
    close = Rehearsal(near, [1, 0.5], "top_two_difference").estimate((Trial(1),))
    far = dataclasses.replace(near, agreement=AgreementRule(loss="root_mean_square", tolerance=2 * losses.max()))
    assert close > 0
    assert not near.differs.any()
    assert Rehearsal(far, [1, 0.5], "top_two_difference").estimate((Trial(1),)) == 0


def test_an_answer_that_is_not_finite_is_exact_s_to_give() -> None:
    class Broken:
        last_ns = 0

        def run(self, rung: int, _x: np.ndarray) -> np.ndarray:
            return np.full((1, 2, 2), np.nan if rung else 1.0, np.float32)

    outcomes = collect(Broken(), 2, 0, np.zeros((3, 1)), AgreementRule(loss="mean_absolute", tolerance=1))
    (first, *_) = outcomes.replay(stages((1, None)), "top_two_difference")
    assert (first.rungs_run, first.rung) == ((1, 0), 0)
    assert outcomes.differs.tolist() == [[False] * 3, [True] * 3]


def test_top_classes_of_pictures_are_refused() -> None:
    with pytest.raises(ModelError, match="choose another --agreement"):
        build_policy(small_curve(MODEL, DATA, POINTS), {}, MODEL, DATA)
