"""Figures of campaigns as a device's runner makes them: its rounds, its judge, and operators timed between blocks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from evidence import COVERAGE, KEPT, share
from figures import Figure
from scipy.stats import binom

from approxlite.profiler.energy.outcome import Comparison
from approxlite.profiler.energy.ratio import half_width
from farm.replay.on_device import INT8, OnDevice, campaign_on_device

WANTED = 0.03


def on_devices(pool: ProcessPoolExecutor, count: int, seed: int) -> Iterator[Figure]:
    for kind in ("rails", "gauge, 100 µAh"):
        results = list(pool.map(campaign_on_device, [kind] * count, [seed] * count, range(count), [WANTED] * count))
        told = [(each, found) for each in results if isinstance(found := _int8(each), Comparison)]
        hits = sum(found.ratio.low <= each.truth <= found.ratio.high for each, found in told)
        # Some dozens of campaigns cannot be held to a band of four percent; they must not lie below it.
        yield Figure(
            "On a device",
            f"{kind}: the interval of int8 everywhere covers the truth",
            f"{share(hits, len(told))}; {count - len(told)} refused",
            "not below 93 %",
            hits >= _least(COVERAGE[0], len(told)),
        )
        widths = np.array([half_width(found.ratio) for _, found in told])
        kept = sum(each.verdict == "width" and each.spent_s <= each.said_s for each, _ in told)
        said, spent = (np.array([getattr(each, name) for each, _ in told]) / 60 for name in ("said_s", "spent_s"))
        yield Figure(
            "On a device",
            f"{kind}: ±{WANTED:.0%} or better, stock's too, within the time it said beforehand",
            f"{share(kept, len(told))}; width median {np.median(widths):.1%}, largest {widths.max():.1%}; said "
            f"{np.median(said):.0f} min, took {np.median(spent):.0f}, at most {spent.max():.0f}",
            f"{KEPT:.0%}",
            kept >= _least(KEPT, len(told)),
        )


def _int8(result: OnDevice) -> object:
    return result.told.settings.get(INT8) if result.told is not None else None


def _least(share_of: float, total: int) -> int:
    """Fewest hits that a share as high as that has in 39 of 40 cases."""
    return int(binom.ppf(0.025, total, share_of))
