"""The knapsack where neighbours matter: an operator on bytes costs more where the one before it computes on floats.

The engine keeps bytes between int8 neighbours, so an int8 operator after a float one pays for converting what it reads;
the other way round costs nothing, because int8 operators may write floats as well. Along a chain of operators the
cheapest selections of every loss follow from the last operator's form alone (Viterbi, IEEE Trans. Information Theory
1967), so the front stays exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Knob, crosses
from approxlite.tuner.search import (
    COST_STEPS,
    EXACT_SEARCH_CELLS,
    Front,
    Menu,
    Option,
    Selection,
    checked,
    falling,
    search,
)

FLOATS, BYTES = 0, 1

Crossings = Mapping[tuple[str, str], float]
"""What going from floats to bytes costs between two operators, one after the other in the menu; 0 if not named."""


def crossing_cost(knobs: Mapping[str, Knob], crossings: Crossings) -> float:
    """What going from floats to bytes costs in all, with `knobs` by operator."""
    return sum(cost for (before, after), cost in crossings.items() if crosses(knobs[before], knobs[after]))


def chained_search(menu: Menu, crossings: Crossings) -> Front:
    """`search` with crossings; without them where there are none, or where the table would be too large.

    Raises as `chained_front` does.
    """
    cells = 4 * COST_STEPS * sum(len(options) for options in menu.values())  # each of two forms comes from two
    if not any(crossings.values()) or cells > EXACT_SEARCH_CELLS:
        return search(menu)
    span = sum(max(o.cost for o in options) - min(o.cost for o in options) for options in checked(menu).values())
    return chained_front(menu, crossings, unit=(span + sum(crossings.values())) / COST_STEPS)


def chained_front(menu: Menu, crossings: Crossings, unit: float) -> Front:
    """Every non-dominated selection, costs and crossings rounded to multiples of `unit` > 0.

    Raises ValueError if an operator has no option, or a cost or loss is not finite, or a loss or crossing is negative,
    or a crossing is between two operators that do not follow one another in the menu.
    """
    operators = list(checked(menu))
    if not operators:
        return Front((Selection({}, 0.0, 0.0),), 0.0)
    _check(crossings, operators)
    menu = {operator: _useful(options) for operator, options in menu.items()}
    knobs = {operator: [Knob.parse(option.knob) for option in options] for operator, options in menu.items()}
    least = {operator: min(option.cost for option in options) for operator, options in menu.items()}
    steps = {o: [round((option.cost - least[o]) / unit) for option in options] for o, options in menu.items()}
    between = [0, *(round(crossings.get(pair, 0.0) / unit) for pair in pairwise(operators))]
    size = 1 + sum(max(each) for each in steps.values()) + sum(between)
    # What comes before the first operator is on bytes: whatever that does costs no more for it.
    best = {BYTES: np.where(np.arange(size) == 0, 0.0, np.inf), FLOATS: np.full(size, np.inf)}
    came: list[NDArray[np.int16]] = []
    for place, operator in enumerate(operators):
        reached = {form: np.full(size, np.inf) for form in (FLOATS, BYTES)}
        origin = np.zeros((2, size), np.int16)
        for index, option in enumerate(menu[operator]):
            here = BYTES if knobs[operator][index].on_bytes else FLOATS
            for before in (FLOATS, BYTES):
                extra = steps[operator][index] + (between[place] if before < here else 0)
                candidate = best[before][: size - extra] + option.loss
                better = candidate < reached[here][extra:]
                reached[here][extra:][better] = candidate[better]
                origin[here, extra:][better] = 2 * index + before
        best = reached
        came.append(origin)
    least_loss = np.minimum(best[BYTES], best[FLOATS])
    ends = np.flatnonzero(least_loss < np.minimum.accumulate(np.concatenate(([np.inf], least_loss[:-1]))))
    last = np.where(best[BYTES][ends] <= best[FLOATS][ends], BYTES, FLOATS)
    picks = _traced(operators, steps, between, came, ends, last)
    return Front(tuple(falling(_selection(menu, knobs, pick, crossings) for pick in picks)), 0.0)


def _check(crossings: Crossings, operators: Sequence[str]) -> None:
    neighbours = set(pairwise(operators))
    for pair, cost in crossings.items():
        if not (np.isfinite(cost) and cost >= 0):
            raise ValueError(f"crossing from {pair[0]} to {pair[1]} costs {cost}; it has to be finite and not negative")
        if pair not in neighbours:
            raise ValueError(f"{pair[1]} does not follow {pair[0]} in the menu, so nothing crosses between them")


def _useful(options: Sequence[Option]) -> list[Option]:
    """Those that no other one of the same form beats in cost and loss; of equals the first."""
    least = {True: np.inf, False: np.inf}
    kept = []
    for option in sorted(options, key=lambda o: (o.cost, o.loss)):
        on_bytes = Knob.parse(option.knob).on_bytes
        if option.loss < least[on_bytes]:
            least[on_bytes] = option.loss
            kept.append(option)
    return kept


def _traced(
    operators: Sequence[str],
    steps: Mapping[str, Sequence[int]],
    between: Sequence[int],
    came: Sequence[NDArray[np.int16]],
    ends: NDArray[np.int64],
    last: NDArray[np.int64],
) -> list[dict[str, int]]:
    """Which option each operator has in the best selection that ends at each of `ends` in the form `last`."""
    position, here = ends.copy(), last.copy()
    picks: list[dict[str, int]] = [{} for _ in ends]
    for place in reversed(range(len(operators))):
        operator = operators[place]
        index, before = np.divmod(came[place][here, position], 2)
        position -= np.asarray(steps[operator])[index] + np.where(before < here, between[place], 0)
        here = before
        for pick, option in zip(picks, index, strict=True):
            pick[operator] = int(option)
    return [{operator: pick[operator] for operator in operators} for pick in picks]


def _selection(
    menu: Menu, knobs: Mapping[str, Sequence[Knob]], pick: Mapping[str, int], crossings: Crossings
) -> Selection:
    chosen = [menu[operator][index] for operator, index in pick.items()]
    between = crossing_cost({operator: knobs[operator][index] for operator, index in pick.items()}, crossings)
    return Selection(
        dict(zip(pick, (option.knob for option in chosen), strict=True)),
        sum(option.cost for option in chosen) + between,
        sum(option.loss for option in chosen),
    )
