"""One ladder over several models: inputs and classes of each, weights told apart, costs in one unit."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

from approxlite.formats.curve import Curve
from approxlite.formats.data import Data
from approxlite.formats.errors import DataError, PolicyError
from approxlite.formats.input_form import InputForm, Normalisation
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.formats.weights import ChosenInputs, Owner, pack_calibrated
from approxlite.policy import turns
from approxlite.policy.build import best_single, build_ladder
from approxlite.policy.certify import certify
from approxlite.policy.evaluate import evaluate_policy
from approxlite.policy.rungs import Tuned, merge_weights
from approxlite.policy.stock_times import stock_times
from approxlite.runtime import Interpreter, Session
from approxlite.runtime.input_map import InputMap, on_grid, real
from approxlite.runtime.ladder import Ladder
from support.model_builder import RELU, ModelBuilder
from support.policies import small_curve, small_data, small_model

DATA = small_data(240)
LARGE = small_model()
FORM = InputForm(multiply=(2.0,), add=(1.0, 0.0, -1.0))
HALF = Estimate(value=0.5, low=0.4, high=0.6, samples=50)


def swapped(seed: int = 0) -> bytes:
    """`LARGE` with classes 4, 2, 0 only, in that order, and inputs undone that `FORM` makes."""
    builder = ModelBuilder((1, 8, 8, 3), seed=seed)
    x = builder.conv_2d(builder.input, 8, (3, 3), activation=RELU)
    x = builder.fully_connected(builder.reshape(x, (1, 8 * 8 * 8)), 3)
    return builder.build(builder.softmax(x))


SMALL = swapped()
CLASSES = (4, 2, 0)


def in_form(data: Data, form: InputForm) -> Data:
    x = (data.x * np.float32(form.multiply[0]) + np.array(form.add, np.float32)).astype(np.float32)
    return dataclasses.replace(data, x=x, sha256=hashlib.sha256(x.tobytes()).hexdigest())


def tuned(points: list[tuple[str, float]] | None = None, seed: int = 0) -> list[Tuned]:
    own = in_form(DATA, FORM)
    small = small_curve(SMALL, own, points or [("exact", 0.3)], seed)
    large = small_curve(LARGE, DATA, [("exact", 0.9), ("conv_2d_0=int8,conv_2d_1=int8", 0.6)])
    return [
        Tuned(small, {}, SMALL, own, CLASSES, FORM, HALF, "m0"),
        Tuned(large, {}, LARGE, DATA, name="m1"),
    ]


@pytest.fixture(scope="module")
def policy() -> Policy:
    built = build_ladder(tuned(), aim=1.0)
    assert {rung.model for rung in built.ladder} == {0, 1}
    return built


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "UNSTABLE", float("inf"))


def test_rungs_of_both_models_make_one_ladder(policy: Policy) -> None:
    assert policy.ladder[policy.exact_rung].model == 1
    small = [rung for rung in policy.ladder if rung.model == 0]
    assert [(rung.input, rung.cost.value) for rung in small] == [(FORM, 0.15)], "a share of the large one's stock time"
    assert (small[0].cost.low, small[0].cost.high) == pytest.approx((0.27 * 0.4, 0.33 * 0.6))
    assert policy.class_maps == (CLASSES, None)


def test_each_model_is_given_its_input_in_its_own_form(policy: Policy) -> None:
    alone = Interpreter(SMALL, ["exact"])
    alone.allocate_tensors()
    rung = next(number for number, each in enumerate(policy.ladder) if each.model == 0)
    with Ladder([SMALL, LARGE], policy.ladder) as ladder:
        for x in DATA.x[:5]:
            own = x * np.float32(2) + np.array([1, 0, -1], np.float32)
            np.testing.assert_array_equal(ladder.run(rung, x), alone.run(own))


def test_disagreement_is_counted_in_the_last_model_s_classes(policy: Policy) -> None:
    candidate = next(c for c in policy.candidates if policy.ladder[c.stages[0].rung].model == 0)
    fixed = policy.model_copy(update={"candidates": (policy.candidates[0], candidate)})
    certified = certify(fixed, [LARGE, SMALL], small_data(100, seed=9), epsilon=0.9)
    assert certified.certificate is not None
    expected, models = 0, []
    for model in (SMALL, LARGE):
        models.append(Interpreter(model, ["exact"]))
        models[-1].allocate_tensors()
    with Session(certified.model_copy(update={"rule": certified.rule}), [SMALL, LARGE]) as session:
        for x in small_data(100, seed=9).x:
            answer = session.run(x)
            top = int(answer.output.argmax())
            own = policy.class_maps[policy.ladder[answer.rung].model]
            expected += int(models[1].run(x).argmax()) != (top if own is None else own[top])
    assert certified.certificate.tests[-1].disagreements == expected > 0


def test_a_policy_of_two_models_survives_its_file_and_is_evaluated(policy: Policy, tmp_path) -> None:
    save_policy(tmp_path / "p.approx", policy)
    assert load_policy(tmp_path / "p.approx") == policy
    evaluation = evaluate_policy(policy, [SMALL, LARGE], dataclasses.replace(DATA, y=np.arange(240) % 5), seconds=0.1)
    assert evaluation.agreement.value == 1.0, "not certified yet, so it runs exact"


def test_a_model_that_no_rule_uses_is_left_out() -> None:
    built = build_ladder(tuned([("exact", 3.0)]), aim=1.0)
    assert [model.sha256 for model in built.models] == [hashlib.sha256(LARGE).hexdigest()]
    assert built.class_maps == ()
    with Session(built, LARGE) as session:
        session.run(DATA.x[0])


def test_the_best_single_rung_may_be_of_any_model() -> None:
    single = best_single(tuned(), aim=1.0)
    assert single is not None
    assert single.model == 0


def test_models_tuned_on_different_samples_are_refused() -> None:
    with pytest.raises(DataError, match="tuned on different samples"):
        build_ladder(tuned(seed=1))


def test_models_with_other_classes_need_a_map() -> None:
    first, last = tuned()
    with pytest.raises(Exception, match="give a class map"):
        build_ladder([dataclasses.replace(first, class_map=None), last])


def test_models_with_inputs_of_another_shape_are_refused() -> None:
    builder = ModelBuilder((1, 4, 4, 3))
    other = builder.build(builder.softmax(builder.fully_connected(builder.reshape(builder.input, (1, 48)), 5)))
    first, last = tuned()
    curve: Curve = small_curve(other, first.data, [("exact", 0.3)])
    with pytest.raises(PolicyError, match="one shape"):
        build_ladder([dataclasses.replace(first, curve=curve, model=other), last])


def test_weights_of_two_models_with_the_same_operator_are_told_apart(tmp_path) -> None:
    first, last = tuned([("exact", 0.3), ("conv_2d_0=inputs:1/2", 0.2)])
    filed = []
    for each, outputs, fill in ((first, 8, 1.0), (last, 8, 2.0)):
        groups = np.array([0], np.int32)
        own = ChosenInputs(groups, np.full((outputs, 4), fill, np.float32), np.zeros(outputs, np.float32))
        weights = pack_calibrated({Owner("conv_2d_0", "inputs:1/2"): own})
        curve = each.curve
        if each is last:
            curve = small_curve(LARGE, DATA, [("exact", 0.9), ("conv_2d_0=inputs:1/2", 0.6)])
        filed.append(dataclasses.replace(each, weights=weights, curve=curve))
    merged = {owner.rung: own.weights[0, 0] for each in filed for owner, own in each.filed_weights().items()}
    assert merged == {"m0": 1.0, "m1": 2.0}
    assert merge_weights(filed, tmp_path / "merged.bin") is not None
    names = [rung.name for number, each in enumerate(filed) for rung in each.rungs(number)]
    assert names == ["", "m0", "", "m1"]


def test_a_rung_cannot_take_another_model_s_weights(policy: Policy) -> None:
    content = policy.model_dump()
    for rung in content["ladder"]:
        rung["configuration"] = rung["configuration"].replace("int8", "inputs:1/2")
        rung["name"] = "shared"
    content["ladder"] += ({**content["ladder"][-1], "configuration": "conv_2d_0=inputs:1/2", "model": 0},)
    content["ladder"] += ({**content["ladder"][-1], "model": 1},)
    with pytest.raises(ValueError, match="weights of several models"):
        Policy.model_validate(content)


def test_stock_times_are_shares_of_the_last_model_s() -> None:
    small, last = stock_times([SMALL, LARGE], DATA.x, [FORM, None], seconds=0.1)
    assert 0 < small.low <= small.value <= small.high
    assert last.value == 1.0
    assert len(stock_times([LARGE], DATA.x)) == 1


def test_normalisations_make_one_input_of_the_other() -> None:
    bytes_ = np.arange(256, dtype=np.float32)[:, None] * np.ones(3, np.float32)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    plain, usual = Normalisation(), Normalisation(mean, std, 1 / 255)
    given = (bytes_ / 255 - np.array(mean)) / np.array(std)
    for own, last, x, wanted in ((plain, usual, given, bytes_), (usual, plain, bytes_, given)):
        form = own.form_beside(last)
        assert form is not None
        np.testing.assert_allclose(x * np.array(form.multiply) + np.array(form.add), wanted, atol=1e-3)
    assert usual.form_beside(usual) is None


def test_an_8_bit_input_is_put_on_its_own_grid() -> None:
    floats = {"shape": np.array([1, 4]), "dtype": np.float32, "quantization": (0.0, 0)}
    bytes_ = {"shape": np.array([1, 4, 1]), "dtype": np.int8, "quantization": (0.5, -10)}
    x = np.array([[0.0, 1.1, -100.0, 100.0]], np.float32)
    placed = InputMap(floats, bytes_)(x)
    assert placed.dtype == np.int8
    assert placed.ravel().tolist() == [-10, -8, -128, 127]
    back = InputMap(bytes_, floats)(placed)
    np.testing.assert_allclose(back, [[0.0, 1.0, -59.0, 68.5]])
    np.testing.assert_array_equal(on_grid(real(placed, (0.5, -10)), np.dtype(np.int8), (0.5, -10)), placed)
    assert InputMap(floats, floats)(x) is x
