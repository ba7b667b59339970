"""Blocks in which something other than the work happened: found by the device's state, their latency or their power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.readings import Floats

FAR = 3.5
"""Distance from a block's peers, in robust standard deviations, from which on it is not one of them."""

LEAST_LATENCY = 0.01
"""Latencies this close to their peers' are never suspicious."""

LEAST_POWER = 0.02
"""Nor are powers, beside what the source's own noise explains."""

SLOWED = 0.03
"""Drop of the highest frequency between begin and end of a block that counts as throttling."""

PEERS = 9
"""Blocks around one whose median it is compared with, itself left out."""


def contaminated(
    blocks: Sequence[AgentBlock],
    conditions: Sequence[str],
    power_w: Sequence[float | None],
    source_sd_w: Sequence[float],
) -> dict[int, str]:
    """Numbers of blocks to leave out, and why. All sequences run over the same blocks in order of time.

    conditions: blocks of one are peers. source_sd_w: what the source's noise alone does to each power.
    """
    found: dict[int, str] = {}
    for block, power in zip(blocks, power_w, strict=True):
        why = disturbed_state(block) or ("no power reading" if power is None else "")
        if why:
            found[block.block] = why
    for condition in dict.fromkeys(conditions):
        peers = [
            place
            for place, own in enumerate(conditions)
            if own == condition and blocks[place].block not in found
        ]  # fmt: skip
        latency = np.array([_latency_ns(blocks[place]) for place in peers])
        powers = np.array([power_w[place] or 0.0 for place in peers], float)
        floors = np.array([source_sd_w[place] for place in peers], float)
        suspicions: Mapping[str, np.ndarray] = {
            "latency unlike its peers": _far(latency, LEAST_LATENCY * np.abs(latency) / FAR),
            "power unlike its peers": _far(powers, np.maximum(floors, LEAST_POWER * np.abs(powers) / FAR)),
        }
        for why, far in suspicions.items():
            for place in np.array(peers, int)[far]:
                found.setdefault(blocks[place].block, why)
    return found


def disturbed_state(block: AgentBlock) -> str:
    """What the device itself says happened during a block; empty if nothing did."""
    before, after = block.before, block.after
    if block.ended != "done":
        return {"longest": "took too long", "throttled": "throttled"}[block.ended]
    if (before.thermal_status or 0) != (after.thermal_status or 0):
        return "thermal status changed"
    if before.plugged != after.plugged and None not in (before.plugged, after.plugged):
        return "charger"
    limits = [max(each.frequency_mhz, default=0.0) for each in (before, after)]
    if block.inferences and min(limits) > 0 and limits[1] < (1 - SLOWED) * limits[0]:
        return "frequency fell"
    return ""


def _latency_ns(block: AgentBlock) -> float:
    return block.latency_ns.total / block.inferences if block.latency_ns is not None and block.inferences else 0.0


def _far(values: Floats, floors: Floats) -> np.ndarray:
    """Which values lie far from the median of their neighbours in time; floors: least standard deviation of each."""
    if len(values) < 5:
        return np.zeros(len(values), bool)
    apart = np.array([value - np.median(_neighbours(values, place)) for place, value in enumerate(values)])
    spread = np.maximum(1.4826 * np.median(np.abs(apart - np.median(apart))), floors)
    return np.asarray(np.abs(apart) > FAR * np.maximum(spread, 1e-12))


def _neighbours(values: Floats, place: int) -> Floats:
    half = PEERS // 2
    start = min(max(place - half, 0), max(len(values) - PEERS, 0))
    return np.delete(values[start : start + PEERS], place - start)
