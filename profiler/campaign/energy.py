"""Energy in a campaign: sources probed before it, blocks long enough for them, and joules from the journal after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from approxlite.formats.errors import ApproxError, UnstableError
from approxlite.formats.profile import IdleRow, Profile
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.on_device import DeviceInCampaign, Pace, StoppedError, run_threads
from approxlite.profiler.campaign.plan import PREPARATION, Design
from approxlite.profiler.campaign.service_agent import agent_of
from approxlite.profiler.devices.describe import describe
from approxlite.profiler.devices.faults import DeviceLostError
from approxlite.profiler.devices.link import Link
from approxlite.profiler.energy.beside import beside
from approxlite.profiler.energy.from_rows import RowsEnergy, energy_of_rows
from approxlite.profiler.energy.measured import RoundBlock
from approxlite.profiler.energy.noise import Noise
from approxlite.profiler.energy.prove import Probed, prove
from approxlite.profiler.energy.readings import Series

LENGTHS_S = (5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0)
"""Of blocks; few of them, so that one probe more or less is seldom another campaign."""


@dataclass(kw_only=True)
class EnergyProbe(DeviceInCampaign):
    """Has one device work and rest in turn, to see which of its power facilities follow."""

    measures_energy: bool = True
    _numbers: count[int] = field(default_factory=lambda: count(PREPARATION))
    _lines: int = 0

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
        self._lines = 0
        self._pass_gates(link)
        try:
            probed = prove(lambda blocks: self._measured(link, blocks), lambda: next(self._numbers))
        except UnstableError:
            self._agent.remove(link)
            raise
        self._agent.remove(link)
        return probed

    def _measured(self, link: Link, blocks: Sequence[PlannedBlock]) -> list[AgentBlock]:
        """adb is quiet for most of the time: it draws power too."""
        seconds = sum(block.seconds for block in blocks)
        self.board.say(self.serial, "looking for an energy source", f"about {seconds:.0f} s")
        self._agent.start(link, blocks, self._wanted, lease_s=self.pace.lease_s)
        found: dict[int, AgentBlock] = {}
        while True:
            left_s = sum(block.seconds for block in blocks if block.block not in found)
            self._pause(min(max(self.pace.soon_s, left_s / 2), self.pace.longest_poll_s))
            poll = self._agent.poll(link, self._lines)
            self._lines = poll.lines
            found |= {row.block: row for row in poll.blocks}
            self._progress = self._progress or bool(poll.blocks)
            if all(block.block in found for block in blocks):
                return [found[block.block] for block in blocks]
            if not poll.running:
                self._raise_why_ended(link, poll)
                raise DeviceLostError(f"{self.serial}: ended while it was probed; it can be resumed")


@dataclass(frozen=True)
class EnergyDesign:
    """design: None where no device has a source. By serial, refused: why; sources: the best one's name."""

    design: Design | None
    refused: Mapping[str, str]
    sources: Mapping[str, str]


def energy_design(
    serials: Sequence[str],
    files: AgentFiles,
    connect: Callable[[str], Link],
    *,
    gates: Gates,
    board: Board | None = None,
    pace: Pace | None = None,
    look: Callable[[Board], None] = lambda _board: None,
) -> EnergyDesign:
    """Probes all devices at once; blocks are as long as the coarsest of the sources needs.

    Where some device has a source, those without one are measured all the same, for their latencies. Settings are back
    when this returns or raises: UnstableError where no length of blocks would do, KeyboardInterrupt when stopped.
    """
    board, stop, found = board or Board(), threading.Event(), dict[str, Probed | str]()

    def probe(serial: str) -> None:
        try:
            contents = files.for_device(serial, describe(connect(serial)).abis)
            found[serial] = EnergyProbe(
                serial=serial, connect=connect, contents=contents, board=board, stop=stop, gates=gates,
                pace=pace or Pace(),
            ).run()  # fmt: skip
        except ApproxError as refusal:
            board.say(serial, "no energy", str(refusal))
            found[serial] = str(refusal)
        except StoppedError:
            board.say(serial, "stopped")

    run_threads([threading.Thread(target=probe, args=(serial,), daemon=True) for serial in serials], board, stop, look)
    proven = {serial: each for serial, each in found.items() if isinstance(each, Probed)}
    return EnergyDesign(
        design=_design(list(proven.values())) if proven else None,
        refused={serial: each for serial, each in found.items() if isinstance(each, str)},
        sources={serial: each.proven.source.candidate.name for serial, each in proven.items()},
    )


def metered_design() -> Design:
    """For an external meter, which needs no probe before: whatever it is worth is seen when its file is there."""
    return _design_for([(Noise("meter"), 1.0)])


def _design(proven: Sequence[Probed]) -> Design:
    return _design_for([(each.proven.source.noise, each.proven.busy_w) for each in proven])


def _design_for(noises: Sequence[tuple[Noise, float]]) -> Design:
    """noises: of each source, and what the device draws at work, in watts."""
    needed = max(noise.shortest_block_s(busy_w) + noise.settle_s for noise, busy_w in noises)
    block_s = next((length for length in LENGTHS_S if length >= needed), None)
    if block_s is None:
        raise UnstableError(
            f"the source is too coarse: blocks of {needed / 60:.0f} min are needed; use an external meter, or leave "
            "--energy out"
        )
    return resumed_design(block_s, 1e3 * min(noise.readings_s(block_s) for noise, _ in noises))


def resumed_design(block_s: float, readings_ms: float) -> Design:
    """What the design of a campaign follows from, as its opening row has it."""
    return Design(block_s=block_s, idle=True, readings_ms=round(readings_ms))


def energies(profile: Profile, campaign: str, *, seed: int = 0, meter: Series | None = None) -> dict[str, RowsEnergy]:
    """By serial, as each device has a gauge of its own; from the journal alone, or by a meter's readings alone.

    Raises nothing: what cannot be told says why.
    """
    by_serial: dict[str, list[RoundBlock]] = {}
    for row in profile.measured:
        if row.campaign != campaign or row.serial is None or row.agent_row is None:
            continue
        block = AgentBlock.model_validate(row.agent_row)
        condition = "idle" if isinstance(row, IdleRow) else "stock" if row.subject == "stock" else row.configuration
        by_serial.setdefault(row.serial, []).append(RoundBlock(block, condition, row.round))
    found = {}
    for serial, blocks in sorted(by_serial.items()):
        try:
            found[serial] = energy_of_rows(blocks if meter is None else _metered(blocks, meter), seed=seed)
        except UnstableError as problem:
            found[serial] = RowsEnergy(refused=str(problem))
    return found


def _metered(blocks: Sequence[RoundBlock], meter: Series) -> list[RoundBlock]:
    """With the meter's readings in place of the device's own. Raises UnstableError where it does not fit the blocks."""
    timed = sorted((b for b in blocks if b.row.begin_ns is not None), key=lambda block: block.row.begin_ns or 0)
    rows = beside([block.row.model_copy(update={"readings": ()}) for block in timed], meter)
    laid = {row.block: row for row in rows}
    return [replace(block, row=laid[block.row.block]) for block in timed if block.row.block in laid]
