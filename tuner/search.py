"""One knob per operator at the least predicted loss for every cost: a multiple-choice knapsack, solved exactly.

Costs and losses add up over operators. The dynamic programme gives the whole front at once; the convex front is what a
Lagrangian sweep over all multipliers finds, in sorting time, and says how far from the optimum it can be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
import numpy.typing as npt

EXACT_SEARCH_CELLS = 50_000_000
"""Most table cells the dynamic programme may fill (under a second) before the convex front answers instead."""

COST_STEPS = 8192
"""Into how many steps the range of whole-model costs is cut: finer than any clock measures."""


@dataclass(frozen=True)
class Option:
    """One knob of one operator: `cost` in any unit, predicted `loss` >= 0, both finite."""

    knob: str
    cost: float
    loss: float


@dataclass(frozen=True)
class Selection:
    """One knob for every operator, and the sums of their costs and losses."""

    knobs: Mapping[str, str]
    cost: float
    loss: float


@dataclass(frozen=True)
class Front:
    """Selections by rising cost and falling loss; at no cost does a selection exist that loses less by over `gap`."""

    selections: tuple[Selection, ...]
    gap: float


Menu = Mapping[str, Sequence[Option]]
"""Operator id -> its options, at least one each. Among equal options the first is taken."""


def search(menu: Menu, cost_steps: int = COST_STEPS) -> Front:
    """The front of `menu`: exact with costs rounded to `cost_steps` steps, convex where that table would be too large.

    Raises ValueError if an operator has no option, or an option's cost or loss is not finite or its loss negative.
    """
    if cost_steps * sum(len(options) for options in menu.values()) > EXACT_SEARCH_CELLS:
        return convex_front(menu)
    span = sum(max(o.cost for o in options) - min(o.cost for o in options) for options in checked(menu).values())
    return exact_front(menu, unit=span / cost_steps if span > 0 else 1.0)


def exact_front(menu: Menu, unit: float) -> Front:
    """Every non-dominated selection, costs rounded to multiples of `unit` > 0."""
    useful = {operator: _undominated(options) for operator, options in checked(menu).items()}
    steps = {operator: _steps_above_cheapest(options, unit) for operator, options in useful.items()}
    best = np.full(1 + sum(max(extra) for extra in steps.values()), np.inf)
    best[0] = 0.0
    choices: dict[str, npt.NDArray[np.int64]] = {}
    for operator, options in useful.items():
        reached = np.full(best.size, np.inf)
        choice = np.zeros(best.size, np.int64)
        for index, (option, extra) in enumerate(zip(options, steps[operator], strict=True)):
            candidate = best[: best.size - extra] + option.loss
            better = candidate < reached[extra:]
            reached[extra:][better] = candidate[better]
            choice[extra:][better] = index
        best, choices[operator] = reached, choice
    ends = np.flatnonzero(best < np.minimum.accumulate(np.concatenate(([np.inf], best[:-1]))))
    found = [_selection({o: useful[o][picks[o]] for o in useful}) for picks in _traced(choices, steps, ends)]
    return Front(tuple(falling(found)), gap=0.0)


def convex_front(menu: Menu) -> Front:
    """The selections that some price per unit of loss makes optimal: all that a Lagrangian sweep can find."""
    hulls = {operator: _lower_hull(_undominated(options)) for operator, options in checked(menu).items()}
    upgrades = [
        ((before.loss - after.loss) / (after.cost - before.cost), operator, after)
        for operator, hull in hulls.items()
        for before, after in pairwise(hull)
    ]
    chosen = {operator: hull[0] for operator, hull in hulls.items()}
    selections = [_selection(chosen)]
    for _, operator, option in sorted(upgrades, key=lambda upgrade: -upgrade[0]):
        chosen[operator] = option
        selections.append(_selection(chosen))
    # Between two neighbours the optimum lies on or above the line through them, so no lower than the second.
    gap = max((before.loss - after.loss for before, after in pairwise(selections)), default=0.0)
    return Front(tuple(falling(selections)), gap)


def checked(menu: Menu) -> Menu:
    """The menu itself. Raises ValueError if it cannot be searched."""
    for operator, options in menu.items():
        if not options:
            raise ValueError(f"{operator} has no option to choose from")
        for option in options:
            if not (isfinite(option.cost) and isfinite(option.loss) and option.loss >= 0):
                raise ValueError(f"{operator}={option.knob}: cost {option.cost}, loss {option.loss} cannot be searched")
    return menu


def _undominated(options: Iterable[Option]) -> list[Option]:
    """Rising cost, strictly falling loss."""
    kept: list[Option] = []
    for option in sorted(options, key=lambda o: (o.cost, o.loss)):
        if not kept or option.loss < kept[-1].loss:
            kept.append(option)
    return kept


def _lower_hull(options: Sequence[Option]) -> list[Option]:
    """Of undominated options, those on the lower convex hull of (cost, loss)."""
    hull: list[Option] = []
    for option in options:
        while len(hull) >= 2 and not _convex(hull[-2], hull[-1], option):
            hull.pop()
        hull.append(option)
    return hull


def _convex(a: Option, b: Option, c: Option) -> bool:
    return (a.loss - b.loss) * (c.cost - b.cost) > (b.loss - c.loss) * (b.cost - a.cost)


def _steps_above_cheapest(options: Sequence[Option], unit: float) -> list[int]:
    cheapest = options[0].cost
    return [round((option.cost - cheapest) / unit) for option in options]


def _traced(
    choices: dict[str, npt.NDArray[np.int64]], steps: Mapping[str, Sequence[int]], ends: npt.NDArray[np.int64]
) -> list[dict[str, int]]:
    """Which option each operator has in the best selection of each total cost in `ends`."""
    position = ends.copy()
    picks: list[dict[str, int]] = [{} for _ in ends]
    for operator in reversed(choices):
        index = choices[operator][position]
        position -= np.asarray(steps[operator])[index]
        for pick, option in zip(picks, index, strict=True):
            pick[operator] = int(option)
    return picks


def _selection(chosen: Mapping[str, Option]) -> Selection:
    knobs = {operator: option.knob for operator, option in chosen.items()}
    return Selection(knobs, sum(o.cost for o in chosen.values()), sum(o.loss for o in chosen.values()))


def falling(selections: Iterable[Selection]) -> list[Selection]:
    """Rising cost, strictly falling loss: rounding of costs can leave a selection that another one beats."""
    kept: list[Selection] = []
    for selection in sorted(selections, key=lambda s: (s.cost, s.loss)):
        if not kept or selection.loss < kept[-1].loss:
            kept.append(selection)
    return kept
