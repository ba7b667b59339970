"""One energy campaign: prove a source, say how long it takes, warm up, measure rounds, stop, and tell; or refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from approxlite.formats.errors import UnstableError
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.energy.compare import compared
from approxlite.profiler.energy.design import EXACT, IDLE, Lengths, Placed, a_round, block_of
from approxlite.profiler.energy.measured import Measured, placed_rows
from approxlite.profiler.energy.outcome import EnergyOutcome, SourceRecord
from approxlite.profiler.energy.planning import Load, Plan, Stop, plan
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.prove import Measure, Probed, prove
from approxlite.profiler.energy.stopping import Stopping
from approxlite.profiler.energy.warm_up import BLOCK_S, MOST_BLOCKS, WarmUp

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
        load = Load(proven.source.noise, proven.idle_w, proven.busy_w)
        made = plan([load], self.half_width, overhead_s=overhead)
        if made.total_s > self.longest_s:
            raise UnstableError(
                f"{proven.source.candidate.name} is too coarse: ±{self.half_width:.0%} takes about "
                f"{made.total_s / 60:.0f} min, and {self.longest_s / 60:.0f} min are allowed"
            )
        self.progress(f"about {made.total_s / 60:.0f} min to ±{self.half_width:.0%}", 0.0)
        return made

    def _measure(self, measured: Measured, planned: Plan) -> Stop:
        noise = measured.source.noise
        lengths = Lengths(planned.block_s, planned.settle_s, noise.readings_s(planned.block_s))
        stopping = Stopping(planned, (self.setting,), self.half_width, self.seed, self.sessions)
        round_ = 0
        for session in range(self.sessions):
            if session:
                self.new_session(session)
                self.warm_up(None)
            while not stopping.session_is_over(session, round_) and stopping.has_time(self.spent_s):
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
                if stopping.is_narrow(session, round_, measured):
                    return "width"
        return "time"

    def _outcome(self, measured: Measured, planned: Plan, probed: Probed, stopped: Stop) -> EnergyOutcome:
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
        """Runs exact until the device is steady. Seconds it took."""
        self.progress("warming up", 0.0)
        begin, warm_up = self.spent_s, WarmUp(proven)
        for _ in range(MOST_BLOCKS):
            warm_up.add(self.run_blocks([block_of(EXACT, BLOCK_S, warm_up.readings_s, self.number())]))
            if warm_up.is_over:
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
