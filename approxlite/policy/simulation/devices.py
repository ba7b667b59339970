"""Devices to simulate on: some by name, any from a file."""

from __future__ import annotations

from pathlib import Path

from approxlite.formats.device_model import Battery, DeviceModel, Thermal, ThrottlePoint, load_device_model
from approxlite.formats.errors import FormatError

PHONE = DeviceModel(
    name="phone",
    slower=3.0,
    tail=1.3,
    run_w=3.5,
    idle_w=0.5,
    power_exponent=2.0,
    battery=Battery(capacity_j=55_000),
    thermal=Thermal(
        heat_capacity_j_per_k=60,
        resistance_k_per_w=6.5,
        severe_c=43.0,
        throttle=(
            ThrottlePoint(temperature_c=37.0, speed=1.0),
            ThrottlePoint(temperature_c=41.0, speed=0.6),
            ThrottlePoint(temperature_c=46.0, speed=0.35),
        ),
    ),
)
"""A mid-range phone with its screen off: figures of the right size, chosen by hand."""

WATCH = DeviceModel(
    name="watch",
    slower=8.0,
    tail=1.3,
    run_w=0.35,
    idle_w=0.02,
    battery=Battery(capacity_j=4_200),
    thermal=Thermal(
        heat_capacity_j_per_k=25,
        resistance_k_per_w=25,
        start_c=30.0,
        severe_c=40.0,
        throttle=(ThrottlePoint(temperature_c=36.0, speed=1.0), ThrottlePoint(temperature_c=40.0, speed=0.5)),
    ),
)
"""A watch on a wrist: figures of the right size, chosen by hand."""

HERE = DeviceModel(name="here", run_w=0.0, idle_w=0.0)
"""Times as recorded, neither energy nor heat."""

DEVICE_MODELS = {model.name: model for model in (PHONE, WATCH, HERE)}


def device_model(name: str) -> DeviceModel:
    """One of `DEVICE_MODELS` by name, else the file of that name. Raises FormatError, one line."""
    if name in DEVICE_MODELS:
        return DEVICE_MODELS[name]
    if not Path(name).exists():
        known = ", ".join(DEVICE_MODELS)
        raise FormatError(f"{name}: no such file, and no device model of that name; {known} are known")
    return load_device_model(name)
