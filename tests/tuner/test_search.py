"""The knapsack search against brute force."""

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.tuner.search import Front, Menu, Option, Selection, convex_front, exact_front, search

options = st.builds(Option, st.just("knob"), st.integers(0, 12).map(float), st.integers(0, 20).map(lambda n: n / 16))
menus = st.lists(st.lists(options, min_size=1, max_size=4), min_size=1, max_size=4).map(
    lambda lists: {
        f"conv_2d_{i}": [Option(f"k{j}", o.cost, o.loss) for j, o in enumerate(one)] for i, one in enumerate(lists)
    }
)


def brute_force(menu: Menu) -> list[tuple[float, float]]:
    """Every non-dominated (cost, loss) by trying everything."""
    totals = sorted({(sum(o.cost for o in pick), sum(o.loss for o in pick)) for pick in product(*menu.values())})
    front: list[tuple[float, float]] = []
    for cost, loss in totals:
        if not front or loss < front[-1][1]:
            front.append((cost, loss))
    return front


def values(front: Front) -> list[tuple[float, float]]:
    return [(selection.cost, selection.loss) for selection in front.selections]


def best_within(front: list[tuple[float, float]], budget: float) -> float:
    return min(loss for cost, loss in front if cost <= budget)


@given(menus)
def test_exact_front_is_the_whole_front(menu: Menu) -> None:
    assert values(exact_front(menu, unit=1.0)) == brute_force(menu)


@given(menus)
def test_selections_add_up_to_what_they_claim(menu: Menu) -> None:
    for front in (exact_front(menu, unit=1.0), convex_front(menu)):
        for selection in front.selections:
            picked = [next(o for o in menu[name] if o.knob == knob) for name, knob in selection.knobs.items()]
            assert selection == Selection(selection.knobs, sum(o.cost for o in picked), sum(o.loss for o in picked))
            assert list(selection.knobs) == list(menu)


@given(menus)
def test_convex_front_is_never_further_from_the_optimum_than_its_gap(menu: Menu) -> None:
    convex, truth = convex_front(menu), brute_force(menu)
    assert set(values(convex)) <= set(truth)
    for budget, loss in truth:
        assert best_within(values(convex), budget) <= loss + convex.gap


@given(menus)
def test_convex_front_holds_the_optimum_for_every_price(menu: Menu) -> None:
    convex, truth = values(convex_front(menu)), brute_force(menu)
    for price in (0.01, 0.3, 1.0, 3.0, 30.0):
        best = min(cost + price * loss for cost, loss in truth)
        assert min(cost + price * loss for cost, loss in convex) == pytest.approx(best)


@given(menus, st.integers(4, 64))
@settings(max_examples=50)
def test_rounded_costs_lose_at_most_one_step_per_operator(menu: Menu, steps: int) -> None:
    found = values(search(menu, cost_steps=steps))
    span = sum(max(o.cost for o in options) - min(o.cost for o in options) for options in menu.values())
    slack = len(menu) * span / steps
    for budget, loss in brute_force(menu):
        assert best_within(found, budget + slack + 1e-9) <= loss + 1e-9


@given(menus)
def test_cost_rises_and_loss_falls_along_a_front(menu: Menu) -> None:
    for front in (search(menu), convex_front(menu)):
        points = values(front)
        assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(points))


def test_a_table_too_large_is_answered_by_the_convex_front() -> None:
    menu = {"conv_2d_0": [Option("exact", 3, 0), Option("int8", 2, 0.9), Option("rows:1/2", 1, 1)]}
    assert search(menu, cost_steps=10**9) == convex_front(menu)
    assert convex_front(menu).gap == 1
    assert search(menu).gap == 0


def test_equal_options_leave_the_first() -> None:
    menu = {"conv_2d_0": [Option("exact", 1, 0), Option("int8", 1, 0)]}
    assert exact_front(menu, unit=1).selections[0].knobs == {"conv_2d_0": "exact"}


def test_an_empty_model_has_one_selection() -> None:
    assert search({}).selections == (Selection({}, 0, 0),)


@pytest.mark.parametrize("menu", [{"a_0": []}, {"a_0": [Option("k", float("nan"), 0)]}, {"a_0": [Option("k", 1, -1)]}])
def test_what_cannot_be_searched_is_refused(menu: Menu) -> None:
    with pytest.raises(ValueError, match="a_0"):
        search(menu)
