"""What the profiler asks of a device: run, push and pull, each within a time limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from approxlite.profiler.devices.faults import DeviceRefusedError, fault_from_adb

COMMAND_S = 20.0
"""Time limit of a command, unless said otherwise."""

BYTES_PER_S = 1_000_000.0
"""Slower transfers count as hung; every transfer has `COMMAND_S` besides."""

STATUS = re.compile(r"[0-9]{1,9}")
"""How a shell prints one."""


@dataclass(frozen=True)
class Completed:
    """What a command printed, errors among it, and the status it ended with."""

    output: str
    status: int


class Link(Protocol):
    """A device that answers. Belongs to one thread at a time.

    Every call raises a fault of `profiler.devices.faults` when the device is lost, slow, or refuses. stretch: of all
    time limits, for a device that was too slow before.
    """

    stretch: float

    @property
    def serial(self) -> str:
        """By which adb, and the person, know the device."""
        ...

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        """A line for the device's shell. Returns only when the device itself said that the command has ended."""
        ...

    def push(self, content: bytes, target: str, *, mode: int = 0o644) -> None:
        """Writes a file on the device in one step, with the right content or not at all. `target` is absolute."""
        ...

    def pull(self, source: str, *, offset: int = 0) -> bytes:
        """The file from byte `offset` on; empty when it is no longer than that."""
        ...


def checked(link: Link, command: str, *, timeout_s: float = COMMAND_S) -> str:
    """The output of a command that has to succeed. Raises what its output speaks of, else DeviceRefusedError."""
    completed = link.run(command, timeout_s=timeout_s)
    if completed.status == 0:
        return completed.output
    fault = fault_from_adb(completed.output, link.serial)
    if "the connection broke" in str(fault):  # it did not: the command ended by itself
        said = " ".join(completed.output.split())[:120]
        fault = DeviceRefusedError(f"{link.serial}: `{command[:60]}` ended with status {completed.status} ({said})")
    raise fault
