"""One profiling campaign: rounds of whole-model runs under designed configurations, beside exact and stock LiteRT.

Each block is on the disk before the next is measured, so an interrupted campaign goes on where it stopped.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Literal, Protocol

from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.document import now
from approxlite.formats.profile import BlockRow, CampaignRow, DeviceState, Latency, ProfileJournal
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.scale import Scale
from approxlite.profiler.schedule import MAX_DEALT, Round, rounds_per_sweep, schedule

BLOCK_MS = 4.0
"""Aimed-for length of a block, twice: once without and once with the timers of the operators."""

UNCOUNTED = 0.5
"""Runs before a block that are not counted, as a share of it."""

LONGEST_BLOCK_S = 5.0
"""Rows of a journal that are farther apart have a pause between them."""

MIN_CALLS = 3
MAX_CALLS = 200
BLOCKS_PER_ROUND = MAX_DEALT + 3
"""Numbers kept for the blocks of a round: stock, the anchors, and what was dealt."""

MIN_SWEEPS = 6
"""Fewer medians than six have no 95 % interval."""

MAX_SWEEPS = 30
"""More would narrow no interval that drift does not widen again."""

STEADY = 0.03
"""Relative change between warm-up blocks below which the machine counts as warm."""

MAX_WARM_UP_BLOCKS = 40

Progress = Callable[[str, float], None]
"""Told what is happening and which share of the whole is done."""


class Stock(Protocol):
    """The same model without us, its input already set."""

    def invoke(self) -> None: ...


class Timed(Stock, Protocol):
    """The model under test, its input already set; `approxlite.runtime.Interpreter` is one."""

    rung: int
    time_operators: bool

    @property
    def operators(self) -> Sequence[OperatorWithKnobs]: ...

    def set_ladder(self, ladder: Sequence[RungSpec]) -> None: ...

    def operator_times(self) -> dict[str, int]: ...


@dataclass(frozen=True)
class Calls:
    """Inferences of each subject that last about as long as a block should."""

    ours: int
    stock: int


@dataclass
class Campaign:
    """Measures `ours` and `stock` and appends blocks to `journal`; those `done` by an earlier run are not repeated, and
    the time they took counts.

    `scales` put int8 operators on fixed 8-bit grids, as calibration will. `state` is asked after each block.
    """

    opening: CampaignRow
    ours: Timed
    stock: Stock
    journal: ProfileJournal
    seed: int
    scales: dict[str, Scale] = field(default_factory=dict)
    done: Sequence[BlockRow] = ()
    state: Callable[[], DeviceState] = DeviceState

    def run(self, budget_s: float, progress: Progress = lambda _what, _share: None) -> None:
        """Measures until `budget_s` seconds have passed or `MAX_SWEEPS` are done, but at least `MIN_SWEEPS`."""
        begin = time.monotonic() - _seconds_spent(self.done)
        sweep = rounds_per_sweep(self.ours.operators)
        progress("waiting until timings are steady", 0.0)
        calls = self._warmed_up()
        for round_ in schedule(self.ours.operators, seed=self.seed):
            spent, most, least = (time.monotonic() - begin) / budget_s, MAX_SWEEPS * sweep, MIN_SWEEPS * sweep
            if round_.number >= most or (round_.number >= least and spent >= 1):
                break
            progress("measuring", max(round_.number / most, min(spent, round_.number / least)))
            self._measure(round_, calls)
        progress("measured", 1.0)

    def _warmed_up(self) -> Calls:
        """How many calls make a block, once two warm-up blocks in a row took the same time, or after the last."""
        self.ours.set_ladder([RungSpec(configuration="exact")])
        calls, before, steady = Calls(MIN_CALLS, MIN_CALLS), 0.0, 0
        for _ in range(MAX_WARM_UP_BLOCKS):
            ours, stock = median(_timed(self.ours, calls.ours)), median(_timed(self.stock, calls.stock))
            calls = Calls(_calls_in_a_block(ours), _calls_in_a_block(stock))
            steady = steady + 1 if abs(ours + stock - before) <= STEADY * before else 0
            if steady >= 2:
                break
            before = ours + stock
        return calls

    def _measure(self, round_: Round, calls: Calls) -> None:
        """Every block of the round that is not done yet, in random order."""
        ladder = round_.configurations
        first = round_.number * BLOCKS_PER_ROUND
        done = {row.block for row in self.done}
        missing = [rung for rung in range(-1, len(ladder)) if first + 1 + rung not in done]
        if not missing:
            return
        self.ours.set_ladder([rung_with(configuration, self.scales) for configuration in ladder])
        random.Random(f"{self.seed} {round_.number}").shuffle(missing)
        for rung in missing:
            subject: Literal["stock", "approxlite"] = "stock" if rung < 0 else "approxlite"
            latencies, operators = self._stock_times(calls.stock) if rung < 0 else self._times(rung, calls.ours)
            block = BlockRow(
                campaign=self.opening.campaign,
                block=first + 1 + rung,
                round=round_.number,
                subject=subject,
                configuration="exact" if rung < 0 else str(ladder[rung]),
                inferences=len(latencies),
                latency_ns=_summary(latencies),
                operator_ns=operators,
                state=self.state(),
                time=now(),
            )
            self.journal.append(block)

    def _times(self, rung: int, calls: int) -> tuple[list[int], dict[str, int]]:
        """Latencies, and the median of each operator from other runs: reading two clocks for each operator of a tiny
        model is itself a large part of its latency. The latencies come half before and half after, for a processor that
        is still getting faster or slower.
        """
        self.ours.rung = rung
        half = -(-calls // 2)
        latencies = _timed(self.ours, half)
        times: dict[str, list[int]] = {}
        self.ours.time_operators = True
        for _ in range(calls):
            self.ours.invoke()
            for operator, nanoseconds in self.ours.operator_times().items():
                times.setdefault(operator, []).append(nanoseconds)
        self.ours.time_operators = False
        latencies += _timed(self.ours, half)
        return latencies, {operator: round(median(each)) for operator, each in times.items()}

    def _stock_times(self, calls: int) -> tuple[list[int], dict[str, int]]:
        return _timed(self.stock, 2 * calls), {}


def _seconds_spent(done: Sequence[BlockRow]) -> float:
    """On blocks of earlier runs, by the times at which they ended; a pause between two runs does not count."""
    gaps = ((after.time - before.time).total_seconds() for before, after in pairwise(done))
    return sum(gap for gap in gaps if 0 <= gap <= LONGEST_BLOCK_S)


def _calls_in_a_block(latency_ns: float) -> int:
    return min(max(round(BLOCK_MS * 1e6 / max(latency_ns, 1.0)), MIN_CALLS), MAX_CALLS)


def _summary(latencies: Sequence[int]) -> Latency:
    return Latency(
        total=sum(latencies), median=round(median(latencies)), minimum=min(latencies), maximum=max(latencies)
    )


def _timed(subject: Stock, calls: int) -> list[int]:
    """Nanoseconds of each of `calls` runs, after some that are not counted: the subject before has left its data in
    the caches, and its clock frequency, which wide vector instructions lower for milliseconds.
    """
    for _ in range(max(1, round(UNCOUNTED * calls))):
        subject.invoke()
    latencies = []
    for _ in range(calls):
        begin = time.perf_counter_ns()
        subject.invoke()
        latencies.append(time.perf_counter_ns() - begin)
    return latencies
