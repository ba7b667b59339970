"""One energy campaign: prove a source, say how long it takes, warm up, measure rounds, stop, and tell; or refuse."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.stats import t as student

from approxlite.formats.errors import UnstableError
from approxlite.formats.interval import Estimate
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.energy.contamination import disturbed_state
from approxlite.profiler.energy.design import EXACT, IDLE, SAMPLES, Lengths, Placed, a_round, block_of
from approxlite.profiler.energy.measured import Measured
from approxlite.profiler.energy.noise import RANKING
from approxlite.profiler.energy.outcome import EnergyOutcome, SourceRecord
from approxlite.profiler.energy.planning import Plan, looks, plan
from approxlite.profiler.energy.probe import Proven, Refused, probe
from approxlite.profiler.energy.ratio import Pairs, half_width, mean_estimate, ratio_estimate
from approxlite.profiler.energy.source import power_w
from approxlite.profiler.energy.warm_up import WINDOW, WINDOWS, steady

PROBE_S = (10.0, 150.0, 900.0)
"""Length of a step of the probe; the longer ones for what is too coarse for the shorter."""

PROBE_STEPS = 5
PROBE_TRIES = 3
"""A probe in which the device itself reports a disturbance is made again."""

WARM_UP_BLOCK_S = 5.0
MAX_WARM_UP_BLOCKS = 60

SAME_CONFIDENCE = 0.99
"""Of exact against itself: one sound campaign in a hundred is refused for nothing."""

APART = 4.0
"""Standard errors by which the ratios of two sessions may differ."""

Measure = Callable[[Sequence[PlannedBlock]], Sequence[AgentBlock]]
"""Has a device measure blocks in order, and returns their rows."""

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
    _next: int = 0
    spent_s: float = 0.0
    _refused: list[Refused] = field(default_factory=list)

    def run(self) -> EnergyOutcome:
        """The whole campaign."""
        proven = self.proven_source()
        warm_s = self.warm_up(proven)
        planned = self.planned(proven, warm_s)
        measured = self.measured = Measured(proven.source)
        stopped = self._measure(measured, planned)
        return self._outcome(measured, planned, stopped)

    def proven_source(self) -> Proven:
        """The best source that follows a load, by a probe that is as long as it needs."""
        best: Proven | None = None
        for seconds in PROBE_S:
            self.progress("looking for an energy source", 0.0)
            conditions = [IDLE if step % 2 == 0 else EXACT for step in range(PROBE_STEPS)]
            for _ in range(PROBE_TRIES):
                rows = self.run_blocks([block_of(each, seconds, seconds / 40, self.number()) for each in conditions])
                if not any(disturbed_state(row) for row in rows):
                    break
            proven, self._refused = probe(rows)
            best = proven[0] if proven else None
            reached = len(RANKING) if best is None else RANKING.index(best.source.kind)
            if not any(each.undecided and RANKING.index(each.candidate.kind) < reached for each in self._refused):
                break
        if best is None:
            said = "; ".join(f"{each.candidate.name}: {each.why}" for each in self._refused) or "it has none"
            raise UnstableError(f"no energy source of this device can be trusted ({said}); latency is still measured")
        return best

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
        lengths = Lengths(planned.block_s, planned.settle_s, self._readings_s(measured, planned))
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
            return half_width(ratio_estimate(pairs, self._random(len(pairs)))) <= self.half_width
        except ValueError:
            return False

    def _outcome(self, measured: Measured, planned: Plan, stopped: Literal["width", "time"]) -> EnergyOutcome:
        pairs = measured.pairs(self.setting)
        reasons = measured.reasons()
        try:
            ratio = ratio_estimate(pairs, self._random(len(pairs)))
            whole = ratio_estimate(measured.pairs(self.setting, beyond_idle=False), self._random(-1))
        except ValueError as problem:
            raise UnstableError(f"no energy figure: {problem}; {sum(reasons.values())} blocks left out") from None
        same = same_estimate(measured.same(self._random(-2)))
        if not same.low <= 1 <= same.high:
            raise UnstableError(
                f"no energy figure: exact against itself gives {same.value:.3f} ({same.low:.3f} to {same.high:.3f}); "
                "something disturbs this device, try again later"
            )
        _sessions_agree(pairs)
        return EnergyOutcome(
            configuration=self.setting,
            source=self._record(measured),
            ratio=ratio,
            whole_ratio=whole,
            exact_mj=mean_estimate(pairs.exact * 1e3),
            setting_mj=mean_estimate(pairs.setting * 1e3),
            idle_w=mean_estimate(measured.idle_w()),
            same=same,
            planned_s=planned.total_s,
            spent_s=self.spent_s,
            stopped=stopped,
            left_out=reasons,
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
        measured.add(placed, self.run_blocks([each.plan for each in placed]))

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

    def _random(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream + 2])

    @staticmethod
    def _readings_s(measured: Measured, planned: Plan) -> float:
        refresh = measured.source.noise.refresh_s
        return max(0.05, min(planned.block_s / SAMPLES, refresh / 6 if refresh else math.inf))

    def _record(self, measured: Measured) -> SourceRecord:
        source = measured.source
        return SourceRecord(
            kind=source.kind,
            facilities=source.candidate.facilities,
            corrected=source.corrected,
            step_j=source.noise.step_j,
            lag_s=source.noise.lag_s,
            refused={each.candidate.name: each.why for each in self._refused},
        )


def same_estimate(pairs: Pairs) -> Estimate:
    """Exact against itself, by Student's interval: too few pairs for a bootstrap. Raises UnstableError below three."""
    if pairs.freedom < 2:
        raise UnstableError("no energy figure: too few clean rounds to compare exact with itself")
    reach = float(student.isf((1 - SAME_CONFIDENCE) / 2, pairs.freedom)) * pairs.standard_error
    return Estimate(
        value=pairs.ratio, low=pairs.ratio - reach, high=pairs.ratio + reach, samples=len(pairs),
        confidence=SAME_CONFIDENCE,
    )  # fmt: skip


def _sessions_agree(pairs: Pairs) -> None:
    parts = [pairs.session == session for session in np.unique(pairs.session)]
    if len(parts) < 2:
        return
    alone = [Pairs.of(pairs.setting[part], pairs.exact[part]) for part in parts]
    for one in alone:
        for other in alone:
            if abs(one.ratio - other.ratio) > APART * math.hypot(one.standard_error, other.standard_error):
                raise UnstableError(
                    f"no energy figure: one session gives {one.ratio:.3f}, another {other.ratio:.3f}; measure again"
                )
