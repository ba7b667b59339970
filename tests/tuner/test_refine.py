"""Exchanging knobs never costs more, and sees what adding up losses cannot."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.configuration import Configuration, Knob
from approxlite.tuner.chain import chained_search, crossing_cost
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.refine import refine, refined
from approxlite.tuner.search import Menu, Option, Selection, search

COSTS = {"exact": 10.0, "int8": 6.0, "rows:1/2": 4.0}


def problem(seed: int, operators: int, samples: int = 80, repeated: int = 1) -> tuple[Menu, LogitPredictor]:
    """Random changes, some of which undo one another; every sample may be there several times."""
    generator = np.random.default_rng(seed)
    exact = generator.normal(0, 3, (samples, 4)).astype(np.float32)
    common = generator.normal(0, 1, (samples, 4))
    changes = {
        (f"conv_2d_{i}", knob): (
            generator.uniform(0.1, 0.6) * (generator.choice([-1, 1]) * common + generator.normal(0, 0.5, common.shape))
        ).astype(np.float32)
        for i in range(operators)
        for knob in ("int8", "rows:1/2")
    }
    more = {key: np.tile(change, (repeated, 1)) for key, change in changes.items()}
    predictor = LogitPredictor(np.tile(exact, (repeated, 1)), more)
    menu = {
        f"conv_2d_{i}": [Option(knob, cost, predictor.loss(f"conv_2d_{i}", knob)) for knob, cost in COSTS.items()]
        for i in range(operators)
    }
    return menu, predictor


def disagreement(predictor: LogitPredictor, selection: Selection) -> float:
    return predictor.disagreement(Configuration.of({o: Knob.parse(k) for o, k in selection.knobs.items()}))


@given(st.integers(0, 200), st.integers(1, 5), st.integers(0, 300))
@settings(max_examples=40, deadline=None)
def test_it_never_costs_more_and_adds_up(seed: int, operators: int, evaluations: int) -> None:
    menu, predictor = problem(seed, operators)
    for start in search(menu).selections[::3]:
        better = refine(start, menu, predictor, seed=0, evaluations=evaluations)
        picked = [next(o for o in menu[name] if o.knob == knob) for name, knob in better.knobs.items()]
        assert better.cost == pytest.approx(sum(o.cost for o in picked))
        assert better.cost <= start.cost + 1e-9
        assert set(better.knobs) == set(menu)


@given(st.integers(0, 200), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_it_counts_what_lies_between_operators(seed: int, operators: int) -> None:
    menu, predictor = problem(seed, operators)
    crossings = dict.fromkeys(pairwise(menu), 1.5)
    for start in chained_search(menu, crossings).selections[::3]:
        better = refine(start, menu, predictor, seed=0, evaluations=100, crossings=crossings)
        picked = [next(o for o in menu[name] if o.knob == knob) for name, knob in better.knobs.items()]
        between = crossing_cost({o: Knob.parse(k) for o, k in better.knobs.items()}, crossings)
        assert better.cost == pytest.approx(sum(o.cost for o in picked) + between)
        assert better.cost <= start.cost + 1e-9


def test_changes_that_undo_one_another_are_found() -> None:
    generator = np.random.default_rng(1)
    exact = generator.normal(0, 3, (400, 4)).astype(np.float32)
    change = generator.normal(0, 1, exact.shape).astype(np.float32)
    other = generator.normal(0, 0.98, exact.shape).astype(np.float32)
    changes = {
        ("conv_2d_0", "int8"): change,
        ("conv_2d_1", "int8"): -change,
        ("conv_2d_2", "int8"): other,
    }
    predictor = LogitPredictor(exact, changes)
    menu = {name: [Option("exact", 2.0, 0.0), Option("int8", 1.0, predictor.loss(name, "int8"))] for name, _ in changes}
    start = next(s for s in search(menu).selections if s.cost == 4)
    better = refine(start, menu, predictor, seed=0, evaluations=500)
    assert better.knobs == {"conv_2d_0": "int8", "conv_2d_1": "int8", "conv_2d_2": "exact"}
    assert disagreement(predictor, better) == 0


def test_many_samples_are_believed_and_few_are_not() -> None:
    gains = []
    for repeated in (1, 100):
        menu, predictor = problem(3, 6, 20, repeated)
        starts = search(menu).selections
        better = [refine(start, menu, predictor, seed=0, evaluations=2000) for start in starts]
        before, after = (sum(disagreement(predictor, s) for s in each) for each in (starts, better))
        gains.append(1 - after / before)
    assert 0 <= gains[0] < 0.9 * gains[1]


def test_the_same_seed_gives_the_same_selections() -> None:
    menu, predictor = problem(5, 4)
    front = [(s, disagreement(predictor, s)) for s in search(menu).selections]
    assert refined(front, menu, predictor, seed=2) == refined(front, menu, predictor, seed=2)


def test_a_model_without_choices_is_left_as_it_is() -> None:
    exact = np.random.default_rng(0).normal(0, 1, (9, 3)).astype(np.float32)
    menu = {"softmax_0": [Option("exact", 1.0, 0.0)]}
    start = Selection({"softmax_0": "exact"}, 1.0, 0.0)
    assert refine(start, menu, LogitPredictor(exact, {}), seed=0, evaluations=10) == start
