"""Blocks of a design as they were measured: powers, what was left out, and the pairs that remain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.contamination import contaminated
from approxlite.profiler.energy.design import EXACT, IDLE, Placed
from approxlite.profiler.energy.ratio import Pairs
from approxlite.profiler.energy.readings import Floats
from approxlite.profiler.energy.source import Source, parts_w, power_w

MOST_PARTS = 10
"""Into which a block is cut to see whether something came and went."""

LOAD = 0.5
"""Of the noise that a probe saw of a flow, the share that is the source's; the rest is the load's own unrest, which
blocks show themselves."""


@dataclass(frozen=True)
class RoundBlock:
    """A row and where it stands. condition: `idle`, `exact`, another configuration, or what else is compared.

    Rows of a round are minutes apart at most; one condition may stand in a round more than once.
    """

    row: AgentBlock
    condition: str
    round: int
    session: int = 0

    @property
    def length_s(self) -> float:
        """0 for a row without times."""
        return ((self.row.end_ns or 0) - (self.row.begin_ns or 0)) * 1e-9


@dataclass(frozen=True)
class Cost:
    """Of a condition in one round. inference_s: of one inference, 0 for idle."""

    power_w: float
    inference_s: float
    session: int

    def beyond(self, idle_w: float) -> float:
        """Joules of an inference."""
        return (self.power_w - idle_w) * self.inference_s


@dataclass
class Measured:
    """Grows by whole rounds."""

    source: Source
    blocks: list[RoundBlock] = field(default_factory=list)
    powers_w: list[float | None] = field(default_factory=list)
    _left_out: dict[int, str] | None = None

    def add(self, blocks: Iterable[RoundBlock]) -> None:
        """Blocks without times are as if never measured."""
        self._left_out = None
        for block in blocks:
            if block.row.begin_ns is not None and block.row.end_ns is not None:
                self.blocks.append(block)
                self.powers_w.append(power_w(block.row, self.source))

    def left_out(self) -> dict[int, str]:
        """Numbers of contaminated blocks, and why."""
        if self._left_out is None:
            self._left_out = self._contaminated()
        return self._left_out

    def _contaminated(self) -> dict[int, str]:
        noise = self.source.noise
        counts = {works: self._parts(works) for works in (False, True)}
        parts, spreads = [], []
        for block, power in zip(self.blocks, self.powers_w, strict=True):
            window_s, count = max(block.length_s - noise.settle_s, 0.1), counts[block.row.inferences > 0]
            # Over parts shows what a lagging source still tells of the block before; over the whole it hardly counts.
            parts.append(parts_w(block.row, self.source, count, 3 * noise.lag_s if count > 1 else 0.0))
            lengths_s = [window_s * n / count for n in range(1, count + 1)]
            spread = np.array([noise.power_sd_w(length_s, abs(power or 0.0)) for length_s in lengths_s])
            spreads.append(spread if self.source.candidate.counts_up else LOAD * spread)
        rows, sessions = [each.row for each in self.blocks], [each.session for each in self.blocks]
        return contaminated(rows, [each.condition for each in self.blocks], parts, spreads, sessions)

    def _parts(self, works: bool) -> int:
        """Of a block at work or at rest, as many as the source has something to say of."""
        noise = self.source.noise
        alike = [
            (block.length_s, power)
            for block, power in zip(self.blocks, self.powers_w, strict=True)
            if (block.row.inferences > 0) == works and power is not None
        ]
        if not alike:
            return 1
        length_s = max(min(length for length, _ in alike) - noise.settle_s, 0.0)
        step_s = noise.step_j / max(float(np.median([power for _, power in alike])), 1e-9)
        part_s = 2 * max(noise.refresh_s, noise.readings_s(length_s), step_s)
        return max(1, min(MOST_PARTS, int(length_s / part_s)))

    def reasons(self) -> dict[str, int]:
        return dict(Counter(self.left_out().values()))

    def rounds(self) -> list[dict[str, Cost]]:
        """Costs by condition, of each round in order; clean blocks only, those of one condition averaged."""
        bad = self.left_out()
        found: dict[tuple[int, int], dict[str, list[Cost]]] = {}
        for block, power in zip(self.blocks, self.powers_w, strict=True):
            if block.row.block not in bad and power is not None:
                seconds = block.length_s / block.row.inferences if block.row.inferences else 0.0
                round_ = found.setdefault((block.session, block.round), {})
                round_.setdefault(block.condition, []).append(Cost(power, seconds, block.session))
        return [{name: _mean(costs) for name, costs in found[key].items()} for key in sorted(found)]

    def pairs(self, setting: str, *, beyond_idle: bool = True) -> Pairs:
        """What `setting` and exact cost per inference, in joules, of rounds in which all blocks needed are clean."""
        rows = []
        for round_ in self.rounds():
            if {setting, EXACT, IDLE} <= round_.keys():
                idle_w = round_[IDLE].power_w if beyond_idle else 0.0
                costs = [round_[name].beyond(idle_w) for name in (setting, EXACT)]
                rows.append((*costs, round_[EXACT].session))
        return Pairs.of(*np.array(rows, float).reshape(-1, 3).T)

    def same(self, random: np.random.Generator) -> Pairs:
        """Exact against itself: neighbouring rounds of one session, one of the two drawn to play the setting."""
        kept = [round_ for round_ in self.rounds() if {EXACT, IDLE} <= round_.keys()]
        costs = [(round_[EXACT].beyond(round_[IDLE].power_w), round_[EXACT].session) for round_ in kept]
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
        return np.array([round_[IDLE].power_w for round_ in self.rounds() if IDLE in round_])


def placed_rows(placed: Sequence[Placed], rows: Sequence[AgentBlock]) -> list[RoundBlock]:
    """Planned blocks that have a row."""
    known = {row.block: row for row in rows}
    return [
        RoundBlock(known[each.plan.block], each.condition, each.round, each.session)
        for each in placed
        if each.plan.block in known
    ]


def _mean(costs: Sequence[Cost]) -> Cost:
    """Power and time are averaged apart: copies of a block are equally long."""
    return Cost(
        sum(cost.power_w for cost in costs) / len(costs),
        sum(cost.inference_s for cost in costs) / len(costs),
        costs[0].session,
    )
