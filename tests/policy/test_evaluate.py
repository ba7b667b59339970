"""What a policy scores and costs, really run beside stock and exact."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections import Counter

import numpy as np
import pytest

from approxlite.formats.errors import ConfigurationError, UnstableError
from approxlite.formats.rung import RungSpec
from approxlite.policy import turns
from approxlite.policy.evaluate import evaluate_configuration, evaluate_policy
from approxlite.policy.simulate import simulate
from approxlite.policy.turns import BLOCK, take_steady_turns, take_turns
from support.policies import policy_of, small_data, small_model, stages

MODEL = small_model()
DATA = dataclasses.replace(small_data(40), y=np.arange(40) % 5)
POLICY = policy_of([stages((2, 1.4), (0, None))], model=MODEL)


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine, whose timings are refused, must not fail tests of other things."""
    monkeypatch.setattr(turns, "UNSTABLE", float("inf"))


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


def test_a_slowness_that_the_subject_before_leaves_behind_is_not_counted() -> None:
    """As a processor whose clock takes a millisecond to recover."""
    last, since = "", time.perf_counter()

    def subject(name: str):
        def run(_: object) -> float:
            nonlocal last, since
            if name != last:
                last, since = name, time.perf_counter()
            return 1.0 if time.perf_counter() - since > 1e-3 else 2.0

        return run

    times = take_turns({name: subject(name) for name in "ab"}, np.zeros((40, 1)), seconds=0, seed=0)
    assert all(np.median(each) == 1.0 for each in times.values())


@pytest.mark.parametrize("jumps", [False, True])
def test_a_ratio_that_does_not_settle_is_not_reported(jumps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "UNSTABLE", 0.5)
    monkeypatch.setattr(turns, "WARM_UP_MS", 0.0)
    calls = itertools.count()
    subjects = {"policy": lambda _: 20.0 if jumps and next(calls) // 6 % 2 else 1.0, "stock": lambda _: 2.0}
    ask = {"ours": "policy", "reference": "stock", "seconds": 0, "seed": 0}
    if jumps:
        with pytest.raises(UnstableError, match="end other programs"):
            take_steady_turns(subjects, np.zeros((5, 1)), **ask)
    else:
        assert take_steady_turns(subjects, np.zeros((5, 1)), **ask)["policy"].shape == (3, 5)


def test_turns_cover_every_sample_of_every_subject_in_an_order_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WARM_UP_MS", 0.0)  # one run that does not count
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
    in_a_round = len(calls) // 4
    firsts = [[name for name, sample in calls[i * in_a_round :][:in_a_round] if sample == 0][::2] for i in range(4)]
    orders = {tuple(first) for first in firsts}
    assert len(orders) > 1
    assert shares[-1] == 1.0
