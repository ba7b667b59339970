"""Blocks whose power is unlike that of their neighbours, for the whole block or for a stretch of it.

What a device draws drifts, and alike for all that it works at: each block is compared with a line through its
neighbours of all conditions, every one as a share of what its own condition draws. A load that comes and goes shows
more clearly in the stretch that it lasts than in the mean of the block, so that all stretches are looked at, each by
the spread that stretches of its length have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from approxlite.profiler.energy.readings import Floats

CHANCE = 0.003
"""Of a clean block to be taken for disturbed."""

LEAST_POWER = 0.02
"""Deviations that change a block's mean power by a smaller share are never suspicious."""

PEERS = 10
"""Blocks around one through which the line is drawn, itself left out."""

FEWEST = 5
"""Blocks of a condition to know what it draws."""

SHORTEST = 0.3
"""Stretches shorter than this share of a block are not looked at."""

TRIMMED = 2.5
TRIMMED_SD = 0.9546
"""Standard deviation of a standard normal variable that is cut off beyond `TRIMMED`."""

TESTS = 1.5
"""Stretches of `n` parts count as so many times `n` independent looks (simulated for 2 to 16 parts)."""


def unlike_neighbours(begin_s: Floats, conditions: Sequence[str], parts_w: Floats, source_sd_w: Floats) -> np.ndarray:
    """(n,) of bool, for n blocks in order of time.

    parts_w: (n, k), mean power of each of k equal parts. source_sd_w: (n, k), what the source's noise alone does to the
    mean of 1, 2, ... k parts, below which no spread is believed. Blocks of conditions with fewer than `FEWEST` blocks
    are like all others.
    """
    found = np.zeros(len(begin_s), bool)
    names, places = np.unique(np.array(conditions, dtype=str), return_inverse=True)
    many = np.bincount(places, minlength=len(names))[places] >= FEWEST
    if not many.any():
        return found
    level = np.array([np.median(parts_w[places == each].mean(axis=1)) for each in range(len(names))])[places]
    many &= level > 0
    kept = np.flatnonzero(many)
    if len(kept) < FEWEST:
        return found
    shares = parts_w[kept] / level[kept, None]
    sources = source_sd_w[kept] / level[kept, None]
    line, wider = _line(begin_s[kept], shares.mean(axis=1))
    apart = (shares - line[:, None]) / wider[:, None]
    for each in np.unique(places[kept]):
        own = places[kept] == each
        # How a block usually goes: a source that lags, a processor that warms up.
        usual = np.median(apart[own], axis=0)
        apart[own] -= usual - usual.mean()
    found[kept] = _far(apart, sources)
    return found


def _far(apart: Floats, source_sd: Floats) -> np.ndarray:
    """Rows in which some stretch is further from 0 than chance explains."""
    count, parts = apart.shape
    sums = np.concatenate([np.zeros((count, 1)), apart.cumsum(axis=1)], axis=1)
    looks = 1.0 if parts == 1 else TESTS * parts
    limit = float(student.isf(CHANCE / 2 / looks, max(0.8 * (count - 2), 3)))
    far = np.zeros(count, bool)
    for length in range(max(1, round(SHORTEST * parts)), parts + 1):
        means = (sums[:, length:] - sums[:, :-length]) / length
        spread = np.maximum(_spread(means), source_sd[:, length - 1])[:, None]
        reach = np.maximum(limit * spread, LEAST_POWER * parts / length)
        far |= (np.abs(means) > reach).any(axis=1)
    return far


def _spread(values: Floats) -> float:
    """Standard deviation about 0, of the values that are not outliers."""
    robust = 1.4826 * float(np.median(np.abs(values)))
    inner = values[np.abs(values) <= TRIMMED * robust]
    return float(np.sqrt((inner**2).mean())) / TRIMMED_SD if robust > 0 else 0.0


def _line(at_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    """(n,) each: at every time, a line through the neighbours (Theil 1950, Sen 1968), which a few outliers do not move;
    and the spread about it as a multiple of the values' own, larger where it is drawn on beyond its last neighbour."""
    found, wider = np.empty(len(values)), np.empty(len(values))
    for place, own in enumerate(at_s):
        start = min(max(place - PEERS // 2, 0), max(len(values) - PEERS - 1, 0))
        near = np.delete(np.arange(start, min(start + PEERS + 1, len(values))), place - start)
        times, others = at_s[near] - own, values[near]
        one, two = np.triu_indices(len(near), 1)
        apart = times[two] - times[one]
        slopes = (others[two] - others[one])[apart > 0] / apart[apart > 0]
        found[place] = np.median(others - (np.median(slopes) if len(slopes) else 0.0) * times)
        centred = times - times.mean()
        wider[place] = np.sqrt(1 + 1 / len(near) + times.mean() ** 2 / max(float(centred @ centred), 1e-300))
    return found, wider
