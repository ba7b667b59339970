"""What an inference costs cold and after a long run at the rate of an app: heat makes phones slower or thirstier."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from approxlite.formats.document import Document
from approxlite.formats.errors import UnstableError
from approxlite.formats.interval import Estimate
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.energy.design import IDLE, block_of
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.prove import Measure
from approxlite.profiler.energy.ratio import mean_estimate
from approxlite.profiler.energy.readings import Floats
from approxlite.profiler.energy.source import power_w

RUN_S = 1800.0
END_S = 60.0
"""The first minute is cold, the last one sustained."""

PARTS = 6
"""Blocks in each of them, at least; a source that needs longer blocks gets longer ends."""

IDLES = 3
"""Idle blocks before and after the run."""


class Sustained(Document):
    """One configuration from cold on. Ratios are of the last part over the first; above 1 it gets slower or thirstier.

    whole_ratio: of what the device spends per inference at this rate, idle included. cold_mj, sustained_mj: beyond
    idle; null where the device has no energy source. end_s: how long first and last part are. throttled: blocks of the
    run in which the device says it slowed.
    """

    configuration: str
    gap_ms: float
    run_s: float
    end_s: float
    latency_ratio: Estimate
    ratio: Estimate | None
    whole_ratio: Estimate | None
    cold_mj: Estimate | None
    sustained_mj: Estimate | None
    throttled: int


def sustained_blocks(
    configuration: str, proven: Proven | None, numbers: Callable[[], int], *, run_s: float = RUN_S,
    gap_ms: float = 0.0, scales: dict[str, tuple[float, int]] | None = None,
) -> list[PlannedBlock]:  # fmt: skip
    """Idle, one run in blocks of equal length, idle. The device has to be cool before the first. proven: None for
    latencies alone."""
    length, readings_s = END_S / PARTS, 0.0
    if proven is not None:
        noise = proven.source.noise
        length = max(length, noise.shortest_block_s(proven.busy_w) + noise.settle_s)
        readings_s = noise.readings_s(length)
    count = max(2 * PARTS, math.ceil(run_s / length))
    rest = [block_of(IDLE, length, readings_s, 0) for _ in range(IDLES)]
    run = [block_of(configuration, length, readings_s, 0, scales, gap_ms) for _ in range(count)]
    return [each.model_copy(update={"block": numbers()}) for each in (*rest, *run, *rest)]


def run_sustained(
    measure: Measure, configuration: str, proven: Proven, numbers: Callable[[], int], *,
    run_s: float = RUN_S, gap_ms: float = 0.0,
) -> Sustained:  # fmt: skip
    """Has a device do it. Raises UnstableError where blocks are missing, or exact cannot be told from idle."""
    planned = sustained_blocks(configuration, proven, numbers, run_s=run_s, gap_ms=gap_ms)
    return sustained(planned, measure(planned), proven)


def sustained(planned: Sequence[PlannedBlock], rows: Sequence[AgentBlock], proven: Proven | None) -> Sustained:
    """From rows that were measured. Raises UnstableError as above; proven None: latencies alone."""
    known = {row.block: row for row in rows}
    run = [known[p.block] for p in planned if p.subject != "idle" and p.block in known]
    latencies = [np.array([_latency_s(row) for row in part if row.inferences]) for part in (run[:PARTS], run[-PARTS:])]
    if len(run) < 2 * PARTS or min(map(len, latencies)) < PARTS - 1:
        raise UnstableError("no sustained figure: blocks of its begin or its end are missing")
    idle = [known[p.block] for p in planned if p.subject == "idle" and p.block in known]
    joules = None if proven is None else _joules(idle, run, proven)
    first = next(p for p in planned if p.subject != "idle")
    length = float(np.mean([_length_s(row) for row in run]))
    return Sustained(
        configuration=first.configuration,
        gap_ms=first.gap_ms,
        run_s=length * len(run),
        end_s=length * PARTS,
        latency_ratio=_ratio(latencies[1], latencies[0]),
        ratio=None if joules is None else _ratio(joules.beyond[1], joules.beyond[0]),
        whole_ratio=None if joules is None else _ratio(joules.whole[1], joules.whole[0]),
        cold_mj=None if joules is None else mean_estimate(joules.beyond[0] * 1e3),
        sustained_mj=None if joules is None else mean_estimate(joules.beyond[1] * 1e3),
        throttled=sum(row.ended == "throttled" for row in run),
    )


@dataclass(frozen=True)
class _Joules:
    """Of an inference, in the blocks of the first and the last part: beyond idle, and in all."""

    beyond: tuple[Floats, Floats]
    whole: tuple[Floats, Floats]


def _joules(idle: Sequence[AgentBlock], run: Sequence[AgentBlock], proven: Proven) -> _Joules:
    idle_w = [power for power in (power_w(row, proven.source) for row in idle) if power is not None]
    cold, last = (_costs(part, proven) for part in (run[:PARTS], run[-PARTS:]))
    if len(idle_w) < 2 or min(part.shape[1] for part in (cold, last)) < PARTS - 1:
        raise UnstableError("no sustained figure: blocks of its begin, its end or of idle have no power reading")
    begin, end = ((power - np.mean(idle_w)) * period for power, period in (cold, last))
    uncertain_j = float(np.std(idle_w, ddof=1)) / math.sqrt(len(idle_w)) * float(cold[1].mean())
    if min(begin.mean(), end.mean()) < 20 * uncertain_j:
        raise UnstableError("no sustained figure: inference cannot be told from idle")
    return _Joules((begin, end), (cold[0] * cold[1], last[0] * last[1]))


def _costs(rows: Sequence[AgentBlock], proven: Proven) -> Floats:
    """(2, n): power, and time from one inference to the next, of the blocks that have both."""
    found = []
    for row in rows:
        power = power_w(row, proven.source)
        if power is not None and row.inferences:
            found.append((power, _length_s(row) / row.inferences))
    return np.array(found, float).reshape(-1, 2).T


def _latency_s(row: AgentBlock) -> float:
    latency = row.latency_ns
    return 0.0 if latency is None else (latency.median or latency.total / row.inferences) * 1e-9


def _ratio(last: Floats, first: Floats) -> Estimate:
    """Of two independent means, by the delta method; degrees of freedom of the smaller sample (conservative)."""
    ratio = float(last.mean() / first.mean())
    errors = [each.std(ddof=1) / math.sqrt(len(each)) / each.mean() for each in (last, first)]
    size = min(len(last), len(first))
    reach = abs(ratio) * float(np.hypot(*errors)) * float(student.isf(0.025, size - 1))
    return Estimate(value=ratio, low=ratio - reach, high=ratio + reach, samples=size)


def _length_s(row: AgentBlock) -> float:
    return ((row.end_ns or 0) - (row.begin_ns or 0)) * 1e-9
