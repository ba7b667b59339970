"""Which blocks to measure, in which order: rounds in which every condition stands once, in random order."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from approxlite.profiler.blocks import PlannedBlock

IDLE = "idle"
EXACT = "exact"
JITTER = 0.1
"""Lengths of blocks differ by up to this share, so that they never keep step with a gauge."""

SAMPLES = 20
"""Readings aimed for in a block."""


@dataclass(frozen=True)
class Placed:
    """A planned block and where it stands in the design. A condition is `idle`, or a configuration."""

    plan: PlannedBlock
    condition: str
    session: int
    round: int


@dataclass(frozen=True)
class Lengths:
    """Of blocks: in all, and between two readings."""

    block_s: float
    settle_s: float
    readings_s: float

    @property
    def whole_s(self) -> float:
        return self.block_s + self.settle_s


def a_round(
    conditions: Sequence[str], lengths: Lengths, *, session: int, round_: int, first: int, seed: int,
    scales: Mapping[str, Mapping[str, tuple[float, int]]] | None = None, gap_ms: float = 0.0,
) -> list[Placed]:  # fmt: skip
    """Every condition once. first: number of the first block. scales: of configurations that need some."""
    order = random.Random(f"{seed} {session} {round_}")
    shuffled = order.sample(list(conditions), len(conditions))
    return [
        Placed(
            block_of(
                condition, lengths.whole_s * order.uniform(1 - JITTER, 1 + JITTER), lengths.readings_s, first + place,
                dict((scales or {}).get(condition, {})), gap_ms,
            ),
            condition, session, round_,
        )
        for place, condition in enumerate(shuffled)
    ]  # fmt: skip


def block_of(
    condition: str, seconds: float, readings_s: float, number: int,
    scales: dict[str, tuple[float, int]] | None = None, gap_ms: float = 0.0,
) -> PlannedBlock:  # fmt: skip
    """A block of about `seconds`, at least one inference unless idle."""
    idle = condition == IDLE
    return PlannedBlock(
        block=number,
        subject="idle" if idle else "approxlite",
        configuration=EXACT if idle else condition,
        scales=scales or {},
        inferences=0 if idle else 1,
        seconds=round(seconds, 3),
        gap_ms=0.0 if idle else gap_ms,
        readings_ms=round(readings_s * 1e3),
        longest_s=round(2 * seconds + 30, 3),
    )
