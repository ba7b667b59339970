"""The knapsack, with conversions between neighbours, finds what brute force finds, a large model's in a second."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, product

from approxlite.formats.configuration import Knob
from approxlite.tuner.chain import Crossings, chained_front, chained_search, crossing_cost
from approxlite.tuner.hypervolume import staircase
from approxlite.tuner.search import Menu, Option

INSTANCES = 300
OPERATORS = 107
KNOBS = (
    "exact", "int8", "inputs:3/4", "inputs:1/2", "inputs:1/4", "rank:1/2", "rows:3/4", "rows:1/2",
    "int8+inputs:3/4", "int8+inputs:1/2", "int8+inputs:1/4", "int8+rows:1/2",
)  # fmt: skip
MOST_SECONDS = 1.0


@dataclass(frozen=True)
class PlannerResult:
    """instances, equal: small menus tried, and those whose front was brute force's. seconds: of one core, for the large
    menu."""

    instances: int
    equal: int
    seconds: float
    gap: float


def measure_planner() -> PlannerResult:
    order = random.Random(0)
    equal = 0
    for _ in range(INSTANCES):
        menu = _menu(order, order.randint(1, 5), order.randint(1, 4), whole=True)
        crossings = {pair: float(order.randint(0, 6)) for pair in pairwise(menu)}
        picks = [dict(zip(menu, pick, strict=True)) for pick in product(*menu.values())]
        truth = staircase((_cost(pick, crossings), sum(o.loss for o in pick.values())) for pick in picks)
        equal += [(s.cost, s.loss) for s in chained_front(menu, crossings, unit=1.0).selections] == truth
    large = _menu(order, OPERATORS, len(KNOBS), whole=False)
    crossings = {pair: order.uniform(0, 5) for pair in pairwise(large)}
    begin = time.process_time()
    front = chained_search(large, crossings)
    return PlannerResult(INSTANCES, equal, time.process_time() - begin, front.gap)


def _menu(order: random.Random, operators: int, knobs: int, *, whole: bool) -> Menu:
    """Whole costs and losses in sixteenths add up without rounding, so fronts can be compared to the bit."""

    def option(knob: str) -> Option:
        if whole:
            return Option(knob, float(order.randint(0, 12)), order.randint(0, 20) / 16)
        return Option(knob, order.uniform(1, 100), order.expovariate(10))

    return {f"conv_2d_{i}": [option(knob) for knob in order.sample(KNOBS, knobs)] for i in range(operators)}


def _cost(pick: Mapping[str, Option], crossings: Crossings) -> float:
    knobs = {operator: Knob.parse(option.knob) for operator, option in pick.items()}
    return sum(option.cost for option in pick.values()) + crossing_cost(knobs, crossings)
