"""Which facilities make an energy source, and the power of a block by one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.noise import RANKING, Kind, Noise
from approxlite.profiler.energy.readings import Floats, Series, facilities_read, series

COULOMB_PER_UAH = 3.6e-3
VOLTAGE = "voltage_now"
_CELL_V = (2.5, 10.0)
"""From an empty cell to two full ones in a row."""

Quantity = Literal["energy", "charge", "current", "power"]


@dataclass(frozen=True)
class Candidate:
    """Facilities that together might be a source. unit: what one count is by contract, in J, C, A or W.

    unit_is_known: nobody but a vendor's firmware gets units wrong; the kernel's and a meter's header are believed.
    """

    kind: Kind
    facilities: tuple[str, ...]
    quantity: Quantity
    unit: float
    unit_is_known: bool = False

    @property
    def counts_up(self) -> bool:
        """Whether it is a running total and not a flow."""
        return self.quantity in ("energy", "charge")

    @property
    def name(self) -> str:
        return self.facilities[0] if len(self.facilities) == 1 else f"{len(self.facilities)} facilities ({self.kind})"


@dataclass(frozen=True)
class Source:
    """A candidate that has proven itself. scale: true unit of a count, with the sign that makes spending positive."""

    candidate: Candidate
    scale: float
    noise: Noise
    corrected: str = ""

    @property
    def kind(self) -> Kind:
        return self.candidate.kind


def candidates(blocks: Sequence[AgentBlock]) -> tuple[Candidate, ...]:
    """What the readings of a device could be, best kind first. Names are those of the agent protocol.

    Rails are added up within a meter and never over meters, which may measure the same watt twice. Power management
    chips are the exception: each meters the rails that it feeds, so that together they are one.
    """
    rails: dict[str, list[str]] = {}
    found: list[Candidate] = []
    for name in facilities_read(blocks):
        meter, _, _rail = name.partition("/")
        if name == "meter/power":
            found.append(Candidate("meter", (name,), "power", 1.0, unit_is_known=True))
        elif name == "charge_counter":
            found.append(Candidate("charge_counter", (name,), "charge", 1e-6 * 3600))
        elif name in ("current_now", "current_average"):
            found.append(Candidate("current", (name,), "current", 1e-6))
        elif "/" in name and not name.endswith(_SUPPLY):
            rails.setdefault("odpm" if meter.partition("#")[0].endswith("odpm") else meter, []).append(name)
    for meter, names in rails.items():
        kind = _SERVICES.get(meter, "rails")
        found.append(Candidate(kind, tuple(names), "energy", 1e-6, unit_is_known=meter == "powercap"))
    return tuple(sorted(found, key=lambda candidate: RANKING.index(candidate.kind)))


_SERVICES: Mapping[str, Kind] = {
    "power_stats": "power_stats",
    "power_monitor": "power_monitor",
    "power_monitor_fine": "power_monitor_fine",
}
"""Meters that a service of the system speaks for; all others are read from the kernel."""

_SUPPLY = ("/charge_counter", "/current_now", "/voltage_now", "/power_now", "/energy_now")
"""Facilities of a second battery."""


def summed(blocks: Sequence[AgentBlock], facilities: Sequence[str], origin_ns: int = 0) -> Series:
    """Facilities that were read at the same moments, added up; moments that one of them lacks are left out."""
    parts = [series(blocks, name, origin_ns=origin_ns) for name in facilities]
    if len(parts) == 1:
        return parts[0]
    common = parts[0].taken_s
    for part in parts[1:]:
        common = np.intersect1d(common, part.taken_s)
    total = np.zeros(len(common))
    for part in parts:
        total += part.value[np.searchsorted(part.taken_s, common)]
    return Series(common, total)


def voltage_v(blocks: Sequence[AgentBlock], begin_s: float = -math.inf, end_s: float = math.inf) -> float | None:
    """Mean battery voltage, in whichever of microvolts, millivolts and volts makes a battery of it; else None."""
    origin = (blocks[0].begin_ns or 0) if blocks else 0
    told = series(blocks, VOLTAGE, origin_ns=origin).within(begin_s, end_s)
    if not len(told):
        return None
    mean = float(np.mean(told.value))
    return next((mean * unit for unit in (1e-6, 1e-3, 1.0) if _CELL_V[0] <= mean * unit <= _CELL_V[1]), None)


def power_w(block: AgentBlock, source: Source) -> float | None:
    """Mean power after the source has settled; None where the block has too few readings, or a counter was reset."""
    found = parts_w(block, source)
    return None if found is None else float(found[0])


def parts_w(block: AgentBlock, source: Source, count: int = 1, later_s: float = 0.0) -> Floats | None:
    """(count,): mean power of as many equal parts of the block, from `later_s` after the source has settled on; None as
    above."""
    if block.begin_ns is None or block.end_ns is None:
        return None
    length_s = (block.end_ns - block.begin_ns) * 1e-9
    begin_s = source.noise.settle_s + later_s
    read = summed([block], source.candidate.facilities, block.begin_ns).within(begin_s, length_s)
    if len(read) < 2 or read.taken_s[-1] - read.taken_s[0] < length_s / 4:
        return None
    if source.candidate.counts_up:
        total = (read.value - read.value[0]) * source.scale
        if (np.diff(total) < -4 * (source.noise.step_j + source.noise.reading_sd_j)).any():
            return None
    else:
        steps = np.diff(read.taken_s) * (read.value[1:] + read.value[:-1]) / 2 * source.scale
        total = np.append(0.0, np.cumsum(steps))
    edges = np.linspace(read.taken_s[0], read.taken_s[-1], count + 1)
    powers = np.diff(np.interp(edges, read.taken_s, total)) / (edges[1] - edges[0])
    if source.candidate.quantity in ("charge", "current"):
        volts = voltage_v([block], source.noise.settle_s, length_s)
        if volts is None:
            return None
        powers *= volts
    return powers if np.isfinite(powers).all() else None
