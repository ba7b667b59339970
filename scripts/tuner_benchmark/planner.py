"""The knapsack finds what brute force finds, and a large model takes it less than a second."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from itertools import product

from approxlite.tuner.hypervolume import staircase
from approxlite.tuner.search import Menu, Option, exact_front, search

INSTANCES = 300
OPERATORS, KNOBS = 107, 12
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
        picks = product(*menu.values())
        truth = staircase((sum(o.cost for o in pick), sum(o.loss for o in pick)) for pick in picks)
        equal += [(s.cost, s.loss) for s in exact_front(menu, unit=1.0).selections] == truth
    large = _menu(order, OPERATORS, KNOBS, whole=False)
    begin = time.process_time()
    front = search(large)
    return PlannerResult(INSTANCES, equal, time.process_time() - begin, front.gap)


def _menu(order: random.Random, operators: int, knobs: int, *, whole: bool) -> Menu:
    """Whole costs and losses in sixteenths add up without rounding, so fronts can be compared to the bit."""

    def option(number: int) -> Option:
        if whole:
            return Option(f"k{number}", float(order.randint(0, 12)), order.randint(0, 20) / 16)
        return Option(f"k{number}", order.uniform(1, 100), order.expovariate(10))

    return {f"conv_2d_{i}": [option(number) for number in range(knobs)] for i in range(operators)}
