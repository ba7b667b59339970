"""What check-energy tries, each with the bar it is held to."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from figures import Figure
from scipy.stats import beta

from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from approxlite.profiler.energy.ratio import Pairs, ratio_estimate, running_interval
from farm.replay.cases import KINDS, Result, campaign_result, drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.lies import lies

RAILS, GAUGE = "rails", "gauge, 100 µAh"
COVERAGE = (0.93, 0.97)
KEPT = 0.99
"""Share of campaigns that reach the width wanted within the time."""

TOLERANCE = 0.25
"""A probe tells watts this well, cold as the device is; wrong units are off by a thousand."""


def share(hits: int, total: int) -> str:
    """With its exact 95 % interval."""
    low = float(beta.ppf(0.025, hits, total - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, total - hits)) if hits < total else 1.0
    return f"{hits / total:.1%} [{low:.1%}, {high:.1%}] of {total}"


def campaigns(pool: ProcessPoolExecutor, count: int, seed: int) -> dict[str, list[Result]]:
    """`count` of rails and of the fine gauge, and as many of all coarser sources together."""
    coarse = [name for name in KINDS if name not in (RAILS, GAUGE)]
    sizes = {name: count if name in (RAILS, GAUGE) else -(-count // len(coarse)) for name in KINDS}
    return {
        name: list(pool.map(campaign_result, [name] * size, [seed] * size, range(size), chunksize=10))
        for name, size in sizes.items()
    }


def coverage(found: dict[str, list[Result]]) -> Iterator[Figure]:
    groups = {RAILS: found[RAILS], GAUGE: found[GAUGE]}
    groups["all coarser sources"] = [each for name in found if name not in groups for each in found[name]]
    for name, results in groups.items():
        told = [each for each in results if each.outcome is not None]
        hits = sum(each.covers for each in told)
        yield Figure(
            "The 95 % interval",
            f"{name}: the interval of the ratio covers the truth",
            share(hits, len(told)),
            "93 to 97 %",
            COVERAGE[0] <= hits / len(told) <= COVERAGE[1],
        )
    everything = [each for results in found.values() for each in results]
    refused = [each for each in everything if each.outcome is None]
    same = sum("against itself" in each.refused for each in refused)
    yield Figure(
        "The 95 % interval",
        "exact against itself is found to differ (A/A)",
        share(same, len(everything)),
        "at most 5 %",
        same <= 0.05 * len(everything),
    )
    reasons = Tally(each.refused[:60] for each in refused if "against itself" not in each.refused)
    yield Figure(
        "The 95 % interval",
        "refused for another reason",
        share(sum(reasons.values()), len(everything)) + "".join(f"; {count} × {why}" for why, count in reasons.items()),
        "at most 1 %",
        sum(reasons.values()) <= 0.01 * len(everything),
    )


def times(found: dict[str, list[Result]]) -> Iterator[Figure]:
    for name, results in found.items():
        kind = KINDS[name]
        told = [each.outcome for each in results if each.outcome is not None]
        coarse = sum("too coarse" in each.refused for each in results)
        widths = np.array([(each.ratio.high - each.ratio.low) / 2 / each.ratio.value for each in told])
        spent, planned = np.array([each.spent_s for each in told]), np.array([each.planned_s for each in told])
        limit = planned if kind.allowed_s is None else np.full(len(told), kind.allowed_s)
        kept = int(((widths <= kind.half_width) & (spent <= limit * 1.001)).sum())
        within = "the time it said beforehand" if kind.allowed_s is None else f"{kind.allowed_s / 60:.0f} min"
        yield Figure(
            "Time",
            f"{name}: ±{kind.half_width:.0%} or better within {within}",
            f"{share(kept, len(told) + coarse)}, {coarse} refused as too coarse; "
            f"width median {np.median(widths):.1%}, largest {widths.max():.1%}; "
            f"said {np.median(planned) / 60:.0f} min, took {np.median(spent) / 60:.0f}, at most {spent.max() / 60:.0f}",
            f"{KEPT:.0%}",
            kept >= KEPT * (len(told) + coarse),
        )


def contamination(pool: ProcessPoolExecutor, count: int, seed: int) -> Iterator[Figure]:
    for name in (RAILS, GAUGE):
        results = list(
            pool.map(campaign_result, [name] * count, [seed + 1] * count, range(count), [0.07] * count, chunksize=5)
        )
        disturbed, found = sum(each.disturbed for each in results), sum(each.disturbed_found for each in results)
        clean, wrong = sum(each.clean for each in results), sum(each.clean_left_out for each in results)
        what = f"{name}, 7 % of blocks disturbed"
        yield Figure(
            "Disturbed blocks", f"{what}: found", share(found, disturbed), "at least 95 %", found >= 0.95 * disturbed
        )
        yield Figure(
            "Disturbed blocks",
            f"{what}: clean blocks left out",
            share(wrong, clean),
            "at most 5 %",
            wrong <= 0.05 * clean,
        )
        told = [each for each in results if each.outcome is not None]
        hits = sum(each.covers for each in told)
        yield Figure("Disturbed blocks", f"{what}: the interval covers the truth", share(hits, len(told)), "", None)


def wrong_sources(count: int, seed: int) -> Iterator[Figure]:
    """Every lie, `count` devices each: corrected, refused, or believed."""
    verdicts: dict[str, Tally[str]] = {}
    for number in range(count):
        for name in lies(np.random.default_rng(0)):
            random = np.random.default_rng([seed, number, len(name)])
            world = drawn_world(random)
            device = ReplayDevice(world, lies(random)[name], random)
            try:
                proven = EnergyCampaign(device.measure, "", seed=number).probed().proven
            except UnstableError:
                verdict = "refused"
            else:
                truth = world.draws["exact"].power_w - world.idle_w
                right = abs((proven.busy_w - proven.idle_w) / truth - 1) <= TOLERANCE
                verdict = "corrected" if right else "believed"
            verdicts.setdefault(name, Tally())[verdict] += 1
    total = Tally[str]()
    for name, each in verdicts.items():
        total += each
        yield Figure(
            "Wrong sources", name, ", ".join(f"{count} {verdict}" for verdict, count in each.items()), "", None
        )
    believed = total["believed"]
    yield Figure("Wrong sources", "believed though wrong", f"{believed} of {total.total()}", "none", believed == 0)


def watching(count: int, seed: int) -> Iterator[Figure]:
    """The running interval, looked at after every pair; and the final one, stopped by its own width, hard to reach."""
    random = np.random.default_rng([seed, 5])
    always = final = 0
    for _ in range(count):
        exact, setting = random.normal(1, 0.02, 150), 0.6 * random.normal(1, 0.02, 150)
        intervals = [running_interval(Pairs.of(setting[:n], exact[:n])) for n in range(12, 151, 3)]
        always += all(low <= 0.6 <= high for low, high in intervals)
        for n in (12, 15, 19, 23, 29, 36, 45, 57, 71, 88, 110, 150):
            estimate = ratio_estimate(Pairs.of(setting[:n], exact[:n]), random)
            if estimate.high - estimate.low <= 2 * 0.01 * estimate.value:
                break
        final += estimate.low <= 0.6 <= estimate.high
    yield Figure(
        "Looking early",
        "the running interval holds at every one of 47 looks",
        share(always, count),
        "at least 95 %",
        always >= 0.95 * count,
    )
    yield Figure(
        "Looking early",
        "the interval at the stop, of up to 12 looks at its width",
        share(final, count),
        "93 to 97 %",
        COVERAGE[0] <= final / count <= COVERAGE[1],
    )
