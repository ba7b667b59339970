"""The readings of one facility over several blocks, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approxlite.profiler.blocks import AgentBlock

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Raw values in the facility's unit. taken_s: when the facility took them itself, else when they were read."""

    taken_s: Floats
    value: Floats

    def __len__(self) -> int:
        return len(self.value)

    def within(self, begin_s: float, end_s: float) -> Series:
        """Those taken from `begin_s` to `end_s`, both included."""
        kept = (self.taken_s >= begin_s - 1e-6) & (self.taken_s <= end_s + 1e-6)
        return Series(self.taken_s[kept], self.value[kept])


def series(blocks: Sequence[AgentBlock], source: str, *, origin_ns: int = 0) -> Series:
    """In order of time since `origin_ns` on the device's clock; what was read twice of one moment counts once."""
    taken = {
        (reading.at_ns if reading.as_of_ns is None else reading.as_of_ns): reading.value
        for block in blocks
        for reading in block.readings
        if reading.source == source
    }
    times = sorted(taken)
    return Series(
        np.array([(time - origin_ns) * 1e-9 for time in times], float), np.array([taken[time] for time in times], float)
    )


def facilities_read(blocks: Sequence[AgentBlock]) -> tuple[str, ...]:
    """Names of all facilities that any block has readings of."""
    return tuple(dict.fromkeys(reading.source for block in blocks for reading in block.readings))
