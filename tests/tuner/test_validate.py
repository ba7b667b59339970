"""Evaluations go where they say most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.configuration import Configuration, Knob
from approxlite.formats.interval import Estimate
from approxlite.tuner.curve import Evaluated, pareto_front
from approxlite.tuner.validate import Candidate, cheapest_within, correction, widest_gap


def candidate(number: int, cost: float, disagreement: float) -> Candidate:
    configuration = Configuration.of({f"conv_2d_{number}": Knob(("int8",))}) if number else Configuration()
    return Candidate(configuration, cost, disagreement)


def evaluated(number: int, cost: float, count: int, expected: float = 0.0) -> Evaluated:
    share = count / 100
    return Evaluated(
        candidate(number, cost, share),
        Estimate(value=cost, low=cost, high=cost, samples=10),
        Estimate(value=share, low=share, high=share, samples=100),
        expected,
        None,
    )


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


def test_measurements_correct_predictions_within_reason() -> None:
    a, b = candidate(1, 0.5, 0.01), candidate(2, 0.4, 0.03)
    assert correction({a: 0.02, b: 0.06}) == 2
    assert correction({a: 1.0, b: 1.0}) == 3
    assert correction({candidate(0, 1, 0.0): 0.0}) == 1


def test_the_widest_gap_is_filled_in_its_middle() -> None:
    chosen = [candidate(0, 1.0, 0), candidate(1, 0.9, 0), candidate(2, 0.2, 0.1)]
    between = [candidate(3, 0.85, 0), candidate(4, 0.5, 0), candidate(5, 0.95, 0)]
    assert widest_gap(between, chosen) == between[1]
    assert widest_gap(between[2:], chosen) == between[2]
    assert widest_gap(chosen, chosen) is None


@given(points)
def test_nothing_beats_a_point_of_the_curve(drawn: list[Evaluated]) -> None:
    exact, *front = pareto_front(drawn)
    assert exact.configuration.is_exact
    for kept in front:
        for other in drawn:
            if not other.configuration.is_exact and other is not kept:
                cheaper = other.cost.value <= kept.cost.value
                better = (other.disagreement.value, other.expected) < (kept.disagreement.value, kept.expected)
                assert not (cheaper and better)


@given(points)
def test_whatever_is_left_out_is_beaten(drawn: list[Evaluated]) -> None:
    front = pareto_front(drawn)
    for one in drawn:
        if one not in front:
            assert any(
                kept.cost.value <= one.cost.value
                and (kept.disagreement.value, kept.expected) <= (one.disagreement.value, one.expected)
                for kept in front
            )


def test_caution_is_not_hidden_by_luck() -> None:
    exact, cautious, lucky = evaluated(0, 1.0, 0), evaluated(1, 0.5, 0, 0.001), evaluated(2, 0.4, 0, 0.01)
    assert pareto_front([lucky, exact, cautious]) == [exact, cautious, lucky]
