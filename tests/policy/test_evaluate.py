"""What a policy scores and costs, really run beside stock and exact."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from approxlite.formats.errors import ConfigurationError
from approxlite.formats.rung import RungSpec
from approxlite.policy.evaluate import evaluate_configuration, evaluate_policy
from approxlite.policy.simulate import simulate
from approxlite.policy.turns import BLOCK, take_turns
from support.policies import policy_of, small_data, small_model, stages

MODEL = small_model()
DATA = dataclasses.replace(small_data(40), y=np.arange(40) % 5)
POLICY = policy_of([stages((2, 1.4), (0, None))], model=MODEL)


def test_a_policy_is_scored_as_it_is_simulated() -> None:
    evaluation = evaluate_policy(POLICY, MODEL, DATA, seconds=0.1)
    simulated = simulate(POLICY, MODEL, DATA).summary
    assert evaluation.agreement == simulated.agreement
    assert evaluation.accuracy == simulated.accuracy
    assert evaluation.rungs == simulated.rungs
    assert evaluation.reached == simulated.reached
    assert evaluation.samples == 40


def test_costs_are_shares_of_what_ran_in_the_same_rounds() -> None:
    evaluation = evaluate_policy(POLICY, MODEL, DATA, seconds=0.1)
    exact, stock = evaluation.beside
    assert (exact.name, stock.name) == ("exact", "stock")
    assert evaluation.rounds >= 3
    assert evaluation.cost.mean_ms > 0
    assert evaluation.cost.ratio_to_exact == pytest.approx(evaluation.cost.mean_ms / exact.mean_ms)
    assert evaluation.cost.ratio_to_stock == pytest.approx(evaluation.cost.mean_ms / stock.mean_ms)
    interval = evaluation.cost.ratio_to_stock_interval
    assert interval.low <= evaluation.cost.ratio_to_stock <= interval.high
    assert exact.agreement.value == 1.0
    assert stock.ratio_to_stock.value == 1.0


def test_a_configuration_on_its_own_is_one_rung() -> None:
    evaluation = evaluate_configuration(RungSpec(configuration="conv_2d_1=int8"), MODEL, DATA, seconds=0.1)
    assert evaluation.rungs == (1.0,)
    assert 0 < evaluation.agreement.value <= 1


def test_the_json_has_what_scripts_rely_on() -> None:
    printed = evaluate_policy(POLICY, MODEL, DATA, seconds=0.1).model_dump()
    assert printed["samples"] == 40
    assert {"value", "low", "high"} <= printed["agreement"].keys()
    assert {"value", "low", "high"} <= printed["accuracy"].keys()
    assert all(isinstance(printed["cost"][name], float) for name in ("mean_ms", "ratio_to_exact", "ratio_to_stock"))
    assert len(printed["rungs"]) == len(POLICY.ladder)


def test_without_labels_there_is_no_accuracy() -> None:
    assert evaluate_policy(POLICY, MODEL, small_data(20), seconds=0.1).accuracy is None


def test_a_configuration_that_the_model_lacks_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        evaluate_configuration(RungSpec(configuration="conv_2d_9=int8"), MODEL, DATA, seconds=0.1)


def test_turns_cover_every_sample_of_every_subject_in_an_order_drawn_anew() -> None:
    calls: list[tuple[str, float]] = []

    def subject(name: str):
        return lambda x: calls.append((name, float(x[0]))) or 1.0

    x = np.arange(2.5 * BLOCK)[:, None]
    shares: list[float] = []
    times = take_turns(
        {name: subject(name) for name in "abc"}, x, seconds=0, seed=4, min_rounds=4, progress=shares.append
    )
    assert {name: each.shape for name, each in times.items()} == {name: (4, len(x)) for name in "abc"}
    assert all((each == 1.0).all() for each in times.values())
    per_sample = Counter(calls)
    uncounted = {0.0, float(BLOCK), 2.0 * BLOCK}
    assert all(count == (8 if sample in uncounted else 4) for (_, sample), count in per_sample.items())
    orders = {tuple(name for name, sample in calls[i : i + 27] if sample == 0)[::2] for i in (0, 69, 138, 207)}
    assert len(orders) > 1
    assert shares[-1] == 1.0
