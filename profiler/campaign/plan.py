"""The blocks of a campaign on devices: which there are, in what order, under which numbers.

All of it follows from the operators, the seed and the design, so that an interrupted campaign, or one on more devices,
has the same blocks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from pydantic import Field

from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.document import Document
from approxlite.formats.scale import Scale
from approxlite.profiler.blocks import PlannedBlock, Subject
from approxlite.profiler.campaign.gaps import MOST_OPERATOR_RUNS
from approxlite.profiler.energy.design import JITTER
from approxlite.profiler.schedule import MAX_DEALT, rounds_per_sweep, schedule

NUMBERS_PER_ROUND = 64
"""Of blocks: idle, stock and up to 16 configurations, and all of them again where a round is mirrored."""

MIRRORED = NUMBERS_PER_ROUND // 2
PREPARATION = 900_000
"""Blocks from this number on warm a device up; they are no part of a campaign's blocks."""

SUSTAINED = 800_000
"""And those from this one up to that are of sustained runs."""

MAX_ROUNDS = SUSTAINED // NUMBERS_PER_ROUND
MIN_INFERENCES = 3
GAP_S = 0.8
"""Of uncounted work before blocks that tell energy, where timing their operators takes less than they work: the desk
looks between two blocks, and has to have room there."""

WORK_S = 0.5
"""What a block of an energy campaign does at least; it goes on for as long as power is read. Half of that or more comes
first and does not count: gauges settle within the block."""


class Design(Document):
    """How a campaign measures.

    sweeps: how often each knob of each operator is dealt; rounds: so many at least. block_s: what a block lasts, about.
    mirrored: each round is measured once more in reverse order, which cancels what drifts steadily. idle: rounds begin
    (and mirrored, end) with a block in which the device rests for as long. readings_ms, gap_ms: as in the agent
    protocol.
    """

    sweeps: Annotated[int, Field(ge=1)] = 6
    rounds: Annotated[int, Field(ge=0)] = 0
    block_s: Annotated[float, Field(gt=0)] = 0.05
    mirrored: bool = False
    idle: bool = False
    readings_ms: Annotated[float, Field(ge=0)] = 0.0
    gap_ms: Annotated[float, Field(ge=0)] = 0.0

    @property
    def tells_energy(self) -> bool:
        """Whether blocks have what energy is told from: rest to compare with, and readings within."""
        return self.idle and self.readings_ms > 0

    @property
    def work_s(self) -> float:
        """What a block's inferences last, about; where energy is told, they are repeated until the block is over."""
        return min(self.block_s, WORK_S) if self.tells_energy else self.block_s

    @property
    def longest_s(self) -> float:
        """A block that takes this much longer has met something that is no measurement."""
        return 20.0 + 20.0 * self.block_s


@dataclass(frozen=True)
class Slot:
    """One block of a round, the same on every device."""

    block: int
    subject: Subject
    configuration: str


@dataclass(frozen=True)
class RoundOfBlocks:
    """Blocks to be compared with one another, in the order they are measured, by one device if it lives."""

    number: int
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Calls:
    """How many inferences of each subject last about as long as a block should."""

    approxlite: int
    stock: int

    @classmethod
    def lasting(cls, block_s: float, exact_ns: float, stock_ns: float) -> Calls:
        return cls(*(max(MIN_INFERENCES, round(block_s * 1e9 / max(each, 1.0))) for each in (exact_ns, stock_ns)))


def rounds_of(operators: Sequence[OperatorWithKnobs], design: Design, *, seed: int) -> list[RoundOfBlocks]:
    """Every round of a campaign. ValueError for more than fit the numbers."""
    count = max(design.sweeps * rounds_per_sweep(operators), design.rounds)
    if count > MAX_ROUNDS:
        raise ValueError(f"{count} rounds, of at most {MAX_ROUNDS}")
    return [
        RoundOfBlocks(each.number, _slots(each.number, [str(c) for c in each.configurations], design, seed))
        for each in islice(schedule(operators, seed=seed), count)
    ]


def planned(
    slot: Slot, calls: Calls, design: Design, scales: dict[str, Scale], *, hottest_c: float = 0.0
) -> PlannedBlock:
    """The line of a plan. Blocks of the fastest configurations last less than a block should, never longer; but where
    energy is told, all are about equally long, and never in step with a gauge."""
    inferences = calls.stock if slot.subject == "stock" else calls.approxlite
    idle = slot.subject == "idle"
    return PlannedBlock(
        block=slot.block,
        subject=slot.subject,
        configuration=slot.configuration,
        scales=grids(scales, slot.configuration),
        inferences=0 if idle else inferences,
        uncounted=0 if idle else _uncounted(inferences, design),
        operators=slot.subject == "approxlite",
        seconds=_seconds(slot, design),
        gap_ms=0.0 if idle else design.gap_ms,
        readings_ms=design.readings_ms,
        longest_s=design.longest_s,
        hottest_c=hottest_c,
    )


def _uncounted(inferences: int, design: Design) -> int:
    if design.tells_energy and inferences > MOST_OPERATOR_RUNS:
        return math.ceil(inferences * GAP_S / design.work_s)
    return max(1, inferences // 2)


def _seconds(slot: Slot, design: Design) -> float:
    if design.tells_energy:
        return round(design.block_s * random.Random(slot.block).uniform(1 - JITTER, 1 + JITTER), 3)
    return design.block_s if slot.subject == "idle" else 0.0


def preparation(number: int, subject: Subject, seconds: float, *, readings_s: float = 0.0) -> PlannedBlock:
    """A block that warms a device up and shows how fast it is."""
    readings_ms = round(readings_s * 1e3)
    return PlannedBlock(
        block=PREPARATION + number, subject=subject, inferences=1, seconds=seconds, readings_ms=readings_ms
    )


def _slots(number: int, configurations: Sequence[str], design: Design, seed: int) -> tuple[Slot, ...]:
    assert len(configurations) <= MAX_DEALT + 2
    first = number * NUMBERS_PER_ROUND
    busy = [Slot(first + 1, "stock", "exact")]
    busy += [Slot(first + 2 + i, "approxlite", text) for i, text in enumerate(configurations)]
    random.Random(f"{seed} {number}").shuffle(busy)
    order = [Slot(first, "idle", "exact"), *busy] if design.idle else busy
    if design.mirrored:
        order += [Slot(slot.block + MIRRORED, slot.subject, slot.configuration) for slot in reversed(order)]
    return tuple(order)


def grids(scales: dict[str, Scale], configuration: str) -> dict[str, tuple[float, int]]:
    """Grids of the operators that a configuration names with int8."""
    atoms = dict(part.split("=", 1) for part in configuration.split(",") if "=" in part)
    named = ((name, (scale.scale, scale.zero_point)) for name, scale in scales.items())
    return {name: scale for name, scale in named if "int8" in atoms.get(name, "").split("+")}
