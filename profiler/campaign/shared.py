"""What the devices of one class share: the campaign that is open in the journal, its rounds, and who has which."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import approxlite
from approxlite.formats.document import now
from approxlite.formats.errors import DeviceError
from approxlite.formats.profile import (
    BlockRow,
    CampaignRow,
    ChangedSetting,
    EnergyBlocks,
    EnergyGoal,
    IdleRow,
    PreparedRow,
    ProfiledOperator,
    SettledRow,
)
from approxlite.formats.provenance import Device, ModelReference
from approxlite.formats.scale import Scale
from approxlite.profiler.blocks import AgentBlock, OpeningRow
from approxlite.profiler.campaign.journal import CampaignJournal, row_of
from approxlite.profiler.campaign.judge import EnergyJudge, Verdict, wanted_settings
from approxlite.profiler.campaign.plan import PREPARATION, Design, Slot, rounds_of
from approxlite.profiler.campaign.queue import RoundQueue
from approxlite.profiler.energy.prove import Probed
from approxlite.profiler.schedule import rounds_per_sweep

NO_ENERGY = "this campaign measures latency only"


Part = tuple[tuple[int, ...], int]
"""Remainders of rounds' numbers, and of what."""

EVERY: Part = ((0,), 1)


@dataclass
class SharedCampaign:
    """One model on devices that are equal. Any number of threads.

    `part`: which rounds are measured here: hosts with equal devices share a campaign that way.
    `agents`: digests of the programs that measure, so that another build is another campaign. `goal`: of a campaign
    that tells energy, which ends when every device that has a source has measured enough; `probed`: sources that were
    found just now.
    """

    device: Device
    model: ModelReference
    design: Design
    seed: int
    journal: CampaignJournal
    members: Sequence[str]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    agents: Sequence[str] = ()
    threads: int = 1
    part: Part = EVERY
    goal: EnergyGoal | None = None
    probed: Mapping[str, Probed] = field(default_factory=dict)
    _queue: RoundQueue | None = None
    _judge: EnergyJudge | None = None
    _least: int = 0
    _left: set[str] = field(default_factory=set)
    _paused: set[str] = field(default_factory=set)
    _slots: dict[int, Slot] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """Stands for everything that makes measurements comparable."""
        parts = (
            self.device.model_dump_json(), self.model.sha256, self.design.model_dump_json(), self.seed, self.threads,
            approxlite.__version__, *sorted(self.agents), sorted(map(str, self.scales.items())),
        )  # fmt: skip
        if self.goal is not None:
            parts = (*parts, self.goal.half_width, self.goal.sessions)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def open(self, opening: OpeningRow) -> RoundQueue:
        """The rounds, once an agent has said what it can run. Raises DeviceError for an agent with another model."""
        if opening.model_sha256 not in (None, self.model.sha256):
            raise DeviceError(f"the agent runs another model than {self.model.name}; remove its folder on the device")
        with self._lock:
            if self._queue is None:
                self._queue = self._opened(self.journal.open(self._row(opening)))
            return self._queue

    def resumed(self) -> RoundQueue | None:
        """The rounds, where this campaign is in the journal already."""
        with self._lock:
            known = self.journal.campaign(self.name)
            if self._queue is None and known is not None:
                self._queue = self._opened(known)
            return self._queue

    def _opened(self, campaign: CampaignRow) -> RoundQueue:
        every = rounds_of(campaign.operators, self.design, seed=self.seed)
        kept, of = self.part
        rounds = [each for each in every if each.number % of in kept]
        self._slots = {slot.block: slot for each in rounds for slot in each.slots}
        if self.goal is not None:
            self._least = Design().sweeps * rounds_per_sweep(campaign.operators)
            self._judge = EnergyJudge(
                self.goal, self.design, rounds, wanted_settings(rounds), seed=self.seed, least_rounds=self._least
            )
            for serial in self.members:
                found = self.probed.get(serial)
                self.journal.keep_probe(self.name, serial, found.rows if found is not None else ())
                self._judge.add_probe(serial, self.journal.probe(self.name, serial))
            for row in self.journal.earlier(self.name):
                self._judge.add(row)
        return RoundQueue(rounds, self.journal.done(self.name), len(self.members))

    @property
    def queue(self) -> RoundQueue | None:
        return self._queue

    @property
    def blocks(self) -> int:
        """Of this part of the campaign; 0 before it is open."""
        return len(self._slots)

    def record(self, serial: str, measured: Sequence[AgentBlock], boot_ids: Sequence[str | None] = ()) -> int:
        """Journals what a device measured, each block in the boot that is at its place; how many blocks were new.

        Raises FormatError, then nothing is lost.
        """
        queue = self._queue
        if queue is None:
            return 0
        rows: list[BlockRow | IdleRow] = []
        for place, block in enumerate(measured):
            slot = self._slots.get(block.block)
            row = None if slot is None or block.block >= PREPARATION else row_of(self.name, serial, slot, block)
            if row is not None:
                rows.append(self._in_session(row, serial, boot_ids[place] if place < len(boot_ids) else None))
        new = self.journal.add(rows)
        if self._judge is not None:
            for row in new:
                self._judge.add(row)
        queue.measured([row.block for row in rows])
        return len(new)

    def _in_session(self, row: BlockRow | IdleRow, serial: str, boot_id: str | None) -> BlockRow | IdleRow:
        if self._judge is None:
            return row
        session = self._judge.session_of(serial, boot_id, row.time)
        return row.model_copy(update={"session": session, "boot_id": boot_id})

    def begin_session(self, serial: str, boot_id: str | None, time: datetime | None) -> None:
        """The device is about to measure, in that boot, and its clock says `time`; None where it does not tell."""
        if self._judge is not None:
            self._judge.begin_session(serial, boot_id, time or now())

    def enough(self, serial: str) -> Verdict | None:
        """Whether the device measures no more, and why. Journalled, where it is for good. Raises FormatError."""
        judge, queue = self._judge, self._queue
        if judge is None or queue is None:
            return None
        if serial not in judge.goal.sources:
            if not judge.goal.sources or self._waited_for():
                return None
            if self._paused:
                return "session"
            if queue.whole >= self._least:
                queue.finish()
            return None
        settled = self.journal.settled(self.name).get(serial)
        verdict: Verdict | None = settled.stopped if settled is not None else judge.verdict(serial)
        if verdict is None and not queue.left:
            verdict = "time"
        if verdict == "session":
            with self._lock:
                self._paused.add(serial)
        elif verdict is not None and settled is None:
            spent_s = round(judge.spent_s(serial), 3)
            self.journal.settle(
                SettledRow(campaign=self.name, serial=serial, stopped=verdict, spent_s=spent_s, time=now())
            )
        self._finish_where_all_are_settled()
        return verdict

    def rounds_wanted(self, serial: str) -> int | None:
        """That the device may hold, so that a session is not measured in another one's place; None: any number.

        Rounds are planned for devices that have a source. Others measure only once none of these does any more, and
        then what the latencies still need.
        """
        judge, queue = self._judge, self._queue
        if judge is None or queue is None or not judge.goal.sources:
            return None
        if serial in judge.goal.sources:
            return judge.rounds_wanted(serial)
        return 0 if self._waited_for() else max(self._least - queue.whole, 0)

    def leave(self, serial: str) -> None:
        """The device measures no more; others take its rounds, if they need them."""
        with self._lock:
            self._left.add(serial)
        if self._queue is not None:
            self._queue.give_back(serial)
            self._finish_where_all_are_settled()

    def _waited_for(self) -> set[str]:
        """Devices whose energy is not yet known as well as it will be today."""
        judged = set(self._judge.goal.sources) if self._judge is not None else set()
        settled = self.journal.settled(self.name).keys()
        with self._lock:
            return (judged & set(self.members)) - self._left - self._paused - settled

    def _finish_where_all_are_settled(self) -> None:
        if self._queue is not None and self.journal.settled(self.name) and not self._waited_for() and not self._paused:
            self._queue.finish()

    def note(self, serial: str, settings: Sequence[ChangedSetting], unsteady: float | None) -> None:
        """Journals how a device was made ready. Raises FormatError."""
        self.journal.note(
            PreparedRow(campaign=self.name, serial=serial, settings=tuple(settings), unsteady=unsteady, time=now())
        )

    def _row(self, opening: OpeningRow) -> CampaignRow:
        energy = self.design.tells_energy
        return CampaignRow(
            campaign=self.name,
            time=now(),
            tool_version=approxlite.__version__,
            device=self.device,
            model=self.model,
            numerics_version=opening.numerics_version or 0,
            kernel_variant=opening.kernel_variant or "unknown",
            threads=self.threads,
            energy=self._energy_blocks() if energy else None,
            energy_refused="" if energy else NO_ENERGY,
            operators=tuple(
                ProfiledOperator(id=o.id, knobs=o.knobs, multiply_accumulates=o.multiply_accumulates)
                for o in opening.operators
            ),
        )

    def _energy_blocks(self) -> EnergyBlocks:
        return EnergyBlocks(block_s=self.design.block_s, readings_ms=self.design.readings_ms, goal=self.goal)
