"""What each kind of energy source adds to the truth, and how much of it is left in a block.

Figures are those of public sources of Android and of the gauges' contracts; what a device shows in its probe replaces
them where it is worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "meter", "rails", "power_stats", "power_monitor_fine", "power_monitor", "charge_counter", "current"
]  # fmt: skip
RANKING: tuple[Kind, ...] = (
    "meter", "rails", "power_stats", "power_monitor_fine", "power_monitor", "charge_counter", "current",
)  # fmt: skip
"""Best first."""

BLUR_J = 10.0
"""PowerMonitor answers with a value up to this far below the truth, placed by a Beta(50, 1) draw."""

BLUR_SD_J = BLUR_J * math.sqrt(50 / (51**2 * 52))
"""Of one reading, 0.19 J; its mean of -0.20 J cancels in a difference."""

BLUR_BLOCK_J = 27.0
"""Energy of a block in which the difference of two such readings is known to 1 %."""

CACHED_S = 30.0
"""A coarse PowerMonitor answers with what it read up to this long ago (20 s from Android 17 on)."""

COUNTER_STEPS = 20
"""Least steps of a counter in a block."""

_LEAST_BLOCK_S: dict[Kind, float] = {
    "meter": 5.0, "rails": 8.0, "power_stats": 8.0, "power_monitor_fine": 10.0, "power_monitor": 3 * CACHED_S,
    "charge_counter": 30.0, "current": 30.0,
}  # fmt: skip


@dataclass(frozen=True)
class Noise:
    """Errors of a source. reading_sd_j: of each reading of a counter. sample_sd_w: of each sample of a flow.

    step_j: quantum of a counter. refresh_s: time between fresh values. lag_s: how long after the truth they follow.
    """

    kind: Kind
    reading_sd_j: float = 0.0
    sample_sd_w: float = 0.0
    step_j: float = 0.0
    refresh_s: float = 0.0
    lag_s: float = 0.0

    @property
    def settle_s(self) -> float:
        """Part of a block's begin in which the source still tells of what was before."""
        cached = self.kind == "power_monitor"
        return 0.25 if cached else max(0.25, 3 * self.lag_s + self.refresh_s)

    @property
    def least_block_s(self) -> float:
        """Of any power."""
        return max(_LEAST_BLOCK_S[self.kind], 3 * self.refresh_s)

    def shortest_block_s(self, power_w: float) -> float:
        """The least length of a block at this power by which the source means anything."""
        energy_j = COUNTER_STEPS * self.step_j
        if self.kind in ("power_monitor", "power_monitor_fine"):
            energy_j = BLUR_BLOCK_J
        return max(self.least_block_s, energy_j / power_w)

    def power_sd_w(self, window_s: float, power_w: float) -> float:
        """Standard deviation of the mean power over a window of a block.

        A counter is uncertain by its step, or by what flows between two fresh values, at both ends; a flow by its
        samples. A cached value lies up to a refresh within the window, at both ends.
        """
        if self.kind == "power_monitor":
            window_s = max(window_s - self.refresh_s, self.refresh_s)
            edge_j2 = self.reading_sd_j**2
        else:
            edge_j2 = self.reading_sd_j**2 + max(self.step_j, power_w * self.refresh_s) ** 2 / 12
        if self.kind == "current":
            return self.sample_sd_w * math.sqrt(max(self.refresh_s, 0.05) / window_s)
        return math.sqrt(2 * edge_j2) / window_s
