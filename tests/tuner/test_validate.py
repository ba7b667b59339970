"""Evaluations go where they say most."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.configuration import Configuration, Knob
from approxlite.formats.interval import Estimate
from approxlite.tuner.curve import Evaluated, pareto_front
from approxlite.tuner.validate import Candidate, Validated, cheapest_within


def candidate(number: int, cost: float, disagreement: float) -> Candidate:
    configuration = Configuration.of({f"conv_2d_{number}": Knob(("int8",))}) if number else Configuration()
    return Candidate(configuration, cost, disagreement)


def evaluated(number: int, cost: float, count: int, expected: float = 0.0) -> Evaluated:
    share = count / 100
    return Evaluated(
        candidate(number, cost, share),
        Estimate(value=cost, low=cost, high=cost, samples=10),
        Validated(
            Estimate(value=share, low=share, high=share, samples=100), expected, None, np.zeros((1, 2), np.float32)
        ),
    )


def harm(one: Evaluated) -> tuple[float, float]:
    return one.found.disagreement.value, one.found.expected


points = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12).map(
    lambda drawn: (
        [evaluated(0, 30, 0)]
        + [evaluated(i + 1, cost, count, expected / 10) for i, (cost, count, expected) in enumerate(drawn)]
    )
)


def test_the_cheapest_within_each_target_is_taken() -> None:
    dear, middle, cheap = candidate(1, 0.8, 0.0), candidate(2, 0.5, 0.01), candidate(3, 0.3, 0.05)
    assert cheapest_within([dear, middle, cheap], [0.0, 0.02, 1.0]) == [dear, middle, cheap]
    assert cheapest_within([middle], [0.001]) == []


@given(points)
def test_nothing_beats_a_point_of_the_curve(drawn: list[Evaluated]) -> None:
    exact, *front = pareto_front(drawn)
    assert exact.configuration.is_exact
    for kept in front:
        for other in drawn:
            if not other.configuration.is_exact and other is not kept:
                cheaper = other.cost.value <= kept.cost.value
                better = (other.found.disagreement.value, other.found.expected) < (
                    kept.found.disagreement.value,
                    kept.found.expected,
                )
                assert not (cheaper and better)


@given(points)
def test_whatever_is_left_out_is_beaten(drawn: list[Evaluated]) -> None:
    front = pareto_front(drawn)
    for one in drawn:
        if one not in front:
            assert any(
                kept.cost.value <= one.cost.value
                and (kept.found.disagreement.value, kept.found.expected)
                <= (one.found.disagreement.value, one.found.expected)
                for kept in front
            )


def test_caution_is_not_hidden_by_luck() -> None:
    exact, cautious, lucky = evaluated(0, 1.0, 0), evaluated(1, 0.5, 0, 0.001), evaluated(2, 0.4, 0, 0.01)
    assert pareto_front([lucky, exact, cautious]) == [exact, cautious, lucky]
