"""What facilities say of a true power: their steps, clocks, lags, blur, signs and units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.signal import lfilter

from approxlite.profiler.blocks import Reading
from farm.replay.trace import Floats

OPEN_CIRCUIT_V = 3.95
RESISTANCE_OHM = 0.12


@dataclass
class History:
    """Totals up to each time of the last blocks: energy and charge, and the current; in J, C and A."""

    times_s: Floats = field(default_factory=lambda: np.zeros(1))
    energy_j: Floats = field(default_factory=lambda: np.full(1, 5e3))
    charge_c: Floats = field(default_factory=lambda: np.full(1, 1e3))
    current_a: Floats = field(default_factory=lambda: np.full(1, 0.1))
    kept_s: float = 120.0

    def add(self, times_s: Floats, power_w: Floats) -> None:
        """Goes on from where it ended; `times_s[0]` is that moment."""
        # A device that draws more than a cell can give hangs on a mains supply.
        under = OPEN_CIRCUIT_V**2 - 4 * power_w * RESISTANCE_OHM
        volts = (OPEN_CIRCUIT_V + np.sqrt(np.maximum(under, 0.0))) / 2
        current = power_w / volts
        step = np.diff(times_s, prepend=times_s[0])
        old = self.times_s >= self.times_s[-1] - self.kept_s
        self.energy_j = np.append(self.energy_j[old], self.energy_j[-1] + np.cumsum(power_w * step)[1:])
        self.charge_c = np.append(self.charge_c[old], self.charge_c[-1] + np.cumsum(current * step)[1:])
        self.current_a = np.append(self.current_a[old], current[1:])
        self.times_s = np.append(self.times_s[old], times_s[1:])

    def volts(self, at_s: Floats) -> Floats:
        return OPEN_CIRCUIT_V - RESISTANCE_OHM * np.interp(at_s, self.times_s, self.current_a)


class Gauge(Protocol):
    def read(self, history: History, at_s: Floats, /) -> list[Reading]: ...


def _rows(name: str, at_s: Floats, values: Floats, as_of_s: Floats | None = None) -> list[Reading]:
    times = np.rint(at_s * 1e9).astype(np.int64).tolist()
    taken = [None] * len(times) if as_of_s is None else np.rint(as_of_s * 1e9).astype(np.int64).tolist()
    return [
        Reading.model_construct(at_ns=time, source=name, value=value, as_of_ns=of)
        for time, value, of in zip(times, values.tolist(), taken, strict=True)
    ]


def _refreshed(at_s: Floats, refresh_s: float, lag_s: float) -> Floats:
    return np.floor(at_s / refresh_s) * refresh_s - lag_s


@dataclass
class Rails:
    """Energy meter of rails in microwatt-seconds. shares: of the whole power; unit, sign: as a vendor may turn them."""

    shares: dict[str, float] = field(default_factory=lambda: {"odpm/CPU_BIG": 0.6, "odpm/CPU_LITTLE": 0.4})
    refresh_s: float = 0.05
    factor: float = 1.0

    def read(self, history: History, at_s: Floats) -> list[Reading]:
        energy = np.interp(_refreshed(at_s, self.refresh_s, 0.0), history.times_s, history.energy_j)
        return [
            row
            for name, share in self.shares.items()
            for row in _rows(name, at_s, np.floor(energy * share * 1e6) * self.factor)
        ]


@dataclass
class PowerMonitor:
    """Values between max(previous, true - 10 J) and the truth, placed by Beta(50, 1), read anew when older than the
    cache allows."""

    random: np.random.Generator
    cached_s: float
    name: str
    _as_of_s: float = -1e9
    _value_j: float = -1e9

    def read(self, history: History, at_s: Floats) -> list[Reading]:
        values, taken = [], []
        for time in at_s.tolist():
            if time - self._as_of_s >= self.cached_s:
                true = float(np.interp(time, history.times_s, history.energy_j))
                lowest = max(self._value_j, true - 10)
                self._value_j = lowest + (true - lowest) * float(self.random.beta(50, 1))
                self._as_of_s = time
            values.append(round(self._value_j * 1e6))
            taken.append(self._as_of_s)
        return _rows(self.name, at_s, np.array(values, float), np.array(taken))


@dataclass
class Counter:
    """Charge counter, counting down by steps. factor: what a vendor makes of microampere-hours, sign included."""

    step_uah: float
    refresh_s: float = 1.0
    lag_s: float = 0.3
    factor: float = 1.0

    def read(self, history: History, at_s: Floats) -> list[Reading]:
        charge = np.interp(_refreshed(at_s, self.refresh_s, self.lag_s), history.times_s, history.charge_c)
        left = 4e6 - charge / 3.6e-3
        return _rows("charge_counter", at_s, np.floor(left / self.step_uah) * self.step_uah * self.factor)


@dataclass
class Current:
    """Current of the gauge: filtered, noisy, in steps. factor: sign and unit beside microamperes of discharge."""

    random: np.random.Generator
    refresh_s: float = 1.0
    filter_s: float = 0.8
    noise: float = 0.02
    factor: float = -1.0
    frozen: bool = False

    def read(self, history: History, at_s: Floats) -> list[Reading]:
        # On a grid of its own: blocks are drawn on grids as fine as they are short.
        every = self.filter_s / 8
        times = np.arange(history.times_s[0], history.times_s[-1] + every, every)
        current = np.interp(times, history.times_s, history.current_a)
        memory = float(np.exp(-1 / 8))
        smooth = lfilter([1 - memory], [1, -memory], current, zi=[memory * current[0]])[0]
        told = np.interp(_refreshed(at_s, self.refresh_s, 0.0), times, smooth)
        slots = np.unique(np.floor(at_s / self.refresh_s), return_inverse=True)[1]
        told *= (1 + self.random.normal(0, self.noise, slots.max() + 1))[slots]
        if self.frozen:
            told = np.full(len(told), 0.3)
        return _rows("current_now", at_s, np.rint(told * 1e6) * self.factor)


@dataclass
class Voltage:
    factor: float = 1.0

    def read(self, history: History, at_s: Floats) -> list[Reading]:
        return _rows("voltage_now", at_s, np.rint(history.volts(at_s) * 1e3) * 1e3 * self.factor)


@dataclass
class Meter:
    """An external meter laid beside the blocks: mean powers between readings. factor: unit beside its header's."""

    factor: float = 1.0

    def read(self, history: History, at_s: Floats) -> list[Reading]:
        ends = np.interp(np.append(at_s[0] - 0.02, at_s), history.times_s, history.energy_j)
        return _rows("meter/power", at_s, np.diff(ends) / np.diff(at_s, prepend=at_s[0] - 0.02) * self.factor)
