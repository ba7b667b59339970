"""What every campaign does with a device: reach it through faults, wait until it is fit, leave it as it was."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from approxlite.formats.errors import ApproxError, UnstableError, one_line
from approxlite.profiler.blocks import PlannedBlock
from approxlite.profiler.campaign.agent import Agent, Poll, explained
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.gates import CHARGING, DISCHARGING, REMEDIES, Gates
from approxlite.profiler.campaign.settings import wanted
from approxlite.profiler.devices.describe import state_of
from approxlite.profiler.devices.faults import (
    PASSING,
    AgentHungError,
    DeviceFullError,
    DeviceLostError,
    DeviceSlowError,
    NoSuchDeviceError,
    UnexpectedError,
)
from approxlite.profiler.devices.link import Link

LOOK_S = 0.5
LONGEST_STRETCH = 8.0
"""Of the time that a command may take: phones start a program for each setting, some of them in a second."""

LATE_S = 5.0
"""What loading a model and asking a device's services takes beside blocks."""

TRIES_OF_A_BLOCK = 3
"""How often agents measure a block that is cut off."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Pace:
    """Seconds between things. patience: faults in a row, with no block between them, that quarantine a device;
    full_patience: so many among them of a device without room, which seldom finds some by itself; hung_patience: so
    many of an agent that hangs, each of which takes the longest that a block may. longest_quiet_s: where blocks tell
    energy, polls wait for a gap between two of them, at most for so long."""

    soon_s: float = 0.5
    longest_poll_s: float = 30.0
    longest_quiet_s: float = 7200.0
    gate_s: float = 10.0
    gates_give_up_s: float = 1800.0
    backoff_s: float = 1.0
    longest_backoff_s: float = 30.0
    patience: int = 8
    full_patience: int = 4
    hung_patience: int = 2
    lease_s: int = 120
    warm_s: float = 0.5


class StoppedError(Exception):
    """Somebody asked for the end."""


@dataclass(kw_only=True)
class DeviceInCampaign:
    """One device, its agent, and how patiently it is treated. Belongs to one thread."""

    serial: str
    connect: Callable[[str], Link]
    contents: Mapping[str, bytes]
    board: Board
    stop: threading.Event
    gates: Gates = field(default_factory=Gates)
    pace: Pace = field(default_factory=Pace)
    measures_energy: bool = False
    _agent: Agent = field(init=False)
    _progress: bool = False
    _stretch: float = 1.0
    _heard_s: float = field(default_factory=time.monotonic)

    def _through_faults(self, work: Callable[[Link], Found]) -> Found:
        """Does `work`, again from its beginning after a fault that may pass."""
        faults: list[ApproxError] = []
        while True:
            self._progress = False
            try:
                return work(self._reached())
            except (*PASSING, DeviceFullError) as fault:
                faults = [fault] if self._progress else [*faults, fault]
                if isinstance(fault, DeviceSlowError):
                    # Whether it hangs or needs longer is not to be told; trying as before would never end.
                    self._stretch = min(2 * self._stretch, LONGEST_STRETCH)
                self.board.count(self.serial, faults=1)
                if self._is_out_of_patience(faults):
                    raise
                self.board.say(self.serial, "reconnecting", str(fault))
                self._pause(min(self.pace.backoff_s * 2 ** (len(faults) - 1), self.pace.longest_backoff_s))
            except (ApproxError, StoppedError):
                raise
            except Exception as problem:  # a thread that ends without a word would leave its device and its blocks
                raise UnexpectedError(f"{self.serial}: {_origin(problem)}; please report it") from problem

    def _is_out_of_patience(self, faults: Sequence[ApproxError]) -> bool:
        """After the last of faults in a row. What hangs or is full counts apart: of another fault it says nothing."""
        for kind, most in ((AgentHungError, self.pace.hung_patience), (DeviceFullError, self.pace.full_patience)):
            if isinstance(faults[-1], kind) and sum(isinstance(each, kind) for each in faults) >= most:
                return True
        return len(faults) >= self.pace.patience

    def _begins(self, link: Link, plan: Sequence[PlannedBlock]) -> str:
        """Starts the agent; what the settings said."""
        said = self._agent.start(link, plan, self._wanted, lease_s=self.pace.lease_s)
        self._heard_s = time.monotonic()
        return said

    def _hears(self, link: Link, poll: Poll, plan: Sequence[PlannedBlock]) -> None:
        """Ends an agent that has told nothing for longer than one of its blocks may take, its waiting included."""
        now_s = time.monotonic()
        if poll.blocks or not poll.running:
            self._heard_s = now_s
        longest_s = TRIES_OF_A_BLOCK * max((block.longest_s for block in plan), default=0.0) + self.pace.gates_give_up_s
        if now_s - self._heard_s > longest_s:
            self._agent.end(link)
            raise AgentHungError(
                f"{self.serial}: no block was measured in {longest_s / 60:.0f} min; the agent hangs, or waits for a "
                f"sensor on the processor to cool: {REMEDIES['cooling']}, else see {self._agent.place}/agent.log there"
            )

    def _reached(self) -> Link:
        try:
            link = self.connect(self.serial)
        except NoSuchDeviceError:  # it was there when the campaign began; a cable can be put back
            raise DeviceLostError(
                f"{self.serial}: adb no longer sees the device; check cable and USB debugging"
            ) from None
        link.stretch = self._stretch
        return link

    def _pass_gates(self, link: Link) -> None:
        """Waits, at most `gates_give_up_s`; for a battery that gets emptier, which takes hours, so long each step; and
        not at all for one that cannot charge, since charging is held off."""
        give_up, least = time.monotonic() + self.pace.gates_give_up_s, 1.0
        while reason := self.gates.waits_for(state := state_of(link)):
            self.board.say(self.serial, "waiting", reason)
            self._progress = True
            if reason.startswith(CHARGING) and self.measures_energy and self._agent.holds_settings:
                raise UnstableError(
                    f"{self.serial}: {reason} cannot be waited for while charging is held off; {REMEDIES[CHARGING]}"
                )
            if reason.startswith(DISCHARGING):
                if self.measures_energy:  # on its cable it would never get there
                    self._take_settings(link)
                if (charge := state.battery.charge) is not None and charge < least:
                    give_up, least = time.monotonic() + self.pace.gates_give_up_s, charge
            if time.monotonic() > give_up:
                raise UnstableError(f"{self.serial}: {reason} took too long; {REMEDIES[reason.split()[0]]}")
            self._pause(self.pace.gate_s)

    def _take_settings(self, link: Link) -> None:
        self._changed(self._agent.guard(link, self._wanted, lease_s=self.pace.lease_s))

    def _changed(self, said: str) -> None:
        """What became of settings, as they were taken."""

    def _raise_why_ended(self, link: Link, poll: Poll) -> None:
        """Nothing where the agent can simply be started again."""
        if problem := explained(self.serial, poll):
            link.run(f"rm -f {self._agent.folder}/status")
            raise problem

    @property
    def _wanted(self) -> dict[str, str]:
        return wanted(self.serial, measures_energy=self.measures_energy)

    def _leave(self, *, set_aside: bool = False) -> None:
        """Ends the agent and puts the settings back, as far as the device answers; else its watchdog does.

        set_aside: whether its rows are of no use.
        """
        try:
            link = self._reached()
            self._agent.end(link)
            self._agent.restore(link)
            if set_aside:
                self._agent.set_aside(link)
        except ApproxError as problem:
            standing = self.board.of(self.serial)
            left = f"{problem}; the device itself puts its settings back"
            self.board.say(self.serial, standing.doing, f"{standing.why}; {left}" if standing.why else left)

    def _quiet_s(self, left_s: float) -> float:
        """Until blocks that last `left_s` are measured, and somewhat longer: a look at the last would disturb it."""
        return min(max(self.pace.soon_s, 1.05 * left_s + LATE_S), self.pace.longest_quiet_s)

    def _pause(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise StoppedError


def _origin(problem: Exception) -> str:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    place = f"{os.path.basename(last.filename)}:{last.lineno}"
    return f"a fault of this program ({type(problem).__name__} in {place}: {one_line(problem, 90)})"


def run_threads(
    threads: Sequence[threading.Thread], board: Board, stop: threading.Event, look: Callable[[Board], None]
) -> None:
    """Runs them all to their end, showing the board. Ctrl-C stops them, and is raised again once they have ended."""
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            look(board)
            for thread in threads:
                if thread.is_alive():
                    thread.join(LOOK_S)
                    break
    except KeyboardInterrupt:
        stop.set()
        for thread in threads:
            thread.join()
        raise
    finally:
        stop.set()
        look(board)
