"""The device: runs planned blocks in simulated time and answers as an agent would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from approxlite.profiler.blocks import AgentBlock, LatencyNs, PlannedBlock, Surroundings
from farm.replay.gauges import Gauge, History
from farm.replay.trace import POINTS, Floats, Truth, World

Disturbance = Literal["background", "throttle", "charger", "radio"]
DISTURBANCES: tuple[Disturbance, ...] = ("background", "throttle", "charger", "radio")


@dataclass
class ReplayDevice:
    """`measure` is what an energy campaign asks of a device. disturbed: chance of a block to be disturbed.

    disturbances: by number of block, what happened in those that were.
    """

    world: World
    gauges: Sequence[Gauge]
    random: np.random.Generator
    disturbed: float = 0.0
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
        slower = {"background": 1 + self.random.uniform(0.02, 0.15), "throttle": 1.2}.get(kind or "", 1.0)
        latency *= slower
        inferences = 0 if idle else max(plan.inferences, int(np.ceil(plan.seconds / latency)))
        length = plan.seconds if idle else inferences * latency
        times = np.linspace(self.now_s, self.now_s + length, max(POINTS, int(length / 2)))
        power = self.truth.block(times, None if idle else plan.configuration)
        self._disturb(kind, power)
        self.history.add(times, power)
        begin, self.now_s = self.now_s, self.now_s + length
        every = plan.readings_ms * 1e-3 or length
        at = np.append(np.arange(begin, self.now_s, every), self.now_s)
        ns = round(latency * 1e9)
        self.measured.append(plan.block)
        return AgentBlock.model_construct(
            block=plan.block,
            begin_ns=round(begin * 1e9),
            end_ns=round(self.now_s * 1e9),
            inferences=inferences,
            latency_ns=None if idle else LatencyNs.model_construct(total=ns * inferences, median=ns),
            before=Surroundings(thermal_status=0, frequency_mhz=(2800.0,), plugged=False),
            after=Surroundings(
                thermal_status=1 if kind == "throttle" else 0,
                frequency_mhz=(2200.0 if kind == "throttle" else 2800.0,),
                plugged=kind == "charger",
            ),
            readings=tuple(row for gauge in self.gauges for row in gauge.read(self.history, at)),
            waited_s=0.0,
            ended="done",
        )

    def _disturbance(self, plan: PlannedBlock) -> Disturbance | None:
        if self.random.random() >= self.disturbed:
            return None
        idle = plan.subject == "idle"
        choices = [kind for kind in DISTURBANCES if not (idle and kind in ("throttle", "background"))]
        kind: Disturbance = choices[int(self.random.integers(len(choices)))]
        self.disturbances[plan.block] = kind
        return kind

    def _disturb(self, kind: Disturbance | None, power: Floats) -> None:
        """In place: 0.3 to 1.5 W more over four tenths of the block or more, or a charger, or a slower processor."""
        if kind in ("background", "radio"):
            count = int(len(power) * self.random.uniform(0.4, 1.0))
            start = int(self.random.integers(0, len(power) - count + 1))
            power[start : start + count] += self.random.uniform(0.3, 1.5)
        elif kind == "throttle":
            power *= 0.75
        elif kind == "charger":
            power *= self.random.uniform(0.1, 0.6)
