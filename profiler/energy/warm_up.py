"""When a device has warmed up: its own readings say, not a number of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.source import power_w

CHANGE = 0.01
WINDOWS = 3
WINDOW = 3
BLOCK_S = 5.0
MOST_BLOCKS = 60
LONGEST_S = BLOCK_S * MOST_BLOCKS
"""A device that is not steady by then is measured all the same; what drifts on shows in the width of intervals."""


@dataclass
class WarmUp:
    """Blocks of exact of about `BLOCK_S` each, until latency is steady, and power, where the source is fine enough to
    tell. proven: None where no source is known."""

    proven: Proven | None = None
    latencies_ns: list[float] = field(default_factory=list)
    powers_w: list[float] = field(default_factory=list)

    @property
    def readings_s(self) -> float:
        """How often power is read in such a block."""
        return BLOCK_S / 10

    def add(self, rows: Sequence[AgentBlock]) -> None:
        """Rows of further blocks."""
        for row in rows:
            if row.latency_ns is not None and row.inferences:
                self.latencies_ns.append(row.latency_ns.total / row.inferences)
            power = power_w(row, self.proven.source) if self.proven is not None and self._is_fine else None
            if power is not None:
                self.powers_w.append(power)

    @property
    def is_over(self) -> bool:
        if len(self.latencies_ns) >= MOST_BLOCKS:
            return True
        return steady(self.latencies_ns) and (steady(self.powers_w) or len(self.powers_w) < WINDOW * WINDOWS // 2)

    @property
    def unsteady(self) -> float | None:
        """By what share latency or power still changed at the end, None where neither did."""
        changes = [change(each) for each in (self.latencies_ns, self.powers_w) if _told(each) and not steady(each)]
        return max(changes, default=None)

    @property
    def _is_fine(self) -> bool:
        proven = self.proven
        return proven is not None and proven.source.noise.power_sd_w(BLOCK_S, proven.busy_w) < proven.busy_w / 200


def _told(values: Sequence[float]) -> bool:
    return len(values) >= WINDOWS * WINDOW


def _medians(values: Sequence[float]) -> NDArray[np.float64]:
    """Of the last `WINDOWS` windows."""
    recent = np.array(values[-WINDOWS * WINDOW :], float).reshape(WINDOWS, WINDOW)
    return np.asarray(np.median(recent, axis=1), float)


def change(values: Sequence[float]) -> float:
    """By what share the largest of the last windows' medians exceeds the smallest; values are positive, and enough."""
    medians = _medians(values)
    return float(medians.max() / medians.min() - 1)


def steady(values: Sequence[float]) -> bool:
    """Whether the medians of the last `WINDOWS` windows of `WINDOW` values lie within `CHANGE` of one another.

    What values scatter about their neighbours is no change: medians may differ by twice its standard error besides.
    """
    if not _told(values):
        return False
    recent, medians = np.array(values[-WINDOWS * WINDOW :], float), _medians(values)
    scatter = 1.4826 * float(np.median(np.abs(np.diff(recent)))) / np.sqrt(2)
    allowed = CHANGE * medians.min() + 2 * scatter * 1.25 * np.sqrt(2 / WINDOW)
    return bool(medians.min() > 0 and medians.max() - medians.min() <= allowed)
