"""What the devices of one class share: the campaign that is open in the journal, its rounds, and who has which."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import approxlite
from approxlite.formats.document import now
from approxlite.formats.errors import DeviceError
from approxlite.formats.profile import BlockRow, CampaignRow, IdleRow, ProfiledOperator
from approxlite.formats.provenance import Device, ModelReference
from approxlite.formats.scale import Scale
from approxlite.profiler.blocks import AgentBlock, OpeningRow
from approxlite.profiler.campaign.journal import CampaignJournal, row_of
from approxlite.profiler.campaign.plan import PREPARATION, Design, Slot, rounds_of
from approxlite.profiler.campaign.queue import RoundQueue

NO_ENERGY = "this campaign measures latency; no energy source was proven"


@dataclass
class SharedCampaign:
    """One model on devices that are equal. Any number of threads.

    `part`: which rounds are measured here, of how many parts: hosts with equal devices share a campaign that way.
    `agents`: digests of the programs that measure, so that another build is another campaign.
    """

    device: Device
    model: ModelReference
    design: Design
    seed: int
    journal: CampaignJournal
    devices: int
    scales: Mapping[str, Scale] = field(default_factory=dict)
    agents: Sequence[str] = ()
    threads: int = 1
    part: tuple[int, int] = (0, 1)
    _queue: RoundQueue | None = None
    _slots: dict[int, Slot] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """Stands for everything that makes measurements comparable."""
        parts = (
            self.device.model_dump_json(), self.model.sha256, self.design.model_dump_json(), self.seed, self.threads,
            approxlite.__version__, *sorted(self.agents), sorted(map(str, self.scales.items())),
        )  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def open(self, opening: OpeningRow) -> RoundQueue:
        """The rounds, once an agent has said what it can run. Raises DeviceError for an agent with another model."""
        if opening.model_sha256 not in (None, self.model.sha256):
            raise DeviceError(f"the agent runs another model than {self.model.name}; remove its folder on the device")
        with self._lock:
            if self._queue is None:
                campaign = self.journal.open(self._row(opening))
                every = rounds_of(campaign.operators, self.design, seed=self.seed)
                share, parts = self.part
                rounds = [each for each in every if each.number % parts == share]
                self._slots = {slot.block: slot for each in rounds for slot in each.slots}
                self._queue = RoundQueue(rounds, self.journal.done(self.name), self.devices)
            return self._queue

    @property
    def queue(self) -> RoundQueue | None:
        return self._queue

    @property
    def blocks(self) -> int:
        """Of this part of the campaign; 0 before it is open."""
        return len(self._slots)

    def record(self, serial: str, measured: Sequence[AgentBlock]) -> int:
        """Journals what a device measured; how many blocks were new. Raises FormatError, then nothing is lost."""
        queue = self._queue
        if queue is None:
            return 0
        rows: list[BlockRow | IdleRow] = []
        for block in measured:
            slot = self._slots.get(block.block)
            row = None if slot is None or block.block >= PREPARATION else row_of(self.name, serial, slot, block)
            if row is not None:
                rows.append(row)
        new = self.journal.add(rows)
        queue.measured([row.block for row in rows])
        return len(new)

    def _row(self, opening: OpeningRow) -> CampaignRow:
        return CampaignRow(
            campaign=self.name,
            time=now(),
            tool_version=approxlite.__version__,
            device=self.device,
            model=self.model,
            numerics_version=opening.numerics_version or 0,
            kernel_variant=opening.kernel_variant or "unknown",
            threads=self.threads,
            energy_refused=NO_ENERGY,
            operators=tuple(
                ProfiledOperator(id=o.id, knobs=o.knobs, multiply_accumulates=o.multiply_accumulates)
                for o in opening.operators
            ),
        )
