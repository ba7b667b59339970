"""rollout.jsonl: what became of one policy on each device it is rolled out to; a roll-out that was cut off goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from approxlite.formats.document import JournalRow, parse_document, read_bytes
from approxlite.formats.errors import FormatError
from approxlite.formats.journal import Journal
from approxlite.formats.provenance import Sha256, Time

MAX_ROLLOUT_BYTES = 64 * 1024 * 1024

State = Literal[
    "waiting", "unreachable", "trial", "kept", "refused", "failed", "alarmed", "rolled back", "taken back", "stays"
]
"""How a policy stands on a device. waiting: to be handed over, also again, or still tried. unreachable: no answer for
now. trial: it runs and has to prove itself. kept: it has. refused: by the device. failed: it was taken, and is not
followed all the same. alarmed: its guard latched exact. rolled back: by the device itself, or replaced there. taken
back: by the desk. stays: it ought to be."""


class BeginRow(JournalRow):
    """stages: serials by stage, in order."""

    kind: Literal["begin"] = "begin"
    version: Literal[1] = 1
    time: Time
    policy_sha256: Sha256
    sequence: Annotated[int, Field(ge=0)]
    stages: tuple[tuple[str, ...], ...]


class DeviceRow(JournalRow):
    """One device stands otherwise than before; its first row comes before the policy is handed over to it."""

    kind: Literal["device"] = "device"
    time: Time
    serial: str
    state: State
    why: str = ""


class EndRow(JournalRow):
    """stopped: it can go on. taken back: it cannot, the policy harmed a device."""

    kind: Literal["end"] = "end"
    time: Time
    outcome: Literal["done", "stopped", "taken back"]
    why: str = ""


RolloutRow = BeginRow | DeviceRow | EndRow
_ROWS: dict[str, type[RolloutRow]] = {"begin": BeginRow, "device": DeviceRow, "end": EndRow}


class RolloutJournal(Journal):
    """Appends rows, see `Journal`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, "roll-out")

    def append(self, row: RolloutRow) -> None:
        """On return the row is on the disk. Raises FormatError."""
        self.append_lines(row.model_dump_json().encode() + b"\n")


def load_rollout(path: Path) -> tuple[RolloutRow, ...]:
    """Rows of the last roll-out in the file, its beginning first; () where there is none. A torn last line and rows of
    kinds that this version does not know are ignored. Raises FormatError that names the line."""
    if not path.exists():
        return ()
    rows: list[RolloutRow] = []
    for number, line in enumerate(read_bytes(path, FormatError, MAX_ROLLOUT_BYTES).split(b"\n")[:-1], 1):
        row = _row(line, f"{path}: line {number}")
        if isinstance(row, BeginRow):
            rows = [row]
        elif row is not None:
            if not rows:
                raise FormatError(f"{path}: line {number}: belongs to no roll-out; is this a roll-out's journal?")
            rows.append(row)
    return tuple(rows)


def states_of(rows: Sequence[RolloutRow]) -> dict[str, DeviceRow]:
    """The last row of each device that tells how it stood; one that did not answer still stands as it did."""
    return {row.serial: row for row in rows if isinstance(row, DeviceRow) and row.state != "unreachable"}


def _row(line: bytes, where: str) -> RolloutRow | None:
    try:
        content = json.loads(line)
        kind = _ROWS.get(content["kind"])
    except (ValueError, RecursionError, TypeError, KeyError):
        raise FormatError(f"{where}: no row of a roll-out") from None
    return None if kind is None else parse_document(kind, line, where)
