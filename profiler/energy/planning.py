"""How long a campaign will take, said before it begins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from approxlite.profiler.energy.noise import Noise

UNEVEN = 0.012
"""Standard deviation of a busy block's true power about its neighbours', as a share; probes see less of it."""

CUSHION = 2.0
"""More pairs than the mean case needs: the spread of a dozen pairs is often seen a third too large."""

LESS = 0.75
"""What a setting costs beyond idle may be this share of exact's per second; how much is not known beforehand."""

RESERVE = 1.2
"""Time for rounds that something disturbs, as a factor."""

START_PAIRS = 12
"""Before these no interval is looked at."""

LONGEST_BLOCK_S = 3600.0


@dataclass(frozen=True)
class Plan:
    """Blocks of `block_s` after `settle_s` that do not count; about `pairs` clean rounds, `total_s` in all at most."""

    block_s: float
    settle_s: float
    pairs: int
    total_s: float

    @property
    def round_s(self) -> float:
        """Exact, setting and idle."""
        return 3 * (self.block_s + self.settle_s)


def pair_spread(noise: Noise, idle_w: float, busy_w: float, window_s: float) -> float:
    """Standard deviation of the ratio that one round gives, as a share of the ratio, at worst."""
    exact, setting = busy_w - idle_w, LESS * (busy_w - idle_w)
    busy = math.hypot(noise.power_sd_w(window_s, busy_w), UNEVEN * busy_w)
    idle = math.hypot(noise.power_sd_w(window_s, idle_w), UNEVEN * idle_w)
    # Idle is taken off both: it errs in the ratio by the difference of the two only.
    return math.sqrt((busy / exact) ** 2 + (busy / setting) ** 2 + (idle * (1 / setting - 1 / exact)) ** 2)


def plan(noise: Noise, idle_w: float, busy_w: float, half_width: float, *, overhead_s: float = 0.0) -> Plan:
    """The quickest campaign whose 95 % interval of the ratio reaches `half_width` (a share), almost surely.

    overhead_s: probe and warm-up, which count. Raises ValueError where busy is no more than idle.
    """
    if busy_w <= idle_w:
        raise ValueError(f"busy at {busy_w:.3f} W is no more than idle at {idle_w:.3f} W")
    shortest = noise.shortest_block_s(busy_w)
    lengths = np.geomspace(shortest, max(LONGEST_BLOCK_S, shortest), 60)
    plans = [_plan_with(float(length), noise, idle_w, busy_w, half_width, overhead_s) for length in lengths]
    return min(plans, key=lambda each: each.total_s)


def _plan_with(
    block_s: float, noise: Noise, idle_w: float, busy_w: float, half_width: float, overhead_s: float
) -> Plan:
    spread = pair_spread(noise, idle_w, busy_w, block_s)
    pairs = START_PAIRS
    while float(student.isf(0.025, pairs - 1)) * spread * math.sqrt(CUSHION / pairs) > half_width and pairs < 10_000:
        pairs = math.ceil(pairs * 1.1)
    total = overhead_s + RESERVE * pairs * 3 * (block_s + noise.settle_s)
    return Plan(block_s, noise.settle_s, pairs, total)


def looks(plan: Plan) -> tuple[int, ...]:
    """Numbers of pairs after which the interval is looked at: few, and fixed before anything is known."""
    first = min(START_PAIRS, plan.pairs)
    count = max(1, round(math.log(max(plan.pairs / first, 1.0)) / math.log(1.25)) + 1)
    return tuple(dict.fromkeys(round(each) for each in np.geomspace(first, plan.pairs, count).tolist()))
