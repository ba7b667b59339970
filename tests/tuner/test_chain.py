"""The knapsack with neighbours, and with side constraints, against brute force."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.configuration import Knob
from approxlite.tuner.chain import Crossings, chained_front, chained_search, crossing_cost
from approxlite.tuner.constrained import Constraints, Limit, constrained
from approxlite.tuner.hypervolume import staircase
from approxlite.tuner.search import Menu, Option, exact_front, search

KNOBS = ("exact", "int8", "rows:1/2", "int8+rows:1/2")
numbers = st.tuples(st.integers(0, 12).map(float), st.integers(0, 20).map(lambda n: n / 16))
menus = st.lists(st.lists(numbers, min_size=1, max_size=4), min_size=1, max_size=4).map(
    lambda lists: {
        f"conv_2d_{i}": [Option(knob, *pair) for knob, pair in zip(KNOBS, one, strict=False)]
        for i, one in enumerate(lists)
    }
)


@st.composite
def chains(draw: st.DrawFn) -> tuple[Menu, Crossings]:
    menu = draw(menus)
    return menu, {pair: float(draw(st.integers(0, 6))) for pair in pairwise(menu)}


def selections(menu: Menu) -> list[dict[str, Option]]:
    return [dict(zip(menu, pick, strict=True)) for pick in product(*menu.values())]


def cost(pick: dict[str, Option], crossings: Crossings) -> float:
    knobs = {operator: Knob.parse(option.knob) for operator, option in pick.items()}
    return sum(option.cost for option in pick.values()) + crossing_cost(knobs, crossings)


def loss(pick: dict[str, Option]) -> float:
    return sum(option.loss for option in pick.values())


@given(chains())
def test_the_front_with_neighbours_is_the_whole_front(drawn: tuple[Menu, Crossings]) -> None:
    menu, crossings = drawn
    truth = staircase((cost(pick, crossings), loss(pick)) for pick in selections(menu))
    assert [(s.cost, s.loss) for s in chained_front(menu, crossings, 1.0).selections] == truth


@given(chains())
def test_selections_cost_what_they_claim(drawn: tuple[Menu, Crossings]) -> None:
    menu, crossings = drawn
    for selection in chained_front(menu, crossings, 1.0).selections:
        picked = {o: next(option for option in menu[o] if option.knob == k) for o, k in selection.knobs.items()}
        assert (selection.cost, selection.loss) == (cost(picked, crossings), loss(picked))


@given(menus)
def test_without_crossings_it_is_the_knapsack(menu: Menu) -> None:
    plain, chained = exact_front(menu, 1.0), chained_front(menu, {}, 1.0)
    assert [(s.cost, s.loss) for s in plain.selections] == [(s.cost, s.loss) for s in chained.selections]


def test_int8_after_a_float_operator_is_not_worth_its_conversion() -> None:
    menu = {f"conv_2d_{i}": [Option("exact", 10.0, 0.0), Option("int8", 9.0, 0.1 * (i == 1))] for i in range(3)}
    crossings = dict.fromkeys(pairwise(menu), 2.0)
    found = [tuple(s.knobs.values()) for s in chained_front(menu, crossings, 1.0).selections]
    assert found == [("int8", "int8", "int8"), ("int8", "exact", "exact")]


def test_only_going_from_floats_to_bytes_costs() -> None:
    pair = {("conv_2d_0", "conv_2d_1"): 2.0}
    exact, int8 = Knob(), Knob(("int8",))
    costs = [crossing_cost({"conv_2d_0": a, "conv_2d_1": b}, pair) for a in (exact, int8) for b in (exact, int8)]
    assert costs == [0.0, 2.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("pair", "cost", "complaint"),
    [(("conv_2d_0", "conv_2d_1"), -1.0, "not negative"), (("conv_2d_0", "conv_2d_2"), 1.0, "does not follow")],
)
def test_a_crossing_that_cannot_be_is_refused(pair: tuple[str, str], cost: float, complaint: str) -> None:
    menu = {f"conv_2d_{i}": [Option("exact", 1, 0)] for i in range(3)}
    with pytest.raises(ValueError, match=complaint):
        chained_front(menu, {pair: cost}, 1.0)


@given(menus)
def test_the_search_without_crossings_is_the_knapsack(menu: Menu) -> None:
    assert chained_search(menu, {}) == search(menu)
    assert chained_search(menu, dict.fromkeys(pairwise(menu), 0.0)) == search(menu)


@given(menus, st.integers(0, 40), st.integers(0, 12), st.integers(0, 2), st.booleans())
@settings(max_examples=60, deadline=None)
def test_constraints_are_met_at_the_least_loss(menu: Menu, cost: int, memory: int, distinct: int, alike: bool) -> None:
    amounts = {(o, option.knob): float(len(option.knob)) for o, options in menu.items() for option in options}
    limit = Limit("memory", amounts, memory * len(menu))
    group = tuple(menu)[:2] if alike else ()
    found = constrained(menu, "loss", Constraints(cost=cost, limits=[limit], alike=[group], distinct=distinct))
    allowed = [
        loss(pick)
        for pick in selections(menu)
        if sum(o.cost for o in pick.values()) <= cost
        and sum(amounts[operator, o.knob] for operator, o in pick.items()) <= limit.most
        and len({pick[operator].knob for operator in group}) <= 1
        and len({o.knob for o in pick.values()} - {"exact"}) <= distinct
    ]
    assert (found is None) == (not allowed)
    if found is not None:
        assert found.loss == pytest.approx(min(allowed))


@given(menus)
@settings(max_examples=30, deadline=None)
def test_the_cheapest_within_a_loss_is_on_the_front(menu: Menu) -> None:
    for selection in exact_front(menu, 1.0).selections:
        found = constrained(menu, "cost", Constraints(loss=selection.loss + 1e-9))
        assert found is not None
        assert found.cost == pytest.approx(selection.cost)


def test_a_limit_on_no_choice_is_refused() -> None:
    limit = Limit("memory", {("conv_2d_9", "exact"): 1}, 1)
    with pytest.raises(ValueError, match="memory"):
        constrained({"conv_2d_0": [Option("exact", 1, 0)]}, "loss", Constraints(limits=[limit]))
