"""profile.jsonl: raw measurements. Append-only; the truth about a device and the journal a campaign resumes from."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

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


class EnergyGoal(JournalRow):
    """What was said before an energy campaign began, of each of its devices.

    half_width: wanted, of the 95 % interval of ratios to exact, as a share. pairs: clean rounds that this should take,
    in blocks that count after their first `settle_s`; blocks: a round's length in blocks. total_s: at most, in all,
    overhead_s of it for probe and warm-up. sessions: to be had; rounds: at most, by all devices. sources: the best
    one's name by serial, empty for an external meter.
    """

    half_width: Annotated[float, Field(gt=0)]
    pairs: Annotated[int, Field(ge=1)]
    settle_s: Annotated[float, Field(ge=0)]
    blocks: Annotated[float, Field(gt=0)]
    total_s: Annotated[float, Field(gt=0)]
    overhead_s: Annotated[float, Field(ge=0)]
    sessions: Annotated[int, Field(ge=1)]
    rounds: Annotated[int, Field(ge=1)]
    sources: dict[str, str]


class EnergyBlocks(JournalRow):
    """How blocks were measured so that joules can be told from their readings; a reading's meaning is told anew each
    time. block_s: of exact. readings_ms: between readings in a block. goal: null in profiles of earlier versions."""

    block_s: Annotated[float, Field(gt=0)]
    readings_ms: Annotated[float, Field(ge=0)]
    goal: EnergyGoal | None = None


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
    session: of the device, from 0; another one begins when it is started anew, or much later. boot_id: where it tells.
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
    session: Count = 0
    boot_id: str | None = None


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
    session: Count = 0
    boot_id: str | None = None


class ProbeRow(JournalRow):
    """A block by which a device's energy source proved itself before the campaign; idle and exact in turn."""

    kind: Literal["probe"] = "probe"
    campaign: str
    serial: str
    block: Count
    time: Time
    agent_row: dict[str, JsonValue]


class SettledRow(JournalRow):
    """A device has measured enough of an energy campaign. stopped: every interval is as narrow as wanted, or the time
    that was said beforehand is used up. spent_s: of that time."""

    kind: Literal["settled"] = "settled"
    campaign: str
    serial: str
    stopped: Literal["width", "time"]
    spent_s: Annotated[float, Field(ge=0)]
    time: Time


class SustainedRow(JournalRow):
    """A block of a sustained run of one device: idle, one configuration from cold on, idle. run: a number of its own
    for each try; place: of the block in it, 0 to `of` - 1. A run that broke off is made anew, for its heat is lost."""

    kind: Literal["sustained"] = "sustained"
    campaign: str
    serial: str
    run: Count
    place: Count
    of: Annotated[int, Field(ge=1)]
    subject: Literal["approxlite", "idle"]
    configuration: str
    gap_ms: Annotated[float, Field(ge=0)] = 0.0
    run_s: Annotated[float, Field(gt=0)]
    rate_hz: Annotated[float, Field(ge=0)] = 0.0  # wanted; 0: without a pause
    time: Time
    agent_row: dict[str, JsonValue]


class ChangedSetting(JournalRow):
    """before: as it was found, and is put back to. after: while measuring; null where the device refused."""

    name: str
    before: str
    after: str | None


class PreparedRow(JournalRow):
    """How a device was made ready, each time before it measured. settings: those that were changed.

    unsteady: by how much, as a share, its latency still changed when warming up was given up; null where it was steady.
    """

    kind: Literal["prepared"] = "prepared"
    campaign: str
    serial: str
    settings: tuple[ChangedSetting, ...]
    unsteady: Annotated[float, Field(ge=0)] | None = None
    time: Time

    @property
    def refused(self) -> tuple[str, ...]:
        """Names of settings that the device does not let be changed."""
        return tuple(each.name for each in self.settings if each.after is None)


@dataclass(frozen=True)
class Profile:
    """Rows of a profile in the order they were written."""

    campaigns: tuple[CampaignRow, ...]
    blocks: tuple[BlockRow, ...]
    idles: tuple[IdleRow, ...] = ()
    settled: tuple[SettledRow, ...] = ()
    sustained: tuple[SustainedRow, ...] = ()
    probes: tuple[ProbeRow, ...] = ()
    prepared: tuple[PreparedRow, ...] = ()

    @property
    def measured(self) -> tuple[BlockRow | IdleRow, ...]:
        """Blocks, and after them those in which the device did nothing."""
        return (*self.blocks, *self.idles)


ProfileRow = CampaignRow | BlockRow | IdleRow | PreparedRow | SettledRow | SustainedRow | ProbeRow
_ROWS: dict[str, type[ProfileRow]] = {
    "campaign": CampaignRow, "block": BlockRow, "idle": IdleRow, "prepared": PreparedRow, "settled": SettledRow,
    "sustained": SustainedRow, "probe": ProbeRow,
}  # fmt: skip


_Row = TypeVar("_Row", CampaignRow, BlockRow, IdleRow, PreparedRow, SettledRow, SustainedRow, ProbeRow)


def load_profile(path: str | os.PathLike[str]) -> Profile:
    """Reads a profile. A torn last line is ignored, and so are rows of a kind this version does not know.

    Raises FormatError, one line that names the file and the row.
    """
    lines = read_bytes(path, FormatError, MAX_PROFILE_BYTES).split(b"\n")[:-1]
    found: dict[type[ProfileRow], list[ProfileRow]] = {kind: [] for kind in _ROWS.values()}
    known: set[str] = set()
    for number, line in enumerate(lines, 1):
        where = f"{os.fspath(path)}: line {number}"
        row = parse_row(line, where)
        if row is None:
            continue
        if isinstance(row, CampaignRow):
            known.add(row.campaign)
        elif row.campaign not in known:
            raise FormatError(f"{where}: {row.kind} of campaign '{row.campaign}', which was never opened")
        found[type(row)].append(row)

    def of(kind: type[_Row]) -> tuple[_Row, ...]:
        return tuple(row for row in found[kind] if isinstance(row, kind))

    return Profile(
        of(CampaignRow), of(BlockRow), of(IdleRow), of(SettledRow), of(SustainedRow), of(ProbeRow), of(PreparedRow)
    )


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
