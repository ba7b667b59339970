"""The journal of a campaign: one writer for all its devices, and no block in it twice."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import pandas as pd

from approxlite.formats.document import now
from approxlite.formats.profile import (
    BlockRow,
    CampaignRow,
    DeviceState,
    IdleRow,
    Latency,
    Profile,
    ProfileJournal,
    load_profile,
)
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.campaign.plan import NUMBERS_PER_ROUND, Slot
from approxlite.profiler.devices.parsers import THERMAL_STATUS


class CampaignJournal:
    """A `profile.jsonl` that any number of threads write to. A row is on the disk before the call returns."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens or creates it. Raises FormatError, also while another process writes it."""
        self._journal = ProfileJournal(path)
        self._lock = threading.Lock()
        try:
            profile = load_profile(path)
        except BaseException:
            self._journal.close()
            raise
        self._campaigns = {row.campaign: row for row in profile.campaigns}
        self._done: dict[str, set[int]] = {name: set() for name in self._campaigns}
        for row in profile.measured:
            self._done[row.campaign].add(row.block)

    def open(self, row: CampaignRow) -> CampaignRow:
        """The campaign of that name as it was opened first, which may be now."""
        with self._lock:
            if row.campaign not in self._campaigns:
                self._journal.append(row)
                self._campaigns[row.campaign] = row
                self._done[row.campaign] = set()
            return self._campaigns[row.campaign]

    def add(self, rows: Sequence[BlockRow | IdleRow]) -> list[int]:
        """Appends those that are not there yet; the numbers of these."""
        with self._lock:
            fresh = {row.block: row for row in reversed(rows) if row.block not in self._done[row.campaign]}
            new = [row for row in rows if fresh.get(row.block) is row]
            if new:
                self._journal.append(*new)
            for row in new:
                self._done[row.campaign].add(row.block)
            return [row.block for row in new]

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


def frame_of(profile: Profile) -> pd.DataFrame:
    """One row per block, idle ones included, in the order they were written; columns of a block, latencies in
    milliseconds, and `temperature_c` and `thermal_status` of the device. A row's own readings stay in `agent_row`.
    """
    return pd.DataFrame(
        [
            {
                "campaign": row.campaign,
                "round": row.round,
                "block": row.block,
                "serial": row.serial,
                "subject": "idle" if isinstance(row, IdleRow) else row.subject,
                "configuration": "exact" if isinstance(row, IdleRow) else row.configuration,
                "inferences": 0 if isinstance(row, IdleRow) else row.inferences,
                "latency_ms": None if isinstance(row, IdleRow) else row.latency_ns.median / 1e6,
                "temperature_c": row.state.temperature_c,
                "thermal_status": row.state.thermal_status,
                "time": row.time,
                "agent_row": row.agent_row,
            }
            for row in profile.measured
        ],
        columns=[
            "campaign", "round", "block", "serial", "subject", "configuration", "inferences", "latency_ms",
            "temperature_c", "thermal_status", "time", "agent_row",
        ],
    )  # fmt: skip


def read_frame(path: str | os.PathLike[str]) -> pd.DataFrame:
    """`frame_of` a file. Raises FormatError."""
    return frame_of(load_profile(path))


def _state(measured: AgentBlock) -> DeviceState:
    temperatures: Mapping[str, float] = measured.before.temperature_c
    status, clocks = measured.before.thermal_status, measured.before.frequency_mhz
    known = status is not None and 0 <= status < len(THERMAL_STATUS)
    return DeviceState(
        temperature_c=max(temperatures.values(), default=None),
        thermal_status=THERMAL_STATUS[status] if known and status is not None else None,
        frequency_mhz=max(clocks, default=None),
    )
