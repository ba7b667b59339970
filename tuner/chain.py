"""The knapsack where neighbours matter: knobs cost more where the numbers between two operators change their form.

The engine keeps bytes between int8 neighbours, so an isolated int8 operator pays for converting what it reads and
writes. Along a chain of operators the cheapest selections of every loss follow from the last operator's form alone
(Viterbi, IEEE Trans. Information Theory 1967), so the front stays exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Knob
from approxlite.tuner.search import Front, Menu, Option, Selection, checked, falling

BYTES, FLOATS = "bytes", "floats"

Crossings = Mapping[tuple[str, str], float]
"""What a change of form costs between two operators, one after the other in the menu; 0 where it is not named."""


def form(knob: str) -> str:
    """What an operator with `knob` computes on."""
    return BYTES if "int8" in Knob.parse(knob).atoms else FLOATS


def chained_cost(menu: Menu, knobs: Mapping[str, str], crossings: Crossings) -> float:
    """Of one knob per operator, with every change of form between neighbours."""
    own = sum(next(o.cost for o in menu[operator] if o.knob == knob) for operator, knob in knobs.items())
    return own + sum(
        crossings.get(pair, 0.0) for pair in pairwise(menu) if form(knobs[pair[0]]) != form(knobs[pair[1]])
    )


def chained_front(menu: Menu, crossings: Crossings, unit: float) -> Front:
    """Every non-dominated selection, costs and crossings rounded to multiples of `unit` > 0.

    Raises ValueError if an operator has no option, or a cost or loss is not finite, or a loss or crossing is negative.
    """
    for pair, cost in crossings.items():
        if not (np.isfinite(cost) and cost >= 0):
            raise ValueError(f"crossing from {pair[0]} to {pair[1]} costs {cost}; it has to be finite and not negative")
    operators = list(checked(menu))
    if not operators:
        return Front((Selection({}, 0.0, 0.0),), 0.0)
    least = {operator: min(option.cost for option in options) for operator, options in menu.items()}
    steps = {o: [round((option.cost - least[o]) / unit) for option in options] for o, options in menu.items()}
    between = {pair: round(crossings.get(pair, 0.0) / unit) for pair in pairwise(operators)}
    size = 1 + sum(max(each) for each in steps.values()) + sum(between.values())
    forms = (BYTES, FLOATS)
    best = {f: np.full(size, np.inf) for f in forms}
    came: list[dict[str, NDArray[np.int64]]] = []
    for place, operator in enumerate(operators):
        crossing = between[operators[place - 1], operator] if place else 0
        reached = {f: np.full(size, np.inf) for f in forms}
        origin = {f: np.full(size, -1, np.int64) for f in forms}
        for index, option in enumerate(menu[operator]):
            here = form(option.knob)
            for number, before in enumerate(forms):
                extra = steps[operator][index] + (crossing if before != here else 0)
                if place:
                    candidate = best[before][: size - extra] + option.loss
                else:
                    candidate = np.where(np.arange(size - extra) == 0, option.loss, np.inf)
                better = candidate < reached[here][extra:]
                reached[here][extra:][better] = candidate[better]
                origin[here][extra:][better] = 2 * index + number
        best = reached
        came.append(origin)
    least_loss = np.minimum(best[BYTES], best[FLOATS])
    ends = np.flatnonzero(least_loss < np.minimum.accumulate(np.concatenate(([np.inf], least_loss[:-1]))))
    found = []
    for end in ends:
        last = BYTES if best[BYTES][end] <= best[FLOATS][end] else FLOATS
        found.append(_selection(menu, _traced(operators, menu, steps, between, came, int(end), last), crossings))
    return Front(tuple(falling(found)), 0.0)


def _traced(
    operators: Sequence[str],
    menu: Menu,
    steps: Mapping[str, Sequence[int]],
    between: Mapping[tuple[str, str], int],
    came: Sequence[Mapping[str, NDArray[np.int64]]],
    position: int,
    last: str,
) -> dict[str, Option]:
    """Which option each operator has in the best selection that ends at `position` in the form `last`."""
    picked: dict[str, Option] = {}
    for place in reversed(range(len(operators))):
        operator = operators[place]
        index, number = divmod(int(came[place][last][position]), 2)
        picked[operator] = menu[operator][index]
        before = (BYTES, FLOATS)[number]
        position -= steps[operator][index]
        if place and before != last:
            position -= between[operators[place - 1], operator]
        last = before
    return {operator: picked[operator] for operator in operators}


def _selection(menu: Menu, picked: Mapping[str, Option], crossings: Crossings) -> Selection:
    knobs = {operator: option.knob for operator, option in picked.items()}
    return Selection(knobs, chained_cost(menu, knobs, crossings), sum(option.loss for option in picked.values()))
