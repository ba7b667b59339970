"""How long a campaign will take, said before it begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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


TRIPLE = 3.0
"""Blocks of a round that compares one setting: exact, it and idle."""


Stop = Literal["width", "time"]
"""Why a campaign ended: every interval is as narrow as wanted, or what the plan allows is used up."""


@dataclass(frozen=True)
class Load:
    """What a plan follows from: a source's noise, and a device's power at rest and at work, in watts."""

    noise: Noise
    idle_w: float
    busy_w: float


@dataclass(frozen=True)
class Plan:
    """Blocks of `block_s` after `settle_s` that do not count, `blocks` of them in a round; about `pairs` clean rounds,
    `total_s` in all at most, of which `overhead_s` are for probe and warm-up."""

    block_s: float
    settle_s: float
    pairs: int
    total_s: float
    blocks: float = TRIPLE
    overhead_s: float = 0.0

    @property
    def round_s(self) -> float:
        return self.blocks * (self.block_s + self.settle_s)

    @property
    def rounds(self) -> int:
        """As many as the time is for."""
        return math.floor((self.total_s - self.overhead_s) / self.round_s + 1e-9)


def pair_spread(noise: Noise, idle_w: float, busy_w: float, window_s: float) -> float:
    """Standard deviation of the ratio that one round gives, as a share of the ratio, at worst."""
    exact, setting = busy_w - idle_w, LESS * (busy_w - idle_w)
    busy = math.hypot(noise.power_sd_w(window_s, busy_w), UNEVEN * busy_w)
    idle = math.hypot(noise.power_sd_w(window_s, idle_w), UNEVEN * idle_w)
    # Idle is taken off both: it errs in the ratio by the difference of the two only.
    return math.sqrt((busy / exact) ** 2 + (busy / setting) ** 2 + (idle * (1 / setting - 1 / exact)) ** 2)


def plan(
    loads: Sequence[Load], half_width: float, *, overhead_s: float = 0.0, blocks: float = TRIPLE,
    least_pairs: int = START_PAIRS, reserve: float = RESERVE,
) -> Plan:  # fmt: skip
    """The quickest campaign whose 95 % interval of the ratio reaches `half_width` (a share) on every device of `loads`,
    almost surely; devices measure at once.

    overhead_s: probe and warm-up, which count. blocks: of a round. reserve: of time, as a factor. Raises ValueError
    where busy is no more than idle.
    """
    for load in loads:
        if load.busy_w <= load.idle_w:
            raise ValueError(f"busy at {load.busy_w:.3f} W is no more than idle at {load.idle_w:.3f} W")
    shortest = max(load.noise.shortest_block_s(load.busy_w) for load in loads)
    lengths = np.geomspace(shortest, max(LONGEST_BLOCK_S, shortest), 60)
    settle_s = max(load.noise.settle_s for load in loads)
    plans = []
    for length in lengths.tolist():
        pairs = max(least_pairs, *(_pairs(load, length, half_width) for load in loads))
        total = overhead_s + reserve * pairs * blocks * (length + settle_s)
        plans.append(Plan(length, settle_s, pairs, total, blocks, overhead_s))
    return min(plans, key=lambda each: each.total_s)


def _pairs(load: Load, block_s: float, half_width: float) -> int:
    spread = pair_spread(load.noise, load.idle_w, load.busy_w, block_s)
    pairs = START_PAIRS
    while float(student.isf(0.025, pairs - 1)) * spread * math.sqrt(CUSHION / pairs) > half_width and pairs < 10_000:
        pairs = math.ceil(pairs * 1.1)
    return pairs


def looks(plan: Plan) -> tuple[int, ...]:
    """Numbers of pairs after which the interval is looked at: few, and fixed before anything is known."""
    first = min(START_PAIRS, plan.pairs)
    count = max(1, round(math.log(max(plan.pairs / first, 1.0)) / math.log(1.25)) + 1)
    return tuple(dict.fromkeys(round(each) for each in np.geomspace(first, plan.pairs, count).tolist()))
