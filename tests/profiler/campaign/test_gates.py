"""Devices are measured cool and charged, and say what they wait for."""

from __future__ import annotations

import pytest

from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.devices.describe import State
from approxlite.profiler.devices.parsers import Battery, Thermal


@pytest.mark.parametrize(
    ("battery", "thermal", "reason"),
    [
        (Battery(), Thermal(), None),
        (Battery(charge=0.64, temperature_c=28.7), Thermal("none", {"skin": 31.2, "cpu0": 70.0}), None),
        (Battery(charge=0.64, temperature_c=38.4), Thermal("none", {}), "cooling 38.4 → 37.0 °C"),
        (Battery(), Thermal("none", {"VIRTUAL-SKIN": 41.0}), "cooling 41.0 → 37.0 °C"),
        (Battery(), Thermal("severe", {}), "cooling, thermal status severe → light"),
        (Battery(charge=0.12), Thermal(), "charging 12% → 15%"),
    ],
)
def test_a_device_waits_for_what_is_wrong_with_it(battery: Battery, thermal: Thermal, reason: str | None) -> None:
    assert Gates().waits_for(State(battery, thermal)) == reason


def test_energy_is_measured_in_the_middle_of_the_battery() -> None:
    full = State(Battery(charge=0.95), Thermal())
    assert Gates().waits_for(full) is None
    assert Gates.for_energy().waits_for(full) == "discharging 95% → 80%"


@pytest.mark.parametrize("gates", [Gates.for_energy(), Gates.for_meter()])
def test_energy_is_measured_without_any_throttling(gates: Gates) -> None:
    battery = Battery(charge=0.5)
    assert gates.waits_for(State(battery, Thermal("light"))) == "cooling, thermal status light → none"
    assert gates.waits_for(State(battery, Thermal("none"))) is None
    assert gates.waits_for(State(battery, Thermal(None))) is None
    assert Gates().waits_for(State(battery, Thermal("light"))) is None
