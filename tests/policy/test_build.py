"""From a curve to a policy that runs exact until it is certified."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from approxlite.formats.archive import MAX_JSON_BYTES
from approxlite.formats.curve import pack_scales
from approxlite.formats.errors import DataError, PolicyError
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.policy.build import best_single, build_policy
from approxlite.policy.rungs import Tuned, confidence_for
from approxlite.policy.split import rebuild
from approxlite.runtime import Interpreter, Session, scale_of
from support.model_builder import RELU, ModelBuilder
from support.policies import outcomes_of, small_curve, small_data, small_model

POINTS = [("exact", 0.95), ("conv_2d_0=int8,conv_2d_1=int8", 0.6), ("conv_2d_0=int8,conv_2d_1=int8+rows:1/2", 0.4)]
MODEL, DATA = small_model(), small_data(240)


def scales_of(model: bytes) -> dict[str, np.ndarray]:
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    interpreter.observe_ranges(True)
    interpreter.run_many(DATA.x[:20])
    return pack_scales({name: scale_of(*seen) for name, seen in interpreter.ranges().items()})


@pytest.fixture(scope="module")
def policy() -> Policy:
    return build_policy(small_curve(MODEL, DATA, POINTS), scales_of(MODEL), MODEL, DATA, aim=0.05)


def test_runs_exact_until_it_is_certified(policy: Policy) -> None:
    assert [stage.rung for stage in policy.stages] == [policy.exact_rung]
    assert policy.ladder[policy.exact_rung].configuration == "exact"
    assert policy.certificate is None


def test_candidates_go_from_exact_to_the_cheapest(policy: Policy) -> None:
    assert len(policy.candidates) > 1
    assert policy.candidates[0].stages == policy.stages
    assert all(a.cost.value > b.cost.value for a, b in pairwise(policy.candidates))
    assert all(candidate.disagreement.value <= 0.05 for candidate in policy.candidates)


def test_holds_the_rungs_its_candidates_use_and_no_others(policy: Policy) -> None:
    used = {stage.rung for candidate in policy.candidates for stage in candidate.stages}
    assert used == set(range(len(policy.ladder)))
    costs = dict(POINTS)
    assert all(rung.cost.value == costs[rung.configuration] for rung in policy.ladder)


def test_int8_rungs_carry_their_scales(policy: Policy) -> None:
    for rung in policy.ladder:
        assert set(rung.scales) == {entry.split("=")[0] for entry in rung.configuration.split(",") if "int8" in entry}


def test_every_rung_has_a_probe_and_the_model_is_portable(policy: Policy) -> None:
    assert [probe.rung for probe in policy.probes] == list(range(len(policy.ladder)))
    assert policy.device_class is None


def test_survives_its_file_and_opens_as_a_session(policy: Policy, tmp_path) -> None:
    save_policy(tmp_path / "policy.approx", policy)
    assert load_policy(tmp_path / "policy.approx") == policy
    with Session(tmp_path / "policy.approx", MODEL) as session:
        assert session.run(DATA.x[0]).configuration == "exact"


def test_equal_arguments_give_equal_policies_but_for_the_time(policy: Policy) -> None:
    again = build_policy(small_curve(MODEL, DATA, POINTS), scales_of(MODEL), MODEL, DATA, aim=0.05)
    same_time = {"created": policy.created, "validity": policy.validity}
    assert again.model_copy(update=same_time) == policy


def test_the_certification_half_is_not_looked_at(policy: Policy) -> None:
    curve = small_curve(MODEL, DATA, POINTS)
    blind = np.full_like(DATA.x, np.nan)
    blind.reshape(len(blind), -1)[:, 0] = np.arange(len(blind))  # no copies of one another
    search = rebuild(curve.split, DATA).search
    blind[search] = DATA.x[search]
    again = build_policy(curve, scales_of(MODEL), MODEL, dataclasses.replace(DATA, x=blind), aim=0.05)
    assert again.candidates == policy.candidates


def test_a_model_that_the_runtime_shares_is_tied_to_its_device_class() -> None:
    builder = ModelBuilder((1, 8, 8, 3))
    x = builder.unsupported(builder.conv_2d(builder.input, 4, (3, 3), activation=RELU))
    model = builder.build(builder.softmax(builder.fully_connected(builder.reshape(x, (1, 8 * 8 * 4)), 5)))
    built = build_policy(small_curve(model, DATA, [("exact", 1.0)]), {}, model, DATA)
    assert built.device_class == "desk"
    assert "sin_1" in built.portability


def test_a_policy_that_grows_too_large_is_thinned_until_it_fits() -> None:
    builder = ModelBuilder((1, 8, 8, 3))
    x = builder.input
    for _ in range(24):
        x = builder.conv_2d(x, 3, (1, 1))
    model = builder.build(builder.softmax(builder.fully_connected(builder.reshape(x, (1, 8 * 8 * 3)), 5)))
    every = ",".join(f"conv_2d_{i}=int8" for i in range(24))
    points = [("exact", 1.0)] + [
        (every.replace(f"conv_2d_{i}=int8", f"conv_2d_{i}=int8+rows:3/4"), 0.9 - 0.03 * i) for i in range(20)
    ]
    built = build_policy(small_curve(model, DATA, points), scales_of(model), model, DATA, aim=0.9)
    assert len(built.model_dump_json()) <= MAX_JSON_BYTES - 3000
    assert len(built.candidates) > 1


def test_other_data_another_model_and_other_numerics_are_refused() -> None:
    curve = small_curve(MODEL, DATA, POINTS)
    with pytest.raises(DataError, match="not the data it was tuned on"):
        build_policy(curve, {}, MODEL, small_data(240, seed=5))
    with pytest.raises(PolicyError, match="another file"):
        build_policy(curve, {}, small_model(seed=3), DATA)
    with pytest.raises(PolicyError, match="numerics version"):
        build_policy(curve.model_copy(update={"numerics_version": 99}), {}, MODEL, DATA)


def test_probabilities_are_compared_by_ratio_and_everything_else_by_difference() -> None:
    assert confidence_for(outcomes_of(np.array([[[0.5, 0.25, 0.25], [0.1, 0.9, 0.0]]]))) == "top_two_ratio"
    assert confidence_for(outcomes_of(np.array([[[2.0, -1.0, 0.0], [0.1, 0.9, 0.0]]]))) == "top_two_difference"
    assert confidence_for(outcomes_of(np.array([[[2.0, 1.0, 0.0], [0.1, 0.9, 0.0]]]))) == "top_two_difference"


def test_the_best_single_rung_is_the_cheapest_that_meets_the_aim_alone() -> None:
    curve, scales = small_curve(MODEL, DATA, POINTS), scales_of(MODEL)
    loosest = best_single([Tuned(curve, scales, MODEL, DATA)], aim=1.0)
    assert loosest is not None
    assert loosest.cost.value == min(cost for _, cost in POINTS)
    assert set(loosest.scales) == {"conv_2d_0", "conv_2d_1"}
    assert best_single([Tuned(curve, scales, MODEL, DATA)], aim=0.0) is None
