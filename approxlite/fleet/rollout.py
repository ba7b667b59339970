"""A policy to several devices, a stage at a time: on only while all devices so far are well, back if one is harmed.

Nothing that this file remembers is needed to go on: devices are asked how the policy stands, and the journal says which
of them it was handed to. So a roll-out may be cut off anywhere and begun again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from approxlite.fleet.delivery import Delivery
from approxlite.fleet.stages import Stages
from approxlite.fleet.standing import HARMED, WELL, Standing
from approxlite.formats.document import Document, now
from approxlite.formats.errors import DeviceError
from approxlite.formats.rollout import BeginRow, DeviceRow, EndRow, RolloutJournal, State
from approxlite.profiler.devices.service import Service

POLL_S = 2.0
AGAIN_S = 30.0
"""What does not fit on a device takes long to hand over, and wears its storage."""
AT_ONCE = 8
"""Devices talked to at the same time."""


class DeviceOutcome(Document):
    """Of one device; stage counted from 1."""

    serial: str
    stage: int
    state: State
    why: str = ""


class RolloutOutcome(Document):
    """stopped: time ran out or a device did not answer; the same command goes on, also with taking back. why: one
    line, "" when done."""

    outcome: Literal["done", "stopped", "taken back"]
    why: str
    policy_sha256: str
    sequence: int
    devices: tuple[DeviceOutcome, ...]


@dataclass(frozen=True)
class Patience:
    """wait: until trials are over, else for the devices' verdict alone. stage_s: how long a stage may take.
    poll_s: between looks. again_s: for which a device that could not take the policy is left alone."""

    wait: bool
    stage_s: float
    poll_s: float = POLL_S
    again_s: float = AGAIN_S


class Rollout:
    """Belongs to one thread; talks to `AT_ONCE` devices at a time. open_: the service of a serial, connected anew."""

    def __init__(
        self,
        delivery: Delivery,
        stages: Stages,
        open_: Callable[[str], Service],
        journal: RolloutJournal,
        patience: Patience,
        *,
        before: dict[str, State] | None = None,
        look: Callable[[DeviceOutcome], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """before: how devices stood when the roll-out was cut off; None: it begins."""
        self._delivery, self._stages, self._open = delivery, stages, open_
        self._journal, self._patience = journal, patience
        self._look, self._sleep, self._clock = look, sleep, clock
        self._stage_of = {serial: number for number, stage in enumerate(stages, 1) for serial in stage}
        self._now = {serial: Standing(state=(before or {}).get(serial, "waiting")) for serial in self._stage_of}
        self._reached: dict[str, State] = {serial: each.state for serial, each in self._now.items()}
        self._begins = before is None
        self._begun = set(before or ())
        self._again_at: dict[str, float] = {}

    def run(self) -> RolloutOutcome:
        """Raises FormatError where the journal cannot be written; what was done by then stands in it."""
        if self._begins:
            release = self._delivery.release
            self._journal.append(
                BeginRow(
                    time=now(), policy_sha256=release.sha256, sequence=release.policy.sequence, stages=self._stages
                )
            )
        begun: list[str] = []
        for number, stage in enumerate(self._stages, 1):
            begun += stage
            self._begin(stage)
            if not self._passed(begun):
                return self._ended(number, begun)
        return self._end("done", "")

    def _begin(self, stage: Iterable[str]) -> None:
        """Says of each device that it may have the policy, before it is handed over: should the desk die then, it is
        known where to take it back from."""
        for serial in stage:
            if serial not in self._begun:
                self._begun.add(serial)
                self._journal.append(DeviceRow(time=now(), serial=serial, state="waiting"))

    def _passed(self, begun: list[str]) -> bool:
        """Whether all of this stage are well within its time, and those of the stages before still are."""
        good = ("kept",) if self._patience.wait else WELL
        end = self._clock() + self._patience.stage_s
        while True:
            due = [serial for serial in begun if self._clock() >= self._again_at.get(serial, -math.inf)]
            self._each(due, self._delivery.step)
            if any(self._now[serial].state in HARMED for serial in begun):
                return False
            if all(self._now[serial].state in good for serial in begun):
                return True
            if self._clock() >= end:
                return False
            self._sleep(self._patience.poll_s)

    def _ended(self, number: int, begun: list[str]) -> RolloutOutcome:
        harmed = [serial for serial in begun if self._now[serial].state in HARMED]
        if not harmed:
            waited = [f"{serial} {self._now[serial].state}" for serial in begun if self._now[serial].state != "kept"]
            return self._end("stopped", f"stage {number} is not over: {', '.join(waited)}; the same command goes on")
        first = self._now[harmed[0]]
        why = f"{harmed[0]}: {first.state}{': ' if first.why else ''}{first.why}"
        self._take_back()
        left = [
            serial
            for serial in self._stage_of
            if serial in self._begun and self._now[serial].state not in (*HARMED, "taken back")
        ]
        more = f"; it may still run on {', '.join(left)}" if left else ""
        if any(self._now[serial].state == "waiting" for serial in left):
            return self._end("stopped", f"{why}{more}; the same command takes it back there")
        return self._end("taken back", why + more)

    def _take_back(self) -> None:
        """From all devices that may have it, also of later stages, where the desk was cut off before. A device that
        still tries it may come to follow it, and is asked again for as long as a stage may take."""
        left = [
            serial
            for serial in self._stage_of
            if serial in self._begun and self._reached[serial] not in ("refused", "failed", "rolled back", "taken back")
        ]
        end = self._clock() + self._patience.stage_s
        while left:
            self._each(left, lambda service, _: self._delivery.take_back(service))
            left = [serial for serial in left if self._now[serial].state == "waiting"]
            if left and self._clock() >= end:
                return
            if left:
                self._sleep(self._patience.poll_s)

    def _each(self, serials: Iterable[str], do: Callable[[Service, State], Standing]) -> None:
        """Does it to all of them, and writes down what changed."""

        def one(serial: str) -> tuple[str, Standing]:
            try:
                return serial, do(self._open(serial), self._reached[serial])
            except DeviceError as fault:
                return serial, Standing(state="unreachable", why=str(fault))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for serial, found in pool.map(one, list(serials)):
                self._note(serial, found)

    def _note(self, serial: str, found: Standing) -> None:
        before, self._now[serial] = self._now[serial], found
        self._again_at[serial] = self._clock() + self._patience.again_s if found.state == "waiting" else -math.inf
        if found.state != "unreachable":
            self._reached[serial] = found.state
        if found.state != before.state:
            self._journal.append(DeviceRow(time=now(), serial=serial, state=found.state, why=found.why))
        if found != before:
            self._look(self._outcome(serial))

    def _outcome(self, serial: str) -> DeviceOutcome:
        standing = self._now[serial]
        return DeviceOutcome(serial=serial, stage=self._stage_of[serial], state=standing.state, why=standing.why)

    def _end(self, outcome: Literal["done", "stopped", "taken back"], why: str) -> RolloutOutcome:
        self._journal.append(EndRow(time=now(), outcome=outcome, why=why))
        release = self._delivery.release
        return RolloutOutcome(
            outcome=outcome,
            why=why,
            policy_sha256=release.sha256,
            sequence=release.policy.sequence,
            devices=tuple(self._outcome(serial) for serial in self._stage_of),
        )
