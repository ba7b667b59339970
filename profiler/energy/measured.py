"""Blocks of a design as they were measured: powers, what was left out, and the pairs that remain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.contamination import contaminated
from approxlite.profiler.energy.design import EXACT, IDLE, Placed
from approxlite.profiler.energy.ratio import Pairs
from approxlite.profiler.energy.readings import Floats
from approxlite.profiler.energy.source import Source, power_w

MIN_SPLIT = 6


@dataclass
class Measured:
    """Grows by whole rounds."""

    source: Source
    placed: list[Placed] = field(default_factory=list)
    blocks: list[AgentBlock] = field(default_factory=list)
    powers_w: list[float | None] = field(default_factory=list)

    def add(self, placed: Sequence[Placed], blocks: Sequence[AgentBlock]) -> None:
        """Blocks that were planned and have a row; others are as if never planned."""
        rows = {block.block: block for block in blocks}
        for each in placed:
            row = rows.get(each.plan.block)
            if row is not None and row.begin_ns is not None and row.end_ns is not None:
                self.placed.append(each)
                self.blocks.append(row)
                self.powers_w.append(power_w(row, self.source))

    def left_out(self) -> dict[int, str]:
        """Numbers of contaminated blocks, and why."""
        noise = self.source.noise
        lengths = [_length_s(block) - noise.settle_s for block in self.blocks]
        spreads = [
            noise.power_sd_w(max(length, 0.1), abs(power or 0.0))
            for length, power in zip(lengths, self.powers_w, strict=True)
        ]
        conditions = [f"{each.session} {each.condition}" for each in self.placed]
        return contaminated(self.blocks, conditions, self.powers_w, spreads)

    def reasons(self) -> dict[str, int]:
        return dict(Counter(self.left_out().values()))

    def rounds(self) -> list[dict[str, tuple[float, float, int]]]:
        """Of each round: power in W, seconds per inference and session by condition; clean blocks only."""
        bad = self.left_out()
        found: dict[tuple[int, int], dict[str, tuple[float, float, int]]] = {}
        for each, block, power in zip(self.placed, self.blocks, self.powers_w, strict=True):
            if block.block not in bad and power is not None:
                seconds = _length_s(block) / block.inferences if block.inferences else 0.0
                found.setdefault((each.session, each.round), {})[each.condition] = (power, seconds, each.session)
        return [found[key] for key in sorted(found)]

    def pairs(self, setting: str, *, beyond_idle: bool = True) -> Pairs:
        """What `setting` and exact cost per inference, in joules, of rounds in which all blocks needed are clean."""
        rows = []
        for round_ in self.rounds():
            if {setting, EXACT, IDLE} <= round_.keys():
                idle = round_[IDLE][0] if beyond_idle else 0.0
                costs = [(round_[name][0] - idle) * round_[name][1] for name in (setting, EXACT)]
                rows.append((*costs, round_[EXACT][2]))
        return Pairs.of(*np.array(rows, float).reshape(-1, 3).T)

    def same(self, random: np.random.Generator) -> Pairs:
        """Exact against itself: neighbouring rounds of one session, one of the two drawn to play the setting."""
        kept = [round_ for round_ in self.rounds() if {EXACT, IDLE} <= round_.keys()]
        costs = [((round_[EXACT][0] - round_[IDLE][0]) * round_[EXACT][1], round_[EXACT][2]) for round_ in kept]
        rows, place = [], 0
        while place + 1 < len(costs):
            (one, session), (other, following) = costs[place], costs[place + 1]
            if session != following:
                place += 1
                continue
            rows.append((one, other, session) if random.random() < 0.5 else (other, one, session))
            place += 2
        return Pairs.of(*np.array(rows, float).reshape(-1, 3).T)

    def idle_w(self) -> Floats:
        return np.array([round_[IDLE][0] for round_ in self.rounds() if IDLE in round_])


def _length_s(block: AgentBlock) -> float:
    return ((block.end_ns or 0) - (block.begin_ns or 0)) * 1e-9
