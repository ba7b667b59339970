"""What check-energy tries, each with the bar it is held to."""

from __future__ import annotations

import itertools
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from figures import Figure
from scipy.stats import beta

from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from approxlite.profiler.energy.ratio import Pairs, ratio_estimate, running_interval
from farm.replay.cases import KINDS, Result, campaign_result, drawn_world
from farm.replay.device import SILENT, TOLD, Cause, ReplayDevice
from farm.replay.lies import LARGE, lies

RAILS, GAUGE = "rails", "gauge, 100 µAh"
COVERAGE = (0.93, 0.97)
ENOUGH = 450
"""Trials from which on a share itself is held to that, such as 500 campaigns of which some refuse; of fewer, its
interval."""

KEPT = 0.99
"""Share of campaigns that reach the width wanted within the time."""

MATTERS = 0.1
"""Disturbances that change what a block's work costs by this share have to be found; in a dozen pairs one of them moves
the ratio by less than 1 %."""

TOLERANCE = 0.25
"""A probe tells watts this well, cold as the device is; wrong units are off by a thousand."""


def binomial(hits: int, total: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper and Pearson)."""
    low = float(beta.ppf(0.025, hits, total - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, total - hits)) if hits < total else 1.0
    return low, high


def share(hits: int, total: int) -> str:
    """With its exact 95 % interval."""
    if not total:
        return "none of 0"
    low, high = binomial(hits, total)
    return f"{hits / total:.1%} [{low:.1%}, {high:.1%}] of {total}"


def within_coverage(hits: int, total: int) -> tuple[str, bool]:
    """The bar that so many trials can be held to, and whether it is met."""
    if total >= ENOUGH:
        return "93 to 97 %", COVERAGE[0] <= hits / total <= COVERAGE[1]
    low, high = binomial(hits, total) if total else (0.0, 0.0)
    return "its interval meets 93 to 97 %", low <= COVERAGE[1] and high >= COVERAGE[0]


def covered(group: str, what: str, results: Sequence[Result]) -> Figure:
    """Whether intervals cover the truth in 93 to 97 %."""
    told = [each for each in results if each.outcome is not None]
    hits = sum(each.covers for each in told)
    bar, met = within_coverage(hits, len(told))
    return Figure(group, what, share(hits, len(told)), bar, met)


def campaigns(pool: ProcessPoolExecutor, count: int, seed: int) -> dict[str, list[Result]]:
    """`count` of rails and of the fine gauge, and as many of all coarser sources together."""
    coarse = [name for name in KINDS if name not in (RAILS, GAUGE)]
    sizes = {name: count if name in (RAILS, GAUGE) else -(-count // len(coarse)) for name in KINDS}
    return {
        name: list(pool.map(campaign_result, [name] * size, [seed] * size, range(size), chunksize=10))
        for name, size in sizes.items()
    }


def coverage(found: dict[str, list[Result]]) -> Iterator[Figure]:
    group, claim = "The 95 % interval", "the interval of the ratio covers the truth"
    for name, results in found.items():
        yield covered(group, f"{name}: {claim}", results)
        yield _wrongly(group, f"{name}, undisturbed", results)
    coarser = [each for name in found if name not in (RAILS, GAUGE) for each in found[name]]
    yield covered(group, f"all coarser sources: {claim}", coarser)
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
    """Each source, with 7 % of its blocks disturbed: every kind judged by itself; then only small silent ones."""
    group = "Disturbed blocks"
    for name in DISTURBED_SOURCES:
        # Half of them with silent power alone, which is the hardest to see.
        results = _disturbed(pool, name, count, seed + 1, ("radio",)) + _disturbed(pool, name, count, seed + 2)
        what = f"{name}, 7 % of blocks disturbed"
        marks = [mark for each in results for mark in each.disturbed]
        for cause in (*TOLD, *SILENT):
            # What the device tells of itself, or its latencies show, is found however little it matters.
            least = 0.0 if cause in (*TOLD, "background", "hidden throttle") else MATTERS
            found = [hit for disturbance, hit in marks if disturbance.kind == cause and disturbance.size >= least]
            size = f" of {least:.0%} or more" if least else ""
            met = bool(found) and sum(found) >= RECALL * len(found)
            yield Figure(group, f"{what}: {cause}{size}, found", share(sum(found), len(found)), "at least 95 %", met)
        yield _wrongly(group, what, results)
        yield covered(group, f"{what}: the interval covers the truth", results)
        small = _disturbed(pool, name, count, seed + 3, ("small",))
        marks = [mark for each in small for mark in each.disturbed]
        parts = [
            f"of {low:.0%} to {high:.0%} {share(sum(found), len(found))}"
            for low, high in itertools.pairwise((0.0, 0.05, MATTERS, 0.2))
            for found in [[hit for disturbance, hit in marks if low <= disturbance.size < high]]
        ]
        what = f"{name}, 7 % of blocks with 30 to 300 mW more"
        yield Figure(group, f"{what}: found", "; ".join(parts), "", None)
        yield _wrongly(group, what, small)
        yield covered(group, f"{what}: the interval covers the truth", small)
        yield Figure(group, f"{what}: error of the ratio", _errors(small), "", None)


DISTURBED_SOURCES = (RAILS, GAUGE, "fine PowerMonitor", "integrated current")
RECALL = 0.95


def _disturbed(
    pool: ProcessPoolExecutor, name: str, count: int, seed: int, causes: Sequence[Cause] = (*TOLD, *SILENT)
) -> list[Result]:
    tried = ([name] * count, [seed] * count, range(count), [0.07] * count, [causes] * count)
    return list(pool.map(campaign_result, *tried, chunksize=5))


def _wrongly(group: str, what: str, results: Sequence[Result]) -> Figure:
    clean, wrong = sum(each.clean for each in results), sum(each.clean_left_out for each in results)
    met = wrong <= 0.05 * clean
    return Figure(group, f"{what}: clean blocks left out", share(wrong, clean), "at most 5 %", met)


def _errors(results: Sequence[Result]) -> str:
    """Of the ratio beside the truth, with the interval of its mean."""
    told = [(each.outcome, each.truth) for each in results if each.outcome is not None]
    errors = np.array([outcome.ratio.value / truth - 1 for outcome, truth in told])
    widths = np.array([(outcome.ratio.high - outcome.ratio.low) / 2 / outcome.ratio.value for outcome, _ in told])
    reach = 1.96 * errors.std(ddof=1) / np.sqrt(len(errors))
    return (
        f"mean {errors.mean():+.2%} ± {reach:.2%}, standard deviation {errors.std(ddof=1):.2%} of {len(errors)}; "
        f"half-width {np.median(widths):.1%}"
    )


def wrong_sources(count: int, seed: int) -> Iterator[Figure]:
    """Every lie, `count` devices each: corrected, refused, or believed."""
    verdicts: dict[str, Tally[str]] = {}
    for number in range(count):
        for name in lies(np.random.default_rng(0)):
            random = np.random.default_rng([seed, number, len(name)])
            world = drawn_world(random, times=LARGE.get(name, 1.0))
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
    what = "the interval at the stop, of up to 12 looks at its width"
    yield Figure("Looking early", what, share(final, count), *within_coverage(final, count))
