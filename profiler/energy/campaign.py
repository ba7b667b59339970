"""One energy campaign: prove a source, say how long it takes, warm up, measure rounds, stop, and tell; or refuse."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from approxlite.formats.errors import UnstableError
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.energy.compare import compared, drawn
from approxlite.profiler.energy.design import EXACT, IDLE, Lengths, Placed, a_round, block_of
from approxlite.profiler.energy.measured import Measured, placed_rows
from approxlite.profiler.energy.outcome import EnergyOutcome, SourceRecord
from approxlite.profiler.energy.planning import Plan, looks, plan
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.prove import Measure, Probed, prove
from approxlite.profiler.energy.ratio import Pairs, half_width, ratio_estimate
from approxlite.profiler.energy.source import power_w
from approxlite.profiler.energy.warm_up import WINDOW, WINDOWS, steady

WARM_UP_BLOCK_S = 5.0
MAX_WARM_UP_BLOCKS = 60

Progress = Callable[[str, float], None]


@dataclass
class EnergyCampaign:
    """Compares one configuration with exact on one device. Raises UnstableError, one line, where no number is due.

    half_width: wanted, of the ratio's 95 % interval, as a share. longest_s: what the campaign may take in all.
    new_session: called before every session but the first, for a reboot or another day. measured: what `run` measured.
    """

    measure: Measure
    setting: str
    seed: int = 0
    half_width: float = 0.03
    longest_s: float = 1800.0
    sessions: int = 1
    new_session: Callable[[int], None] = lambda _session: None
    progress: Progress = lambda _what, _share: None
    measured: Measured | None = None
    spent_s: float = 0.0
    _next: int = 0

    def run(self) -> EnergyOutcome:
        """The whole campaign."""
        probed = self.probed()
        proven = probed.proven
        warm_s = self.warm_up(proven)
        planned = self.planned(proven, warm_s)
        measured = self.measured = Measured(proven.source)
        stopped = self._measure(measured, planned)
        return self._outcome(measured, planned, probed, stopped)

    def probed(self) -> Probed:
        """The best source that follows a load. Raises UnstableError where there is none."""
        self.progress("looking for an energy source", 0.0)
        return prove(self.run_blocks, self.number)

    def planned(self, proven: Proven, warm_s: float) -> Plan:
        """How long it will take, before it begins. Raises UnstableError where that is too long."""
        overhead = self.spent_s + warm_s * (self.sessions - 1)
        made = plan(proven.source.noise, proven.idle_w, proven.busy_w, self.half_width, overhead_s=overhead)
        if made.total_s > self.longest_s:
            raise UnstableError(
                f"{proven.source.candidate.name} is too coarse: ±{self.half_width:.0%} takes about "
                f"{made.total_s / 60:.0f} min, and {self.longest_s / 60:.0f} min are allowed"
            )
        self.progress(f"about {made.total_s / 60:.0f} min to ±{self.half_width:.0%}", 0.0)
        return made

    def _measure(self, measured: Measured, planned: Plan) -> Literal["width", "time"]:
        noise = measured.source.noise
        lengths = Lengths(planned.block_s, planned.settle_s, noise.readings_s(planned.block_s))
        wanted = looks(planned)
        per_session = math.ceil(planned.pairs / self.sessions)
        round_ = 0
        for session in range(self.sessions):
            if session:
                self.new_session(session)
                self.warm_up(None)
            until = per_session * (session + 1) if session + 1 < self.sessions else math.inf
            while round_ < until and self.spent_s + planned.round_s * 1.1 <= planned.total_s:
                placed = a_round(
                    (EXACT, self.setting, IDLE),
                    lengths,
                    session=session,
                    round_=round_,
                    first=self._next,
                    seed=self.seed,
                )
                self._next += len(placed)
                self._add(measured, placed)
                round_ += 1
                self.progress("measuring", min(self.spent_s / planned.total_s, 1.0))
                last = session + 1 == self.sessions
                pairs = measured.pairs(self.setting) if last and round_ >= wanted[0] else None
                if pairs is not None and len(pairs) >= wanted[0]:
                    wanted = tuple(look for look in wanted if look > len(pairs)) or (len(pairs) + 2,)
                    if self._narrow(pairs):
                        return "width"
        return "time"

    def _narrow(self, pairs: Pairs) -> bool:
        """Looks at the width alone, never at the value: that is why an interval may be given at the stop."""
        try:
            return half_width(ratio_estimate(pairs, drawn(self.seed, len(pairs)))) <= self.half_width
        except ValueError:
            return False

    def _outcome(
        self, measured: Measured, planned: Plan, probed: Probed, stopped: Literal["width", "time"]
    ) -> EnergyOutcome:
        return EnergyOutcome(
            **dict(compared(measured, self.setting, self.seed)),
            source=SourceRecord.of(measured.source, probed.refused),
            planned_s=planned.total_s,
            spent_s=self.spent_s,
            stopped=stopped,
            left_out=measured.reasons(),
            sessions=self.sessions,
        )

    def warm_up(self, proven: Proven | None) -> float:
        """Runs exact until latency is steady, and power, where the source is fine enough to tell. Seconds it took."""
        self.progress("warming up", 0.0)
        begin, latencies, powers = self.spent_s, [], []
        fine = (
            proven is not None and proven.source.noise.power_sd_w(WARM_UP_BLOCK_S, proven.busy_w) < proven.busy_w / 200
        )
        for _ in range(MAX_WARM_UP_BLOCKS):
            for row in self.run_blocks([block_of(EXACT, WARM_UP_BLOCK_S, WARM_UP_BLOCK_S / 10, self.number())]):
                if row.latency_ns is not None and row.inferences:
                    latencies.append(row.latency_ns.total / row.inferences)
                power = power_w(row, proven.source) if fine and proven is not None else None
                if power is not None:
                    powers.append(power)
            if steady(latencies) and (steady(powers) or len(powers) < WINDOW * WINDOWS // 2):
                break
        return self.spent_s - begin

    def _add(self, measured: Measured, placed: Sequence[Placed]) -> None:
        measured.add(placed_rows(placed, self.run_blocks([each.plan for each in placed])))

    def run_blocks(self, blocks: Sequence[PlannedBlock]) -> Sequence[AgentBlock]:
        """Measures, and adds up the time it takes."""
        rows = self.measure(blocks)
        for row in rows:
            self.spent_s += row.waited_s + ((row.end_ns or 0) - (row.begin_ns or 0)) * 1e-9
        return rows

    def number(self) -> int:
        """Of the next block."""
        self._next += 1
        return self._next - 1
