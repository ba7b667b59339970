"""The device: runs planned blocks in simulated time and answers as an agent would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from approxlite.profiler.blocks import AgentBlock, LatencyNs, PlannedBlock, Surroundings
from farm.replay.gauges import Gauge, History
from farm.replay.trace import POINTS, Floats, Truth, World

Cause = Literal["throttle", "charger", "background", "radio", "hidden throttle", "hidden charger", "small"]
TOLD: tuple[Cause, ...] = ("throttle", "charger")
"""The device itself says so."""

SILENT: tuple[Cause, ...] = ("background", "radio", "hidden throttle", "hidden charger")
"""Seen by latency or power alone."""

IDLE: tuple[Cause, ...] = ("charger", "hidden charger", "radio", "small")
"""Those that befall idle blocks too."""


MOST_OPERATOR_RUNS = 1000
"""Of the native agent, after a block whose operators are timed."""


@dataclass(frozen=True)
class Disturbance:
    """size: by what it changes the block's energy, as a share of what work costs beyond idle: an inference of this
    block, or, for idle ones, exact's power."""

    kind: Cause
    size: float


@dataclass
class ReplayDevice:
    """`measure` is what an energy campaign asks of a device. disturbed: chance of a block to be disturbed, by one of
    `kinds`.

    disturbances: by number of block, what happened in those that were.
    """

    world: World
    gauges: Sequence[Gauge]
    random: np.random.Generator
    disturbed: float = 0.0
    kinds: Sequence[Cause] = (*TOLD, *SILENT)
    disturbances: dict[int, Disturbance] = field(default_factory=dict)
    measured: list[int] = field(default_factory=list)
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        self.truth = Truth(self.world, self.random)
        self.now_s = float(self.random.uniform(1000, 2000))
        self.history.times_s = np.array([self.now_s])

    def new_session(self, _session: int) -> None:
        self.truth.session()
        self.history.add(np.linspace(self.now_s, self.now_s + 600, POINTS), np.full(POINTS, self.world.idle_w))
        self.now_s += 600

    def measure(self, blocks: Sequence[PlannedBlock]) -> list[AgentBlock]:
        return [self._block(block) for block in blocks]

    def _block(self, plan: PlannedBlock) -> AgentBlock:
        idle = plan.subject == "idle"
        latency = 0.0 if idle else self.truth.latency_s(plan.configuration)
        kind = self._disturbance(plan)
        slower = 1.2 if kind in ("throttle", "hidden throttle") else 1.0
        if kind == "background":
            slower += self.random.uniform(0.02, 0.15)
        latency *= slower
        if not idle:
            self._work(plan.configuration, plan.uncounted * latency)
        inferences = 0 if idle else max(plan.inferences, int(np.ceil(plan.seconds / latency)))
        length = plan.seconds if idle else inferences * latency
        times = np.linspace(self.now_s, self.now_s + length, max(POINTS, int(length / 2)))
        power = self.truth.block(times, None if idle else plan.configuration)
        if kind is not None:
            self.disturbances[plan.block] = self._disturb(kind, power, slower, idle=idle)
        self.history.add(times, power)
        begin, self.now_s = self.now_s, self.now_s + length
        every = plan.readings_ms * 1e-3 or length
        at = np.append(np.arange(begin, self.now_s, every), self.now_s)
        ns = round(latency * 1e9)
        self.measured.append(plan.block)
        readings = tuple(row for gauge in self.gauges for row in gauge.read(self.history, at))
        end = self.now_s
        if plan.operators:
            self._work(plan.configuration, min(inferences, MOST_OPERATOR_RUNS) * latency)
        return AgentBlock.model_construct(
            block=plan.block,
            begin_ns=round(begin * 1e9),
            end_ns=round(end * 1e9),
            inferences=inferences,
            latency_ns=None if idle else LatencyNs.model_construct(total=ns * inferences, median=ns),
            before=Surroundings(
                thermal_status=0, frequency_mhz=(2800.0,), frequency_limit_mhz=(2800.0,), plugged=False
            ),
            after=Surroundings(
                thermal_status=1 if kind == "throttle" else 0,
                # A governor slows the core as soon as work ends.
                frequency_mhz=(1100.0 if self.now_s % 1 < 0.5 else 2800.0,),
                frequency_limit_mhz=(2200.0 if kind == "throttle" else 2800.0,),
                plugged=kind == "charger",
            ),
            readings=readings,
            waited_s=0.0,
            ended="done",
        )

    def _work(self, configuration: str, seconds: float) -> None:
        """Inferences beside those that count: before them, or with a clock in every operator."""
        if seconds > 0:
            times = np.linspace(self.now_s, self.now_s + seconds, POINTS)
            self.history.add(times, self.truth.block(times, configuration))
            self.now_s += seconds

    def _disturbance(self, plan: PlannedBlock) -> Cause | None:
        choices = [kind for kind in self.kinds if kind in IDLE or plan.subject != "idle"]
        if self.random.random() >= self.disturbed or not choices:
            return None
        return choices[int(self.random.integers(len(choices)))]

    def _disturb(self, kind: Cause, power: Floats, slower: float, *, idle: bool) -> Disturbance:
        """In place: 0.3 to 1.5 W more (small: 0.03 to 0.3) over four tenths of the block or more, or a charger, or a
        slower processor."""
        before = float(power.mean())
        if kind in ("background", "radio", "small"):
            count = int(len(power) * self.random.uniform(0.4, 1.0))
            start = int(self.random.integers(0, len(power) - count + 1))
            power[start : start + count] += (
                self.random.uniform(0.03, 0.3) if kind == "small" else self.random.uniform(0.3, 1.5)
            )
        elif kind in ("throttle", "hidden throttle"):
            power *= 0.75
        else:
            power *= self.random.uniform(0.1, 0.6)
        after, idle_w = float(power.mean()), self.world.idle_w
        if idle:
            return Disturbance(kind, abs(after - before) / (self.world.draws["exact"].power_w - idle_w))
        return Disturbance(kind, abs((after - idle_w) * slower / (before - idle_w) - 1))
