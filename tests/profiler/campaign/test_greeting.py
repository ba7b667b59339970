"""A device is given time to come back before it is given up, and is not called one without energy for that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from approxlite.formats.errors import DeviceError
from approxlite.profiler.campaign import greeting
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.energy_probe import energy_sources
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.greeting import GREETINGS, greeted
from approxlite.profiler.devices.faults import DeviceLostError, DeviceUnauthorisedError, NoSuchDeviceError
from approxlite.profiler.devices.link import Link

FILES = AgentFiles(Path("model.tflite"), {})


def connect(tries: list[str], fault: type[DeviceError]) -> Callable[[str], Link]:
    def tried(serial: str) -> Link:
        tries.append(serial)
        raise fault(f"{serial}: not now")

    return tried


@pytest.mark.parametrize(("fault", "times"), [
    (DeviceLostError, GREETINGS), (NoSuchDeviceError, GREETINGS), (DeviceUnauthorisedError, 1),
])  # fmt: skip
def test_what_may_pass_is_tried_again(fault: type[DeviceError], times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "APART_S", 0.0)
    tries: list[str] = []
    with pytest.raises(fault):
        greeted("PHONE", FILES, connect(tries, fault), threading.Event())
    assert len(tries) == times


def test_a_device_that_could_not_be_asked_is_not_one_without_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "APART_S", 0.0)
    with pytest.raises(DeviceError, match="PHONE: not now; its energy sources are not known yet: run the same command"):
        energy_sources(["PHONE"], FILES, connect([], DeviceLostError), gates=Gates())
