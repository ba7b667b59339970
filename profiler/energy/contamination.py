"""Blocks in which something other than the work happened: found by the device's state, their latency or their power."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.readings import Floats
from approxlite.profiler.energy.unlike import unlike_neighbours

FAR = 3.5
"""Distance of a latency from its peers, in robust standard deviations, from which on it is not one of them."""

FEW = 12.0
"""The spread of n peers is itself uncertain: `FEW` / n is added to the distance."""

LEAST_LATENCY = 0.01
"""Latencies this close to their peers' are never suspicious."""

SLOWED = 0.03
"""Change of what a core may rise to, between begin and end of a block, that counts as throttling."""

HEADROOM_JUMP = 0.05
"""Change of the thermal headroom within a block: Android's scale has 30 °C between 0 and 1, so that is 1.5 °C of skin,
which no device that warmed up until it was steady goes through in a block by its own work."""

PEERS = 9
"""Blocks around one whose median latency it is compared with, itself left out."""


def contaminated(
    blocks: Sequence[AgentBlock],
    conditions: Sequence[str],
    parts_w: Sequence[Floats | None],
    source_sd_w: Sequence[Floats],
    sessions: Sequence[int] | None = None,
) -> dict[int, str]:
    """Numbers of blocks to leave out, and why. All sequences run over the same blocks in order of time.

    parts_w: of each block, mean power of k equal parts. source_sd_w: what the source's noise alone does to the mean of
    1, 2, ... k parts. Blocks of one condition and session are peers; of one session, neighbours.
    """
    found: dict[int, str] = {}
    for block, power in zip(blocks, parts_w, strict=True):
        why = disturbed_state(block) or ("no power reading" if power is None else "")
        if why:
            found[block.block] = why
    places = [place for place, block in enumerate(blocks) if block.block not in found]
    own_session = sessions or [0] * len(blocks)
    for group in _grouped((own_session[place], conditions[place]) for place in places):
        peers = [places[each] for each in group]
        latency = np.array([_latency_ns(blocks[place]) for place in peers])
        for place in np.array(peers, int)[_far(latency, LEAST_LATENCY)]:
            found[blocks[place].block] = "latency unlike its peers"
    places = [place for place in places if blocks[place].block not in found]
    for group in _grouped((own_session[place], blocks[place].inferences > 0) for place in places):
        near = [places[each] for each in group]
        unlike = unlike_neighbours(
            np.array([(blocks[place].begin_ns or 0) * 1e-9 for place in near]),
            [conditions[place] for place in near],
            np.array([parts_w[place] for place in near], float),
            np.array([source_sd_w[place] for place in near], float),
        )
        for place in np.array(near, int)[unlike]:
            found[blocks[place].block] = "power unlike its neighbours"
    return found


def _grouped(keys: Iterable[Hashable]) -> list[list[int]]:
    """Places of equal keys."""
    found: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return list(found.values())


def disturbed_state(block: AgentBlock) -> str:
    """What device and desk themselves say happened during a block; empty if nothing did."""
    before, after = block.before, block.after
    if block.ended != "done":
        return {"longest": "took too long", "throttled": "throttled"}[block.ended]
    if block.visits_ns:
        return "adb traffic"
    if (before.thermal_status or 0) != (after.thermal_status or 0):
        return "thermal status changed"
    if before.thermal_status:  # it rose before and stays: another clock is another voltage
        return "thermal status above none"
    headroom, later = before.thermal_headroom, after.thermal_headroom
    if headroom is not None and later is not None and abs(later - headroom) > HEADROOM_JUMP:
        return "thermal headroom jumped"
    if before.plugged != after.plugged and None not in (before.plugged, after.plugged):
        return "charger"
    for one, other in (
        (before.frequency_mhz, after.frequency_mhz),
        (before.frequency_limit_mhz, after.frequency_limit_mhz),
    ):
        if one and other and len(one) != len(other):
            return "cores went on or off line"
    # What cores run at in that moment says nothing: governors slow them as soon as work ends.
    limits = zip(before.frequency_limit_mhz, after.frequency_limit_mhz, strict=False)
    if any(abs(one - other) > SLOWED * max(one, other) for one, other in limits):
        return "frequency limit changed"
    return ""


def _latency_ns(block: AgentBlock) -> float:
    return block.latency_ns.total / block.inferences if block.latency_ns is not None and block.inferences else 0.0


def _far(values: Floats, least: float) -> np.ndarray:
    """Which values lie far from the median of their neighbours in time, and by more than `least`, a share of them."""
    if len(values) < 5:
        return np.zeros(len(values), bool)
    apart = np.array([value - np.median(_neighbours(values, place)) for place, value in enumerate(values)])
    spread = 1.4826 * np.median(np.abs(apart - np.median(apart)))
    reach = (FAR + FEW / len(values)) * max(float(spread), 1e-12)
    return np.asarray(np.abs(apart) > np.maximum(reach, least * np.abs(values)))


def _neighbours(values: Floats, place: int) -> Floats:
    half = PEERS // 2
    start = min(max(place - half, 0), max(len(values) - PEERS, 0))
    return np.delete(values[start : start + PEERS], place - start)
