"""True power over time: what each configuration draws, warm-up, slow drift, unevenness, and other loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]
POINTS = 240
"""Of the grid on which a block's power is drawn."""


@dataclass(frozen=True)
class Draw:
    """power_w while it runs, without drift; latency_s of an inference."""

    power_w: float
    latency_s: float


@dataclass(frozen=True)
class World:
    """Truth. warm_s: time constant of warm-up. drift: of a slow wave. uneven: of a block, beside fast noise."""

    draws: Mapping[str, Draw]
    idle_w: float = 0.4
    heat: float = 0.08
    warm_s: float = 25.0
    drift: float = 0.02
    uneven: float = 0.006
    fast: float = 0.03
    fast_s: float = 0.4

    def ratio(self, configuration: str) -> float:
        """Energy per inference beyond idle, as a share of exact's."""
        exact, other = self.draws["exact"], self.draws[configuration]
        return ((other.power_w - self.idle_w) * other.latency_s) / ((exact.power_w - self.idle_w) * exact.latency_s)

    def beyond_idle_mj(self, configuration: str) -> float:
        draw = self.draws[configuration]
        return (draw.power_w - self.idle_w) * draw.latency_s * 1e3


@dataclass
class Truth:
    """Power of one device as time goes on; `session` starts it anew, cold."""

    world: World
    random: np.random.Generator
    session_scale: float = 1.0
    _busy_s: float = 0.0
    _phase: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.session()

    def session(self) -> None:
        self._busy_s, self._phase = 0.0, float(self.random.uniform(0, 2 * np.pi))
        self.session_scale = float(self.random.normal(1, 0.02))

    def warmth(self) -> float:
        """1 when cold, 0 when warm."""
        return float(np.exp(-self._busy_s / self.world.warm_s))

    def latency_s(self, configuration: str) -> float:
        base = self.world.draws[configuration].latency_s
        return base * (1 + 0.04 * self.warmth()) * float(self.random.normal(1, 0.003))

    def block(self, times_s: Floats, configuration: str | None) -> Floats:
        """(points,): watts at `times_s`; None is idle."""
        world = self.world
        base = world.idle_w if configuration is None else world.draws[configuration].power_w
        step = float(times_s[1] - times_s[0])
        memory = float(np.exp(-step / world.fast_s))
        # Noise that is averaged over a step when the step is longer than its memory.
        shrunk = world.fast * min(1.0, np.sqrt(2 * world.fast_s / step))
        noise = lfilter([np.sqrt(1 - memory**2)], [1, -memory], self.random.normal(0, shrunk, len(times_s)))
        elapsed = times_s - times_s[0]
        warm = world.heat * np.exp(-(self._busy_s + (elapsed if configuration else 0 * elapsed)) / world.warm_s)
        slow = world.drift * np.sin(2 * np.pi * times_s / 900 + self._phase)
        if configuration:
            self._busy_s += float(elapsed[-1])
        uneven = self.random.normal(0, world.uneven)
        return np.maximum(base * self.session_scale * (1 + warm + slow + uneven + noise), 0.01)
