"""What check-energy tries, each with the bar it is held to."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from figures import Figure
from scipy.stats import beta

from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from approxlite.profiler.energy.knob_campaign import measure_knobs
from approxlite.profiler.energy.ratio import Pairs, ratio_estimate, running_interval
from farm.replay.cases import KINDS, Additive, Result, campaign_result, drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.gauges import Rails
from farm.replay.lies import lies
from farm.replay.trace import Draw, World

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
        widths = np.array([(each.ratio.high - each.ratio.low) / 2 / each.ratio.value for each in told])
        spent, planned = np.array([each.spent_s for each in told]), np.array([each.planned_s for each in told])
        limit = planned if kind.allowed_s is None else np.full(len(told), kind.allowed_s)
        kept = int(((widths <= kind.half_width) & (spent <= limit * 1.001)).sum())
        within = "the time it said beforehand" if kind.allowed_s is None else f"{kind.allowed_s / 60:.0f} min"
        yield Figure(
            "Time",
            f"{name}: ±{kind.half_width:.0%} or better within {within}",
            f"{share(kept, len(told))}; width median {np.median(widths):.1%}, largest {widths.max():.1%}; "
            f"said {np.median(planned) / 60:.0f} min, took {np.median(spent) / 60:.0f}, at most {spent.max() / 60:.0f}",
            f"{KEPT:.0%}",
            kept >= KEPT * len(told),
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
                proven = EnergyCampaign(device.measure, "", seed=number).proven_source()
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
        holds = [
            abs(np.mean(running_interval(Pairs.of(setting[:n], exact[:n]))) - 0.6)
            <= np.diff(running_interval(Pairs.of(setting[:n], exact[:n])))[0] / 2
            for n in range(12, 151, 3)
        ]
        always += all(holds)
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


@dataclass(frozen=True)
class _Operator:
    id: str
    knobs: tuple[str, ...]


def knob_result(seed: int, number: int) -> Sequence[tuple[bool, float]]:
    """Of each (operator, knob): whether the interval covers the truth; its half-width as a share of an inference."""
    random = np.random.default_rng([seed, number, 77])
    operators = [_Operator(f"conv_2d_{i}", ("exact", "int8", "rows:1/2", "int8+rows:1/2")) for i in range(6)]
    base, idle = Draw(2.4, 0.03), 0.4
    exact_mj = (base.power_w - idle) * base.latency_s * 1e3
    changes = {
        (operator.id, knob): -exact_mj * float(random.uniform(0.0, 0.14))
        for operator in operators
        for knob in operator.knobs[1:]
    }
    world = World(Additive(base, idle, changes), idle_w=idle, drift=0.01)
    device = ReplayDevice(world, [Rails()], random)
    found = measure_knobs(EnergyCampaign(device.measure, "", seed=number, longest_s=1e6), operators)
    scale = device.truth.session_scale
    return [
        (
            each.change_mj.low <= changes[each.operator, each.knob] * scale <= each.change_mj.high,
            (each.change_mj.high - each.change_mj.low) / 2 / exact_mj,
        )
        for each in found
    ]


def knobs(pool: ProcessPoolExecutor, count: int, seed: int) -> Iterator[Figure]:
    found = [each for result in pool.map(knob_result, [seed] * count, range(count)) for each in result]
    hits = sum(hit for hit, _ in found)
    width = float(np.median([width for _, width in found]))
    yield Figure(
        "Energy of knobs",
        f"18 knobs on 6 operators, {count} campaigns on rails: intervals that cover the truth",
        f"{share(hits, len(found))}; half-width {width:.2%} of an inference",
        "93 to 97 %",
        COVERAGE[0] <= hits / len(found) <= COVERAGE[1],
    )
