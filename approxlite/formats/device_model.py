"""device-model.json: how a simulated device draws power, heats up, slows down and runs empty."""

from __future__ import annotations

import itertools
import os
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from approxlite.formats.document import Document, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import FormatError

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class ThrottlePoint(Document):
    """Clock speed, a share of full, at a temperature; linear between points."""

    temperature_c: float
    speed: Annotated[float, Field(gt=0, le=1)]


class Load(Document):
    """What else the device does from `time_s` on: watts it draws, and times that a run takes as long."""

    time_s: NotNegative
    power_w: NotNegative
    slow_down: Annotated[float, Field(ge=1)] = 1.0


class Battery(Document):
    """capacity_j: of a full one. charge: at the start. step: in which apps are told it, as Android does in 0.01."""

    capacity_j: Positive
    charge: Share = 1.0
    step: Share = 0.01


class Thermal(Document):
    """One heat capacity behind one resistance to the surroundings; headroom as Android's getThermalHeadroom.

    severe_c: where headroom is 1. headroom_period_s: how often an app asks; headroom_forecast_s: how far ahead.
    """

    heat_capacity_j_per_k: Positive
    resistance_k_per_w: Positive
    ambient_c: float = 25.0
    start_c: float = 25.0
    severe_c: float
    headroom_period_s: Positive = 10.0
    headroom_forecast_s: NotNegative = 10.0
    throttle: Annotated[tuple[ThrottlePoint, ...], Field(max_length=16)] = ()

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _check_rising([point.temperature_c for point in self.throttle], "throttle temperatures")
        return self


class DeviceModel(Document):
    """A made-up device: nothing in it was measured, whatever it is called.

    slower: times that a run takes longer than on the computer that recorded it. tail: 99th percentile of a run over its
    median; None: as recorded, neighbours of that computer included.
    run_w: watts beyond idling while a rung runs. idle_w: all the time.
    power_exponent: of a run's power over clock speed; 1: its energy does not depend on it.
    meters_energy: whether the session is told what each run used, which few phones can tell.
    """

    version: Literal[1] = 1
    name: str
    slower: Positive = 1.0
    tail: Annotated[float, Field(ge=1)] | None = None
    run_w: NotNegative
    idle_w: NotNegative
    power_exponent: Annotated[float, Field(ge=1, le=3)] = 1.0
    meters_energy: bool = False
    battery: Battery | None = None
    thermal: Thermal | None = None
    loads: Annotated[tuple[Load, ...], Field(max_length=64)] = ()

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _check_rising([load.time_s for load in self.loads], "times of loads")
        return self


def load_device_model(path: str | os.PathLike[str]) -> DeviceModel:
    """Raises FormatError, one line."""
    return parse_document(DeviceModel, read_bytes(path, FormatError), os.fspath(path))


def save_device_model(path: str | os.PathLike[str], model: DeviceModel) -> None:
    """Replaces the file in one step. Raises FormatError."""
    save_atomically(path, model.model_dump_json(indent=1).encode() + b"\n")


def _check_rising(values: list[float], what: str) -> None:
    if any(b <= a for a, b in itertools.pairwise(values)):
        raise ValueError(f"{what} have to rise")
