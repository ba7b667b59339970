"""`approxlite audit`: what a phone did and why, and whether anybody changed the record of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.formats.audit import AuditChain, AuditProblem, Tail, load_audit, read_chain
from approxlite.formats.document import Document
from approxlite.formats.errors import GuardError, InputError
from approxlite.formats.provenance import Time
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.service import Service
from approxlite.report.audit import RungSummary, explained, reasons_text, share_text, summarised
from approxlite.report.text import duration

File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="An audit.jsonl, as `approxlite pull` keeps it.")]
OneDevice = Annotated[str | None, typer.Option("--device", metavar="SERIAL", help="Read it from this device.")]
Tails = Annotated[
    list[str] | None,
    typer.Option("--tail", metavar="N:SHA256", help="A record that was seen before, which the log has to hold."),
]
Last = Annotated[int, typer.Option("--last", min=0, metavar="N", help="Show the last N records; 0: all.")]


class ExplainedRecord(Document):
    """One record. words: for a person."""

    line: int
    sequence: int
    time: Time
    event: str
    words: str


class AuditAnswer(Document):
    """The answer of `approxlite audit --json`. first, last: sequence numbers; None of an empty log. tail: what to give
    as --tail the next time. vouched: whether the end was held against one. torn: bytes of a line that was cut off."""

    source: str
    whole: bool
    first: int | None
    last: int | None
    tail: Tail | None
    vouched: bool
    torn: int
    problems: tuple[AuditProblem, ...]
    rungs: tuple[RungSummary, ...]
    records: tuple[ExplainedRecord, ...]


def audit(
    file: File = None, device: OneDevice = None, tail: Tails = None, last: Last = 20, json: options.Json = False
) -> None:
    """Verify an audit log's chain and say in words what the phone did.

    Each record holds the hash of the one before, so what was altered, taken out or put in is named by its line. Only
    the end is vouched for by nothing but what was seen of it before: --tail, and what a device says of itself. Exits
    with 5 where anything is wrong.

    Example: `approxlite audit fleet/PHONE1/audit.jsonl`
    """
    if (file is None) == (device is None):
        raise InputError("give an audit FILE, or --device")
    known = [_tail(text) for text in tail or ()]
    if file is not None:
        source, chain = str(file), load_audit(file, known)
    else:
        service = Service(adb.device(device))
        told = service.status().audit  # before the log, which goes on meanwhile
        source, chain = service.serial, read_chain(service.audit(), [*known, *filter(None, [told])])
    _print(_answer(source, chain, last), json)
    if chain.problems:
        first = chain.problems[0]
        raise GuardError(f"{source}: line {first.line} {first.what}")


def _answer(source: str, chain: AuditChain, last: int) -> AuditAnswer:
    records = chain.records
    return AuditAnswer(
        source=source,
        whole=not chain.problems,
        first=records[0].sequence if records else None,
        last=records[-1].sequence if records else None,
        tail=chain.tail,
        vouched=chain.vouched,
        torn=chain.torn,
        problems=chain.problems,
        rungs=summarised(records),
        records=tuple(
            ExplainedRecord(
                line=line.number,
                sequence=line.record.sequence,
                time=line.record.time,
                event=line.record.event,
                words=explained(line.record),
            )
            for line in chain.lines[-last if last else 0 :]
        ),
    )


def _print(answer: AuditAnswer, json: bool) -> None:
    if json:
        print_json(answer)
        return
    rows = [(str(each.sequence), f"{each.time:%Y-%m-%d %H:%M:%S}", each.words) for each in answer.records]
    if rows:
        print_table(("record", "time (UTC)", ""), rows, numbers=(0,))
        print_line("")
    if answer.rungs:
        summary = [
            (each.name, str(each.times), duration(each.seconds), share_text(each), reasons_text(each))
            for each in answer.rungs
        ]
        print_table(("ran", "times", "for", "share", "because"), summary, numbers=(1, 2, 3))
        print_line("")
    for problem in answer.problems:
        print_line(f"line {problem.line} {problem.what}")
    if answer.torn:
        print_line(f"{answer.torn} bytes of a last record that was cut off, as a power cut or a lost cable leaves them")
    print_line(_verdict(answer))


def _verdict(answer: AuditAnswer) -> str:
    if answer.tail is None:
        return "the log is empty" if answer.whole else "the log holds no record"
    if not answer.whole:
        return f"the chain is broken in {len(answer.problems)} place{'s' if len(answer.problems) > 1 else ''}"
    end = "" if answer.vouched else "; that nothing was cut off at its end, only a --tail from before can tell"
    begin = "" if answer.first == 0 else f"; older ones than {answer.first} were let go"
    again = f"--tail {answer.tail.sequence}:{answer.tail.sha256}"
    return f"records {answer.first} to {answer.last} are one whole chain{begin}{end}. Next time: {again}"


def _tail(text: str) -> Tail:
    sequence, _, sha256 = text.partition(":")
    try:
        return Tail(sequence=int(sequence), sha256=sha256)
    except (ValueError, ValidationError):
        raise InputError(f"--tail {text[:80]!r}: a record's number and hash, such as 17:3b2f...") from None
