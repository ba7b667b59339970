"""The best selection under side constraints: memory, operators that share a knob, few different knobs.

A mixed-integer programme, solved by HiGHS to a proven optimum (Huangfu and Hall, Mathematical Programming Computation
2018). The front without constraints comes quicker from search.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from approxlite.formats.configuration import EXACT
from approxlite.tuner.search import Menu, Selection, checked

Choice = tuple[str, str]
"""Operator id and knob text."""

Objective = Literal["cost", "loss"]


@dataclass(frozen=True)
class Limit:
    """`amounts`, 0 where a choice is not named, may add up to `most`: bytes of weights, millijoules, anything."""

    name: str
    amounts: Mapping[Choice, float]
    most: float


@dataclass(frozen=True)
class Constraints:
    """cost, loss: the most that the whole may have. alike: groups of operators that get the same knob.

    distinct: how many different knobs may occur beside exact.
    """

    cost: float = float("inf")
    loss: float = float("inf")
    limits: Sequence[Limit] = ()
    alike: Sequence[Sequence[str]] = field(default_factory=tuple)
    distinct: int | None = None


def constrained(menu: Menu, minimise: Objective, constraints: Constraints) -> Selection | None:
    """A selection with the least cost or loss; None if none meets the constraints.

    Raises ValueError for a menu that cannot be searched or a constraint that names what it does not have.
    """
    choices = [(operator, option) for operator, options in checked(menu).items() for option in options]
    known = {(operator, option.knob) for operator, option in choices}
    for limit in constraints.limits:
        for choice in limit.amounts:
            if choice not in known:
                raise ValueError(f"limit '{limit.name}' names {choice[0]}={choice[1]}, which is no choice")
    texts = sorted({option.knob for _, option in choices} - {EXACT})
    columns = len(choices) + (len(texts) if constraints.distinct is not None else 0)
    rows: list[dict[int, float]] = []
    low: list[float] = []
    high: list[float] = []

    def add(row: Mapping[int, float], least: float, most: float) -> None:
        rows.append(dict(row))
        low.append(least)
        high.append(most)

    for operator in menu:
        add({i: 1.0 for i, (o, _) in enumerate(choices) if o == operator}, 1, 1)
    for attribute, most in (("cost", constraints.cost), ("loss", constraints.loss)):
        if np.isfinite(most):
            add({i: getattr(option, attribute) for i, (_, option) in enumerate(choices)}, -np.inf, most)
    for limit in constraints.limits:
        add({i: limit.amounts.get((o, option.knob), 0.0) for i, (o, option) in enumerate(choices)}, -np.inf, limit.most)
    for group in constraints.alike:
        for first, second in pairwise(group):
            if not {first, second} <= set(menu):
                raise ValueError(f"operators {first} and {second} cannot be alike: the menu does not have both")
            for knob in {option.knob for operator in (first, second) for option in menu[operator]}:
                row: dict[int, float] = {}
                for i, (operator, option) in enumerate(choices):
                    if option.knob == knob and operator in (first, second):
                        row[i] = 1.0 if operator == first else -1.0
                add(row, 0, 0)
    if constraints.distinct is not None:
        used = {text: len(choices) + i for i, text in enumerate(texts)}
        for i, (_, option) in enumerate(choices):
            if option.knob != EXACT:
                add({i: 1.0, used[option.knob]: -1.0}, -np.inf, 0)
        add(dict.fromkeys(used.values(), 1.0), -np.inf, constraints.distinct)
    goal = np.zeros(columns)
    goal[: len(choices)] = [getattr(option, minimise) for _, option in choices]
    places = [(r, c, value) for r, row in enumerate(rows) for c, value in row.items()]
    matrix = csr_array(
        ([v for *_, v in places], ([r for r, *_ in places], [c for _, c, _ in places])), shape=(len(rows), columns)
    )
    solved = milp(
        goal,
        constraints=LinearConstraint(matrix, low, high),
        integrality=np.ones(columns, np.int64),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:
        return None
    picked = {o: option for i, (o, option) in enumerate(choices) if solved.x[i] > 0.5}
    return Selection(
        {operator: picked[operator].knob for operator in menu},
        sum(option.cost for option in picked.values()),
        sum(option.loss for option in picked.values()),
    )
