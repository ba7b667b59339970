"""audit.jsonl: what was switched, refused and decided on a phone, in a chain that shows what was changed afterwards.

Each line holds the sha256 of the line before it. So a line that was altered, taken out or put in shows, but for the
end: whoever cuts the last lines off leaves a whole chain. Only a `Tail` that somebody kept elsewhere tells of that.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from approxlite.formats.document import Document, JournalRow, parse_document, read_bytes
from approxlite.formats.errors import FormatError
from approxlite.formats.provenance import Sha256, Time

MAX_AUDIT_BYTES = 256 * 1024 * 1024
"""Of one file; a phone keeps two of a mebibyte, the desk all that it ever pulled."""
MAX_LINE_BYTES = 16 * 1024
"""A phone writes texts of at most 200 characters."""
BEGINNING = "0" * 64
"""The hash before the first line of all."""
_MAX_PROBLEMS = 1000

Event = Literal["switch", "alarm", "policy", "override", "refused"]
Damage = Literal["no record", "changed", "missing", "out of order", "cut off", "replaced"]


class AuditRecord(JournalRow):
    """One line. from_, to: what was before and is now, such as "candidate 1". evidence: what the reason rests on.

    event: an `Event`, or that of a newer version.
    """

    sequence: Annotated[int, Field(ge=0)]
    time: Time
    event: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    reason: str
    evidence: float | None
    previous_sha256: Sha256


class Tail(Document):
    """The last record of a log, as somebody saw it: what a log that says otherwise is held against."""

    sequence: Annotated[int, Field(ge=0)]
    sha256: Sha256


class AuditProblem(Document):
    """Something that a log as its phone wrote it never has. line: counted from 1."""

    line: int
    damage: Damage
    what: str


class Line(Document):
    """A record and where it stands."""

    number: int
    sha256: Sha256
    record: AuditRecord


@dataclass(frozen=True)
class AuditChain:
    """What a log holds. torn: bytes after the last line end, as a power cut or a broken transfer leaves them.

    vouched: whether the end was held against a tail.
    """

    lines: tuple[Line, ...]
    problems: tuple[AuditProblem, ...]
    torn: int
    vouched: bool

    @property
    def records(self) -> tuple[AuditRecord, ...]:
        return tuple(line.record for line in self.lines)

    @property
    def tail(self) -> Tail | None:
        """Of what is there; None of an empty log."""
        if not self.lines:
            return None
        return Tail(sequence=self.lines[-1].record.sequence, sha256=self.lines[-1].sha256)


def load_audit(path: str | os.PathLike[str], tails: Iterable[Tail] = ()) -> AuditChain:
    """Raises FormatError where the file cannot be read or is too large; what is wrong in it is told, not raised."""
    return read_chain(read_bytes(path, FormatError, MAX_AUDIT_BYTES), tails)


def read_chain(content: bytes, tails: Iterable[Tail] = ()) -> AuditChain:
    """What these bytes, which may be anybody's, hold, and what is wrong with them. Raises nothing."""
    *whole, rest = content.split(b"\n")
    lines: list[Line] = []
    problems: list[AuditProblem] = []
    unknown = 0  # lines since the last record, that are none
    for number, text in enumerate(whole, 1):
        record = _record(text)
        if record is None:
            problems.append(AuditProblem(line=number, damage="no record", what="is no audit record"))
            unknown += 1
            continue
        line = Line(number=number, sha256=hashlib.sha256(text).hexdigest(), record=record)
        problem = _link(lines[-1] if lines else None, line, unknown)
        if problem is not None:
            problems.append(problem)
        lines.append(line)
        unknown = 0
    vouched = False
    for tail in tails:
        found, problem = _held_against(tail, lines, len(whole))
        vouched = vouched or found
        if problem is not None:
            problems.append(problem)
    problems.sort(key=lambda each: each.line)
    return AuditChain(tuple(lines), tuple(problems[:_MAX_PROBLEMS]), len(rest), vouched)


def _record(text: bytes) -> AuditRecord | None:
    if len(text) > MAX_LINE_BYTES:
        return None
    try:
        return parse_document(AuditRecord, text, "line")
    except FormatError:
        return None


def _link(before: Line | None, line: Line, unknown: int) -> AuditProblem | None:
    """What is wrong between a line and the one before it, None at the beginning of a log whose older part is gone."""
    number, record = line.number, line.record
    if before is None:
        if unknown == 0 and (record.sequence == 0) != (record.previous_sha256 == BEGINNING):
            return _problem(number, "changed", f"is record {record.sequence}, which its link to the one before denies")
        return None
    step = record.sequence - before.record.sequence - unknown
    if step < 1:
        return _problem(number, "out of order", f"is record {record.sequence}, after record {before.record.sequence}")
    if step > 1:
        first, last = before.record.sequence + unknown + 1, record.sequence - 1
        gone = f"record {last}" if first == last else f"records {first} to {last}"
        return _problem(number, "missing", f"is record {record.sequence}, but before it there is no {gone}")
    if unknown == 0 and record.previous_sha256 != before.sha256:
        # One of the two was altered, and the hash cannot tell which.
        return _problem(before.number, "changed", f"is not what line {number} says it was: one of them was changed")
    return None


def _held_against(tail: Tail, lines: list[Line], count: int) -> tuple[bool, AuditProblem | None]:
    """Whether the tail's record is there, and what it shows to be wrong."""
    there = next((line for line in reversed(lines) if line.record.sequence == tail.sequence), None)
    if there is not None:
        if there.sha256 == tail.sha256:
            return True, None
        what = f"is record {tail.sequence}, but not as it was seen before: it was changed, or the log was begun anew"
        return False, _problem(there.number, "replaced", what)
    if not lines or lines[-1].record.sequence < tail.sequence:
        last = f"record {lines[-1].record.sequence}" if lines else "nothing"
        what = f"ends the log with {last}, but record {tail.sequence} was seen before: its end was cut off"
        return False, _problem(max(1, count), "cut off", what)
    return False, None  # older than what is kept


def _problem(line: int, damage: Damage, what: str) -> AuditProblem:
    return AuditProblem(line=line, damage=damage, what=what)
