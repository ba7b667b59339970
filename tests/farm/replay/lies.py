"""Facilities that say something else than they should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from approxlite.profiler.blocks import Reading
from farm.replay.gauges import Counter, Current, Gauge, History, Meter, Rails, Voltage
from farm.replay.trace import Floats


@dataclass
class Charging:
    """The charger's current hides in the battery's: what the gauge sees is work less the charger."""

    inner: Current
    charger_a: float = 1.5

    def read(self, history: History, at_s: Floats) -> list[Reading]:
        shown = History(history.times_s, history.energy_j, history.charge_c, history.current_a - self.charger_a)
        return self.inner.read(shown, at_s)


@dataclass
class Unrelated:
    """A walk that knows nothing of the load."""

    random: np.random.Generator
    name: str
    level: float
    _value: float = 1e9

    def read(self, _history: History, at_s: Floats) -> list[Reading]:
        step = np.diff(at_s, prepend=at_s[0])
        values = self._value + np.cumsum(step * self.level * self.random.uniform(0.6, 1.4, len(at_s)))
        self._value = float(values[-1])
        return [
            Reading.model_construct(at_ns=round(time * 1e9), source=self.name, value=value, as_of_ns=None)
            for time, value in zip(at_s.tolist(), values.tolist(), strict=True)
        ]


LARGE: Mapping[str, float] = {
    "a package of 45 W": 17.0,
    "rails of 45 W": 17.0,
    "rails of 45 W in milliwatt-seconds": 17.0,
    "a meter of 65 W": 24.0,
}
"""Devices of these draw so many times what a phone does."""


def lies(random: np.random.Generator) -> dict[str, Sequence[Gauge]]:
    """Each a device with one wrong source, or several that contradict or contain each other, or one whose true power
    invites a wrong unit."""
    turned = {
        f"current, times {factor:g}": [Current(random, factor=factor), Voltage()]
        for factor in (1.0, -1e-3, 1e-3, -1e3, 1e3)
    }
    counted = {
        f"counter, times {factor:g}": [Counter(100, factor=factor), Voltage()] for factor in (-1.0, 1e-3, -1e-3, 1e3)
    }
    return {
        **turned,
        **counted,
        "rails in milliwatt-seconds": [Rails(factor=1e-3)],
        "rails in nanowatt-seconds": [Rails(factor=1e3)],
        "rails that count down": [Rails(factor=-1.0)],
        "rails of 45 W": [Rails()],
        "rails of 45 W in milliwatt-seconds": [Rails(factor=1e-3)],
        "rails within rails": [Rails({"powercap/package-0": 1.0}), Rails({"inner/CPU": 0.5}), Rails({"odpm/ALL": 0.8})],
        "a package of 45 W": [Rails({"powercap/package-0": 1.0})],
        "a package in millijoules": [Rails({"powercap/package-0": 1.0}, factor=1e-3)],
        "a meter of 65 W": [Meter()],
        "a meter's milliwatts called watts": [Meter(factor=1e3)],
        "a meter's watts called milliwatts": [Meter(factor=1e-3)],
        "voltage in millivolts": [Counter(100), Voltage(factor=1e-3)],
        "no voltage": [Counter(100)],
        "frozen current": [Current(random, frozen=True), Voltage()],
        "charging": [Charging(Current(random)), Voltage()],
        "charging a little": [Charging(Current(random), 0.3), Voltage()],
        "half the current, and a counter": [Current(random, factor=-0.5), Counter(100), Voltage()],
        "a model of energy, not a meter": [Unrelated(random, "power_stats/CPU", 1.2e6)],
    }
