"""The journal of a campaign: one writer for all its devices, and no block in it twice."""

from __future__ import annotations

import os
import threading
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from approxlite.formats.document import now
from approxlite.formats.errors import InputError
from approxlite.formats.profile import (
    BlockRow,
    CampaignRow,
    DeviceState,
    IdleRow,
    Latency,
    PreparedRow,
    ProbeRow,
    ProfileJournal,
    SettledRow,
    SustainedRow,
    load_profile,
)
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.campaign.plan import NUMBERS_PER_ROUND, Slot
from approxlite.profiler.devices.parsers import THERMAL_STATUS


def check_resumes(path: str | os.PathLike[str], begun: Container[str], name: str) -> None:
    """Raises InputError where no campaign of that name is among those that the profile holds."""
    if name not in begun:
        raise InputError(
            f"{os.fspath(path)}: holds no campaign of this model, device and these options, so there is nothing to "
            f"resume; repeat the options that it was begun with, or leave --resume out to begin"
        )


class CampaignJournal:
    """A `profile.jsonl` that any number of threads write to. A row is on the disk before the call returns."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens or creates it. Raises FormatError, also while another process writes it."""
        self._journal = ProfileJournal(path)
        self._path = path
        self._lock = threading.Lock()
        try:
            profile = load_profile(path)
        except BaseException:
            self._journal.close()
            raise
        self._campaigns = {row.campaign: row for row in profile.campaigns}
        self._prepared = set(profile.prepared)
        self._done: dict[str, set[int]] = {name: set() for name in self._campaigns}
        for row in profile.measured:
            self._done[row.campaign].add(row.block)
        self._settled = {(row.campaign, row.serial): row for row in profile.settled}
        self._probes: dict[tuple[str, str], list[ProbeRow]] = {}
        for probe in profile.probes:
            self._probes.setdefault((probe.campaign, probe.serial), []).append(probe)
        self._sustained = {_place(row) for row in profile.sustained}
        self._earlier = {
            name: sorted((row for row in profile.measured if row.campaign == name), key=lambda row: row.time)
            for name, row in self._campaigns.items()
            if row.energy is not None
        }

    def campaign(self, name: str) -> CampaignRow | None:
        """Where one of that name was opened."""
        with self._lock:
            return self._campaigns.get(name)

    def check_resumes(self, name: str) -> None:
        """Raises InputError where no campaign of that name was begun in this file."""
        check_resumes(self._path, self._campaigns, name)

    def earlier(self, campaign: str) -> Sequence[BlockRow | IdleRow]:
        """What was measured of an energy campaign before this journal was opened, in order of time."""
        return self._earlier.get(campaign, ())

    def settled(self, campaign: str) -> dict[str, SettledRow]:
        """By serial, devices that have measured enough."""
        with self._lock:
            return {serial: row for (name, serial), row in self._settled.items() if name == campaign}

    def settle(self, row: SettledRow) -> None:
        """Once for each device."""
        with self._lock:
            if (row.campaign, row.serial) not in self._settled:
                self._journal.append(row)
                self._settled[row.campaign, row.serial] = row

    def keep_probe(self, campaign: str, serial: str, blocks: Sequence[AgentBlock]) -> None:
        """Unless one of that device is there already."""
        rows = [
            ProbeRow(
                campaign=campaign, serial=serial, block=block.block, time=now(),
                agent_row=block.model_dump(mode="json", exclude_defaults=True),
            )
            for block in blocks
        ]  # fmt: skip
        with self._lock:
            if rows and (campaign, serial) not in self._probes:
                self._journal.append(*rows)
                self._probes[campaign, serial] = rows

    def probe(self, campaign: str, serial: str) -> list[AgentBlock]:
        """Rows of the device's probe; none where it had none."""
        with self._lock:
            return probe_blocks(self._probes.get((campaign, serial), ()))

    def sustain(self, rows: Sequence[SustainedRow]) -> None:
        """Appends those that are not there yet."""
        with self._lock:
            new = [row for row in rows if _place(row) not in self._sustained]
            if new:
                self._journal.append(*new)
            self._sustained |= {_place(row) for row in new}

    def open(self, row: CampaignRow) -> CampaignRow:
        """The campaign of that name as it was opened first, which may be now."""
        with self._lock:
            if row.campaign not in self._campaigns:
                self._journal.append(row)
                self._campaigns[row.campaign] = row
                self._done[row.campaign] = set()
            return self._campaigns[row.campaign]

    def add(self, rows: Sequence[BlockRow | IdleRow]) -> list[BlockRow | IdleRow]:
        """Appends those that are not there yet; returns these."""
        with self._lock:
            fresh = {row.block: row for row in reversed(rows) if row.block not in self._done[row.campaign]}
            new = [row for row in rows if fresh.get(row.block) is row]
            if new:
                self._journal.append(*new)
            for row in new:
                self._done[row.campaign].add(row.block)
            return new

    def note(self, row: PreparedRow) -> None:
        """Appends how a device was made ready, unless that is there."""
        with self._lock:
            if row not in self._prepared:
                self._journal.append(row)
                self._prepared.add(row)

    def done(self, campaign: str) -> frozenset[int]:
        with self._lock:
            return frozenset(self._done.get(campaign, ()))

    def close(self) -> None:
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def probe_blocks(rows: Iterable[ProbeRow]) -> list[AgentBlock]:
    return [AgentBlock.model_validate(row.agent_row) for row in rows]


def _place(row: SustainedRow) -> tuple[str, str, int, int]:
    return row.campaign, row.serial, row.run, row.place


def check_can_be_written(path: Path) -> None:
    """Raises FormatError where a campaign's rows would find no place; better known before hours of measuring."""
    was_there = path.exists()
    CampaignJournal(path).close()
    if not was_there:
        path.unlink(missing_ok=True)


def row_of(campaign: str, serial: str, slot: Slot, measured: AgentBlock) -> BlockRow | IdleRow | None:
    """What the journal keeps of a device's row; None for one without the latencies that it should have."""
    time = now() if measured.time_s is None else datetime.fromtimestamp(round(measured.time_s, 3), UTC)
    number = slot.block // NUMBERS_PER_ROUND
    agent_row = measured.model_dump(mode="json", exclude_defaults=True)
    state = _state(measured)
    if slot.subject == "idle":
        return IdleRow(
            campaign=campaign, block=slot.block, round=number, state=state, time=time, serial=serial,
            agent_row=agent_row,
        )  # fmt: skip
    latency = measured.latency_ns
    if latency is None or measured.inferences < 1:
        return None
    mean = latency.total // measured.inferences
    return BlockRow(
        campaign=campaign,
        block=slot.block,
        round=number,
        subject=slot.subject,
        configuration=slot.configuration,
        inferences=measured.inferences,
        latency_ns=Latency(
            total=latency.total,
            median=mean if latency.median is None else latency.median,
            minimum=mean if latency.minimum is None else latency.minimum,
            maximum=mean if latency.maximum is None else latency.maximum,
        ),
        operator_ns=measured.operator_ns,
        state=state,
        time=time,
        serial=serial,
        agent_row=agent_row,
    )


def _state(measured: AgentBlock) -> DeviceState:
    temperatures: Mapping[str, float] = measured.before.temperature_c
    status, clocks = measured.before.thermal_status, measured.before.frequency_mhz
    known = status is not None and 0 <= status < len(THERMAL_STATUS)
    return DeviceState(
        temperature_c=max(temperatures.values(), default=None),
        thermal_status=THERMAL_STATUS[status] if known and status is not None else None,
        frequency_mhz=max(clocks, default=None),
    )
