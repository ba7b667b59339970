"""Lays an external meter's readings beside the blocks of a device: two clocks that know nothing of each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from approxlite.formats.errors import UnstableError
from approxlite.profiler.blocks import AgentBlock, Reading
from approxlite.profiler.energy.readings import Floats, Series

SOURCE = "meter/power"
EXPLAINED = 0.5
"""Least share of the meter's variance that the blocks must explain where they are laid."""

PERIOD_S = 0.02
"""Of the readings in a block: means over this long, whatever the meter's own rate."""


def beside(blocks: Sequence[AgentBlock], meter: Series) -> list[AgentBlock]:
    """The blocks with the meter's readings in them.

    The clocks are laid over each other where idle and busy blocks explain the meter best; all that they have to have in
    common is how long a second is. Raises UnstableError where no offset explains enough.
    """
    timed = [block for block in blocks if block.begin_ns is not None and block.end_ns is not None]
    if len(timed) < 3:
        raise UnstableError("a meter needs at least three timed blocks to be laid beside")
    origin = timed[0].begin_ns or 0
    spans = np.array([((b.begin_ns or 0) - origin, (b.end_ns or 0) - origin) for b in timed], float) * 1e-9
    if (np.diff(spans[:, 0]) <= 0).any():
        raise UnstableError("a meter is laid beside blocks of one boot, in the order they were measured")
    offset = _offset(meter, spans, np.array([block.inferences > 0 for block in timed]))
    means = _means(meter, max(PERIOD_S, float(np.median(np.diff(meter.taken_s)))))
    times = means.taken_s - offset
    found = []
    for block, (begin, end) in zip(timed, spans, strict=True):
        inside = slice(*np.searchsorted(times, (begin, end)))
        readings = tuple(
            Reading(at_ns=origin + round(time * 1e9), source=SOURCE, value=value)
            for time, value in zip(times[inside].tolist(), means.value[inside].tolist(), strict=True)
        )
        found.append(block.model_copy(update={"readings": (*block.readings, *readings)}))
    return found


def _offset(meter: Series, spans: Floats, busy: np.ndarray) -> float:
    """The meter's time of the first block's begin: coarsely on a grid, then ever finer around the best."""
    length = spans[-1, 1]
    room = meter.taken_s[-1] - meter.taken_s[0] - length
    if room < 0:
        raise UnstableError(f"the meter's {room + length:.0f} s are shorter than the blocks' {length:.0f} s")
    step = max(float(np.min(spans[:, 1] - spans[:, 0])) / 5, PERIOD_S)
    tried = meter.taken_s[0] + np.append(np.arange(0, room, step), room)
    while True:
        means = _means(meter, step / 2)
        explained = [_explained(means, spans, busy, offset) for offset in tried.tolist()]
        best = float(tried[int(np.argmax(explained))])
        if step <= PERIOD_S:
            break
        tried = np.linspace(best - step, best + step, 21)
        step = max(step / 5, PERIOD_S)
    if max(explained) < EXPLAINED:
        raise UnstableError("the meter does not follow these blocks; are they of the same time and device?")
    return best


def _means(meter: Series, width_s: float) -> Series:
    """Mean powers over `width_s` each, at their middles."""
    steps = np.diff(meter.taken_s) * (meter.value[1:] + meter.value[:-1]) / 2
    energy = np.append(0.0, np.cumsum(steps))
    edges = np.arange(meter.taken_s[0], meter.taken_s[-1] + width_s / 2, width_s)
    return Series((edges[1:] + edges[:-1]) / 2, np.diff(np.interp(edges, meter.taken_s, energy)) / width_s)


def _explained(meter: Series, spans: Floats, busy: np.ndarray, offset: float) -> float:
    """Share of the variance within the blocks that idle and busy explain; 0 where busy is not more."""
    place = np.searchsorted(spans[:, 0] + offset, meter.taken_s, side="right") - 1
    inside = (place >= 0) & (meter.taken_s <= spans[np.maximum(place, 0), 1] + offset)
    value, works = meter.value[inside], busy[place[inside]]
    if works.all() or not works.any():
        return 0.0
    between = value[works].mean() - value[~works].mean()
    share = works.mean()
    return float(share * (1 - share) * between**2 / max(value.var(), 1e-12)) if between > 0 else 0.0
