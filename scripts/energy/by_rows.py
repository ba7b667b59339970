"""Figures of what is told from whole campaigns of rows: energies of knobs, and external meters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from evidence import share, within_coverage
from figures import Figure

from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.beside import beside
from approxlite.profiler.energy.campaign import EnergyCampaign
from approxlite.profiler.energy.design import EXACT, IDLE, Lengths, a_round, block_of
from approxlite.profiler.energy.from_rows import energy_of_rows
from approxlite.profiler.energy.knob_campaign import measure_knobs
from approxlite.profiler.energy.measured import placed_rows
from approxlite.profiler.energy.outcome import Comparison
from approxlite.profiler.energy.readings import Series
from farm.replay.cases import SETTING, Additive, drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.gauges import Rails
from farm.replay.trace import Draw, World

METER_ROUNDS = 14
METER_RATE_HZ = 200.0


@dataclass(frozen=True)
class _Operator:
    id: str
    knobs: tuple[str, ...]


def knob_result(seed: int, number: int, disturbed: float) -> Sequence[tuple[bool, float]]:
    """Of each (operator, knob): whether the interval covers the truth; its half-width as a share of an inference.

    Empty where the campaign refused, as one does whose probe was disturbed.
    """
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
    device = ReplayDevice(world, [Rails()], random, disturbed=disturbed)
    try:
        found = measure_knobs(EnergyCampaign(device.measure, "", seed=number, longest_s=1e6), operators)
    except UnstableError:
        return []
    scale = device.truth.session_scale
    return [
        (
            each.change_mj.low <= changes[each.operator, each.knob] * scale <= each.change_mj.high,
            (each.change_mj.high - each.change_mj.low) / 2 / exact_mj,
        )
        for each in found
    ]


def knobs(pool: ProcessPoolExecutor, count: int, seed: int) -> Iterator[Figure]:
    for disturbed in (0.0, 0.07):
        results = list(pool.map(knob_result, [seed] * count, range(count), [disturbed] * count))
        found = [each for result in results for each in result]
        hits = sum(hit for hit, _ in found)
        width = float(np.median([width for _, width in found]))
        what = f"18 knobs on 6 operators, {count} campaigns on rails"
        bar, met = within_coverage(hits, len(found))
        yield Figure(
            "Energy of knobs",
            f"{what}{', 7 % of blocks disturbed' if disturbed else ''}: intervals that cover the truth",
            f"{share(hits, len(found))}; half-width {width:.2%} of an inference; {results.count([])} refused",
            bar if not disturbed else "",
            met if not disturbed else None,
        )


def meter_result(seed: int, number: int) -> tuple[bool, bool, float]:
    """Whether the meter was laid beside its rows, whether the interval covers the truth, and the half-width."""
    random = np.random.default_rng([seed, number, 99])
    device = ReplayDevice(drawn_world(random), [], random)
    device.history.kept_s = 1e6
    device.measure([block_of(IDLE, float(random.uniform(3, 60)), 0.0, 10_000)])
    blocks, first = [], 0
    for round_ in range(METER_ROUNDS):
        placed = a_round(
            (EXACT, SETTING, IDLE), Lengths(5, 0.25, 0), session=0, round_=round_, first=first, seed=number
        )
        first += len(placed)
        blocks += placed_rows(placed, device.measure([each.plan for each in placed]))
    device.measure([block_of(IDLE, float(random.uniform(3, 60)), 0.0, 10_001)])
    history = device.history
    times = np.arange(history.times_s[0], history.times_s[-1], 1 / METER_RATE_HZ)
    power = np.gradient(np.interp(times, history.times_s, history.energy_j), times)
    meter = Series(times - float(random.uniform(0, 2000)), power + random.normal(0, 0.1, len(times)))
    try:
        rows = beside([each.row for each in blocks], meter)
    except UnstableError:
        return False, False, 0.0
    found = energy_of_rows([replace(each, row=row) for each, row in zip(blocks, rows, strict=True)], seed=number)
    told = found.settings.get(SETTING)
    if not isinstance(told, Comparison):
        return True, False, 0.0
    width = (told.ratio.high - told.ratio.low) / 2 / told.ratio.value
    return True, told.ratio.low <= device.world.ratio(SETTING) <= told.ratio.high, width


def meters(pool: ProcessPoolExecutor, count: int, seed: int) -> Iterator[Figure]:
    results = list(pool.map(meter_result, [seed] * count, range(count), chunksize=5))
    laid, told = sum(each[0] for each in results), [each for each in results if each[2] > 0]
    what = f"a meter of {METER_RATE_HZ:.0f} Hz with a clock of its own, {METER_ROUNDS} rounds of 5 s blocks"
    yield Figure("External meters", f"{what}: laid beside its blocks", share(laid, count), "99%", laid >= 0.99 * count)
    hits, width = sum(each[1] for each in told), float(np.median([each[2] for each in told]))
    yield Figure(
        "External meters",
        f"{what}: the interval covers the truth",
        f"{share(hits, len(told))}; half-width {width:.1%}; {laid - len(told)} refused",
        "",
        None,
    )
