"""Which energy source each device has: before anything is measured it works and rests in turn, and gauges follow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from approxlite.formats.errors import ApproxError, DeviceError, UnstableError
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.alone import MeasuredAlone
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.greeting import greeted
from approxlite.profiler.campaign.on_device import Pace, StoppedError, run_threads
from approxlite.profiler.campaign.plan import PREPARATION
from approxlite.profiler.campaign.service_agent import agent_of
from approxlite.profiler.devices.faults import PASSING, NoSuchDeviceError
from approxlite.profiler.devices.link import Link
from approxlite.profiler.energy.prove import Probed, prove


@dataclass(kw_only=True)
class EnergyProbe(MeasuredAlone):
    """Has one device work and rest in turn, to see which of its power facilities follow."""

    measures_energy: bool = True
    spent_s: float = 0.0
    _numbers: count[int] = field(default_factory=lambda: count(PREPARATION))

    def __post_init__(self) -> None:
        self._agent = agent_of("energy-probe", self.contents)

    def run(self) -> Probed:
        """The best source. Raises UnstableError where none can be trusted, DeviceError, or StoppedError."""
        try:
            return self._through_faults(self._probed)
        finally:
            self._leave()

    def _probed(self, link: Link) -> Probed:
        self.board.say(self.serial, "preparing", "files")
        self._agent.end(link)
        self._agent.remove(link)
        self._agent.install(link, self.contents)
        self._agent.release_others(link)
        self._lines = 0
        self._pass_gates(link)
        try:
            probed = prove(lambda blocks: self._measured(link, blocks), lambda: next(self._numbers))
        except UnstableError as problem:
            self._agent.remove(link)
            raise UnstableError(f"{problem}; {self._remedy()}") from None
        self._agent.remove(link)
        return probed

    def _remedy(self) -> str:
        """What else may tell joules of this device, and what its agent says it cannot read."""
        missing = self._opening.missing if self._opening is not None else {}
        said = "".join(f"{name}: {why}; " for name, why in sorted(missing.items()))
        if "agent" in self.contents:
            return f"{said}its shell may be told less than an app: try --service, or an external --meter"
        return f"{said}try an external --meter, or the shell's own agent without --service"

    def _measured(self, link: Link, blocks: Sequence[PlannedBlock]) -> list[AgentBlock]:
        seconds = sum(block.seconds for block in blocks)
        self.board.say(self.serial, "looking for an energy source", f"about {seconds:.0f} s")
        self._begins(link, blocks)
        rows = self._followed(link, blocks)
        self.spent_s += sum(((row.end_ns or 0) - (row.begin_ns or 0)) * 1e-9 for row in rows)
        return rows


@dataclass(frozen=True)
class Sources:
    """By serial, what each device's probe found, or why it has no source. spent_s: by the longest probe."""

    probed: Mapping[str, Probed]
    refused: Mapping[str, str]
    spent_s: float = 0.0


def energy_sources(
    serials: Sequence[str],
    files: AgentFiles,
    connect: Callable[[str], Link],
    *,
    gates: Gates,
    board: Board | None = None,
    pace: Pace | None = None,
    look: Callable[[Board], None] = lambda _board: None,
) -> Sources:
    """Probes all devices at once. Settings are back when this returns or raises KeyboardInterrupt, when stopped.

    Raises DeviceError where one could not be asked: it may well have a source, and a campaign that began without it
    would never have its joules.
    """
    board, stop, found = board or Board(), threading.Event(), dict[str, Probed | str]()
    spent: dict[str, float] = {}
    lost: list[DeviceError] = []

    def look_at(serial: str) -> None:
        try:
            contents = greeted(serial, files, connect, stop).contents
            probe = EnergyProbe(
                serial=serial, connect=connect, contents=contents, board=board, stop=stop, gates=gates,
                pace=pace or Pace(),
            )  # fmt: skip
            found[serial] = probe.run()
            spent[serial] = probe.spent_s
        except (*PASSING, NoSuchDeviceError) as fault:
            board.say(serial, "failed", str(fault))
            lost.append(fault)
            stop.set()
        except ApproxError as refusal:
            board.say(serial, "no energy", str(refusal))
            found[serial] = str(refusal)
        except StoppedError:
            board.say(serial, "stopped")

    run_threads(
        [threading.Thread(target=look_at, args=(serial,), daemon=True) for serial in serials], board, stop, look
    )
    if lost:
        others = ", or measure the other devices without it" if len(serials) > 1 else ""
        raise DeviceError(f"{lost[0]}; its energy sources are not known yet: run the same command again{others}")
    return Sources(
        probed={serial: each for serial, each in found.items() if isinstance(each, Probed)},
        refused={serial: each for serial, each in found.items() if isinstance(each, str)},
        spent_s=max(spent.values(), default=0.0),
    )
