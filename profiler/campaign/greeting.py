"""How a device is met: what it is, and what it is to be given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from approxlite.formats.errors import DeviceError
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.devices.describe import Description, describe
from approxlite.profiler.devices.faults import PASSING, NoSuchDeviceError
from approxlite.profiler.devices.link import Link

GREETINGS = 3
APART_S = 1.0


@dataclass(frozen=True)
class Greeted:
    """A device that answers, and what it is given."""

    description: Description
    contents: dict[str, bytes]


def greeted(serial: str, files: AgentFiles, connect: Callable[[str], Link], stop: threading.Event) -> Greeted:
    """What may pass is tried again. Raises DeviceError, which says why it cannot measure, or ModelError."""
    for attempt in range(GREETINGS):
        try:
            description = describe(connect(serial))
            return Greeted(description, files.for_device(serial, description.abis))
        except DeviceError as fault:
            # One that adb does not list was there when somebody named it: its server, or its cable, comes back.
            if not isinstance(fault, (*PASSING, NoSuchDeviceError)) or attempt == GREETINGS - 1:
                raise
            stop.wait(APART_S)
    raise AssertionError
