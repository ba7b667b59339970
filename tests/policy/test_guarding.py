"""A guard is calibrated for the policy it watches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.guard import GuardSettings, OutputRange
from approxlite.policy.certify import certify
from approxlite.policy.guarding import canary_split, constant_limit, guard_settings, output_range
from approxlite.policy.simulate import simulate
from approxlite.runtime.guard import Guard
from support.policies import policy_of, small_data, small_model, stages


def test_a_range_holds_every_entry_and_remembers_zeros() -> None:
    outputs = np.asarray([[0.0, 0.0], [-1.0, 3.0]], np.float32)
    assert output_range(outputs) == OutputRange(low=-1, high=3, zeros_seen=True)
    assert output_range(outputs[1:]) == OutputRange(low=-1, high=3)
    assert output_range(np.asarray([[0.0, np.nan]])) is None


def test_canaries_go_where_disagreements_are() -> None:
    random = np.random.default_rng(1)
    confidences = random.random(4000)
    differs = random.random(4000) < np.where(confidences < 0.1, 0.2, 0.002)
    unsure, factor, share = canary_split(confidences, differs)
    assert unsure == pytest.approx(0.1, abs=0.02)
    assert share == pytest.approx(0.1, abs=0.02)
    assert 5 < factor <= 16


def test_canaries_are_spread_evenly_where_confidence_says_nothing() -> None:
    random = np.random.default_rng(2)
    _, factor, _ = canary_split(random.random(20_000), random.random(20_000) < 0.02)
    assert factor < 1.6
    assert canary_split(np.empty(0), np.empty(0, np.bool_)) == (0.0, 1.0, 0.0)
    assert canary_split(np.full(50, np.inf), np.zeros(50, np.bool_)) == (0.0, 1.0, 0.0)


@given(
    st.lists(st.floats(0, 1e6) | st.just(float("inf")), min_size=1, max_size=60),
    st.integers(0, 2**60),
)
def test_settings_can_always_be_followed(confidences: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)
    count = len(confidences)
    outputs = random.integers(0, 2, (count, 3)).astype(np.float32)
    changes = random.random(count).astype(np.float32)
    changes[0] = np.nan
    settings = guard_settings(
        [outputs], outputs, np.asarray(confidences, np.float32), random.random(count) < 0.1, changes
    )
    with Guard(settings, bytes(32), 0.02) as guard:
        assert [guard.inspect(0, row, float(change)) for row, change in zip(outputs, changes, strict=True)] == [
            "none"
        ] * count


def test_outputs_that_often_repeat_need_a_higher_limit() -> None:
    changes = np.ones(500, np.float32)
    distinct = np.arange(500.0)[:, None]
    assert constant_limit(distinct, changes, 0.5) == 8
    repeating = np.repeat(np.arange(50.0), 10)[:, None]
    assert constant_limit(repeating, changes, 0.5) > 20
    assert constant_limit(repeating, changes, 1.0) == 31, "nothing moved: the chance of a repeat is not known"


def test_certifying_says_how_the_policy_is_guarded_and_healthy_answers_raise_no_alarm() -> None:
    model = small_model()
    policy = policy_of([stages((2, 1.4), (1, None))], model=model)
    certified = certify(policy, model, small_data(200, seed=9), epsilon=0.5)
    assert certified.guard is not None
    assert all(known is not None and 0 <= known.low < known.high <= 1 for known in certified.guard.ranges)
    assert len(certified.guard.ranges) == len(certified.ladder)
    lived = simulate(certified, model, small_data(300, seed=10)).summary
    assert lived.guard is not None
    assert lived.guard.alarm == "none"


def test_certifying_again_keeps_how_often_answers_are_checked() -> None:
    model = small_model()
    asked = GuardSettings(alpha=0.001, canary_rate=0.1)
    policy = policy_of([stages((2, 1.4), (1, None))], model=model, guard=asked)
    certified = certify(policy, model, small_data(200, seed=9), epsilon=0.5)
    assert (certified.guard.alpha, certified.guard.canary_rate) == (0.001, 0.1)
