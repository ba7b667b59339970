"""profile.jsonl: raw measurements. Append-only; the truth about a device and the journal a campaign resumes from."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from approxlite.formats.document import JournalRow, parse_document, read_bytes
from approxlite.formats.errors import FormatError
from approxlite.formats.journal import Journal
from approxlite.formats.provenance import Device, ModelReference, Time

Count = Annotated[int, Field(ge=0)]
MAX_PROFILE_BYTES = 1024 * 1024 * 1024


class ProfiledOperator(JournalRow):
    """An operator the engine runs, with the knobs it has ("exact" first)."""

    id: str
    knobs: tuple[str, ...]
    multiply_accumulates: Count


class EnergyBlocks(JournalRow):
    """How blocks were measured so that joules can be told from their readings; a reading's meaning is told anew each
    time. block_s: of exact. readings_ms: between readings in a block."""

    block_s: Annotated[float, Field(gt=0)]
    readings_ms: Annotated[float, Field(ge=0)]


class CampaignRow(JournalRow):
    """Opens a campaign: what is measured, where, by which version. energy_refused: why `energy` is null, else empty."""

    kind: Literal["campaign"] = "campaign"
    version: Literal[1] = 1
    campaign: str
    time: Time
    tool_version: str
    device: Device
    model: ModelReference
    numerics_version: int
    kernel_variant: str
    threads: Annotated[int, Field(ge=1)]
    energy: EnergyBlocks | None = None
    energy_refused: str
    operators: tuple[ProfiledOperator, ...]


class Latency(JournalRow):
    """Latencies of the inferences of one block, in nanoseconds."""

    total: Count
    median: Count
    minimum: Count
    maximum: Count


class DeviceState(JournalRow):
    """The state a block was measured in; null where the device does not tell."""

    frequency_mhz: float | None = None
    temperature_c: float | None = None
    thermal_status: str | None = None
    load_average: float | None = None


class BlockRow(JournalRow):
    """Some inferences of one subject under one configuration, one after the other.

    A round visits every subject and configuration once, in random order, so rows of one round can be compared. serial
    and agent_row: the device, and its own row as `docs/agent-protocol.md` has it; null for blocks measured by the desk.
    """

    kind: Literal["block"] = "block"
    campaign: str
    block: Count
    round: Count
    subject: Literal["approxlite", "stock"]
    configuration: str  # canonical; "exact" for stock
    inferences: Annotated[int, Field(ge=1)]
    latency_ns: Latency
    operator_ns: dict[str, Count] = Field(default_factory=dict)  # median by operator id; empty when not timed
    state: DeviceState = DeviceState()
    time: Time
    serial: str | None = None
    agent_row: dict[str, JsonValue] | None = None


class IdleRow(JournalRow):
    """A block of a round in which the device did nothing: what energy is compared with. Fields as in a block."""

    kind: Literal["idle"] = "idle"
    campaign: str
    block: Count
    round: Count
    state: DeviceState = DeviceState()
    time: Time
    serial: str
    agent_row: dict[str, JsonValue]


@dataclass(frozen=True)
class Profile:
    """Rows of a profile in the order they were written."""

    campaigns: tuple[CampaignRow, ...]
    blocks: tuple[BlockRow, ...]
    idles: tuple[IdleRow, ...] = ()

    @property
    def measured(self) -> tuple[BlockRow | IdleRow, ...]:
        """Blocks, and after them those in which the device did nothing."""
        return (*self.blocks, *self.idles)


ProfileRow = CampaignRow | BlockRow | IdleRow
_ROWS: dict[str, type[ProfileRow]] = {"campaign": CampaignRow, "block": BlockRow, "idle": IdleRow}


def load_profile(path: str | os.PathLike[str]) -> Profile:
    """Reads a profile. A torn last line is ignored, and so are rows of a kind this version does not know.

    Raises FormatError, one line that names the file and the row.
    """
    lines = read_bytes(path, FormatError, MAX_PROFILE_BYTES).split(b"\n")[:-1]
    campaigns: list[CampaignRow] = []
    blocks: list[BlockRow] = []
    idles: list[IdleRow] = []
    known: set[str] = set()
    for number, line in enumerate(lines, 1):
        where = f"{os.fspath(path)}: line {number}"
        row = parse_row(line, where)
        if isinstance(row, CampaignRow):
            campaigns.append(row)
            known.add(row.campaign)
        elif row is not None:
            if row.campaign not in known:
                raise FormatError(f"{where}: block of campaign '{row.campaign}', which was never opened")
            if isinstance(row, BlockRow):
                blocks.append(row)
            else:
                idles.append(row)
    return Profile(tuple(campaigns), tuple(blocks), tuple(idles))


def parse_row(line: bytes | str, where: str) -> ProfileRow | None:
    """One line of a profile; None when its kind is unknown to this version. Raises FormatError."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise FormatError(f"{where}: not a line of JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        raise FormatError(f"{where}: not a row with a 'kind'")
    kind = _ROWS.get(content["kind"])
    return None if kind is None else parse_document(kind, line, where)


class ProfileJournal(Journal):
    """Appends rows to a profile, see `Journal`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, "campaign")

    def append(self, *rows: ProfileRow) -> None:
        """Writes the rows and waits for the disk: all of them, or none and FormatError."""
        self.append_lines(_lines(rows))


def _lines(rows: Sequence[JournalRow]) -> bytes:
    return b"".join(row.model_dump_json().encode() + b"\n" for row in rows)
