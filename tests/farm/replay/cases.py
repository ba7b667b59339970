"""Devices and campaigns with a truth: drawn from a seed, so that a case can be had again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from approxlite.profiler.energy.outcome import EnergyOutcome
from farm.replay.device import SILENT, TOLD, Cause, Disturbance, ReplayDevice
from farm.replay.gauges import Counter, Current, Gauge, PowerMonitor, Rails, Voltage
from farm.replay.trace import Draw, World

SETTING = "all=int8"


@dataclass(frozen=True)
class Kind:
    """A kind of device, the width wanted of it, and the time allowed (None: what the campaign itself says)."""

    name: str
    gauges: Callable[[np.random.Generator], Sequence[Gauge]]
    half_width: float
    allowed_s: float | None
    sessions: int = 1


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("rails", lambda _: [Rails()], 0.03, 600.0),
        Kind("gauge, 100 µAh", lambda _: [Counter(100), Voltage()], 0.05, 1800.0),
        Kind("fine PowerMonitor", lambda r: [PowerMonitor(r, 0.25, "power_monitor_fine/CPU")], 0.03, None),
        Kind("cached PowerMonitor", lambda r: [PowerMonitor(r, 30.0, "power_monitor/CPU")], 0.03, None),
        Kind("gauge, 1000 µAh, two sessions", lambda _: [Counter(1000), Voltage()], 0.05, None, 2),
        Kind("gauge, 5000 µAh", lambda _: [Counter(5000), Voltage()], 0.05, None),
        Kind("integrated current", lambda r: [Current(r), Voltage()], 0.05, None),
    )
}


def drawn_world(random: np.random.Generator, *, times: float = 1.0) -> World:
    """A phone between small and large, and a setting that costs between a quarter and all of exact; or a device that
    draws so many times as much."""
    power, idle = times * float(random.uniform(1.5, 4.0)), times * float(random.uniform(0.2, 0.5))
    latency = float(random.uniform(0.004, 0.06))
    setting = Draw(power * float(random.uniform(0.85, 1.05)), latency * float(random.uniform(0.3, 1.0)))
    return World({"exact": Draw(power, latency), SETTING: setting}, idle_w=idle)


@dataclass(frozen=True)
class Result:
    """outcome: None where the campaign refused, and `refused` says why. disturbed: what, and whether it was found."""

    truth: float
    outcome: EnergyOutcome | None
    refused: str = ""
    clean: int = 0
    clean_left_out: int = 0
    disturbed: tuple[tuple[Disturbance, bool], ...] = ()

    @property
    def covers(self) -> bool:
        return self.outcome is not None and self.outcome.ratio.low <= self.truth <= self.outcome.ratio.high


def campaign_result(
    name: str, seed: int, number: int, disturbed: float = 0.0, kinds: Sequence[Cause] = (*TOLD, *SILENT)
) -> Result:
    kind = KINDS[name]
    random = np.random.default_rng([seed, number, list(KINDS).index(name)])
    world = drawn_world(random)
    device = ReplayDevice(world, kind.gauges(random), random, disturbed=disturbed, kinds=kinds)
    allowed = 1e6 if kind.allowed_s is None or disturbed else kind.allowed_s
    campaign = EnergyCampaign(
        device.measure,
        SETTING,
        seed=seed * 1_000_003 + number,
        half_width=kind.half_width,
        longest_s=allowed,
        sessions=kind.sessions,
        new_session=device.new_session,
    )
    outcome, refused = None, ""
    try:
        outcome = campaign.run()
    except UnstableError as problem:
        refused = str(problem)
    bad = campaign.measured.left_out() if campaign.measured is not None else {}
    rows = [each.row.block for each in campaign.measured.blocks] if campaign.measured is not None else []
    clean = [block for block in rows if block not in device.disturbances]
    return Result(
        world.ratio(SETTING),
        outcome,
        refused,
        len(clean),
        sum(block in bad for block in clean),
        tuple((device.disturbances[block], block in bad) for block in rows if block in device.disturbances),
    )


class Additive(dict[str, Draw]):
    """Draws of any configuration: each (operator, knob) changes power-time by its own millijoules, and latency."""

    def __init__(self, base: Draw, idle_w: float, change_mj: Mapping[tuple[str, str], float]) -> None:
        super().__init__(exact=base)
        self.idle_w, self.change_mj = idle_w, change_mj

    def __missing__(self, configuration: str) -> Draw:
        base = self["exact"]
        chosen = dict(Configuration.parse(configuration).entries)
        change = sum(self.change_mj[operator, str(knob)] for operator, knob in chosen.items())
        beyond = (base.power_w - self.idle_w) * base.latency_s + change * 1e-3
        # A cheaper inference is mostly a shorter one.
        latency = base.latency_s * (beyond / ((base.power_w - self.idle_w) * base.latency_s)) ** 0.9
        self[configuration] = Draw(self.idle_w + beyond / latency, latency)
        return self[configuration]
