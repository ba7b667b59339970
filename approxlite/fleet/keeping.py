"""What devices told, kept on the desk: a folder a device, only ever added to, nothing in it twice.

    audit.jsonl      the phone's log, as far back as it was ever pulled; audit-2.jsonl ... after a gap, where the phone
                     let records go between two pulls; suspect-*.jsonl: a log that is not whole, as it came
    status.jsonl     what the service said at each pull where that was new: counts, canaries, guard, rungs
    policies/        each policy that was followed, as policy.json, by sha256
    guards/          each saved state of a guard, by its policy and its own sha256
    rows/            what agents measured, by campaign: rows.jsonl as docs/agent-protocol.md has it

A pull that is cut off leaves whole lines and whole files, and the next one adds what is missing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from approxlite.formats.audit import AuditProblem, load_audit, read_chain
from approxlite.formats.document import Document, JournalRow, make_folder, now, parse_document, save_atomically
from approxlite.formats.errors import ApproxError, FormatError
from approxlite.formats.journal import Journal
from approxlite.formats.provenance import Time
from approxlite.formats.service_status import ServiceStatus
from approxlite.profiler.devices.describe import FOLDER
from approxlite.profiler.devices.faults import ServiceFailedError
from approxlite.profiler.devices.link import Link
from approxlite.profiler.devices.service import EXTERNAL_FILES, Service

MAX_CAMPAIGNS = 1000
GUARD_BYTES = 512
_ODD = re.compile(r"[^A-Za-z0-9._-]")
_ROWS = re.compile(r"^/[A-Za-z0-9._/-]{1,200}/([A-Za-z0-9._-]{1,80})/rows\.jsonl$")


class StatusRow(JournalRow):
    """A line of status.jsonl."""

    version: int = 1
    time: Time
    serial: str
    status: ServiceStatus


class Pulled(Document):
    """What one pull brought. records, rows: new ones; kept: records of the log that are kept by now. began: why a new
    audit file was begun, "" where none was. problems: of the phone's log, of which nothing was added then."""

    serial: str
    records: int = 0
    kept: int = 0
    rows: int = 0
    new_status: bool = False
    new_guard: bool = False
    began: str = ""
    problems: tuple[AuditProblem, ...] = ()
    problem: str | None = None


def device_folder(out: Path, serial: str) -> Path:
    """Serials such as 127.0.0.1:5555 become names of folders that every system takes."""
    return out / _ODD.sub("_", serial)


def pull(link: Link, out: Path) -> Pulled:
    """Adds what is new on a device. Raises a device fault, or FormatError where the folder cannot be written."""
    service = Service(link)
    folder = device_folder(out, link.serial)
    make_folder(folder)
    status = service.status()  # before the log: what it says of the log's end has to be in there
    pulled = _pull_audit(service, folder, status)
    return pulled.model_copy(
        update={
            "new_status": _keep_status(folder / "status.jsonl", link.serial, status),
            "new_guard": _keep_policy(service, folder, status),
            "rows": _pull_rows(link, folder / "rows"),
        }
    )


def audit_files(folder: Path) -> list[Path]:
    """In the order in which they were begun."""
    found = [*folder.glob("audit.jsonl"), *folder.glob("audit-*.jsonl")]
    return sorted(found, key=_number)


def _number(file: Path) -> int:
    number = file.stem.partition("-")[2]
    return int(number) if number.isdecimal() else 1


def _pull_audit(service: Service, folder: Path, status: ServiceStatus) -> Pulled:
    files = audit_files(folder)
    kept = load_audit(files[-1]) if files else read_chain(b"")
    if kept.problems:
        first = kept.problems[0]
        raise FormatError(f"{files[-1]}: line {first.line} {first.what}; it was changed here, move it away")
    file = files[-1] if files else folder / "audit.jsonl"
    told = [] if status.audit is None else [status.audit]
    tail = kept.tail
    content = service.audit(0 if tail is None else tail.sequence)
    chain = read_chain(content, told)
    began, problems, after = "", chain.problems, 0
    if tail is not None:
        at = next((line for line in chain.lines if line.record.sequence == tail.sequence), None)
        if at is not None and at.sha256 == tail.sha256:
            after = at.number
        elif at is None and chain.lines and chain.lines[0].record.sequence > tail.sequence:
            gone = f"records {tail.sequence + 1} to {chain.lines[0].record.sequence - 1}"
            began = f"{gone} were let go by the phone before they were pulled"
        else:  # the whole log, to say what is wrong with it
            content = service.audit()
            problems = read_chain(content, [tail, *told]).problems
    whole = content.split(b"\n")[:-1]
    if problems:  # evidence, but nothing to go on from
        suspect = b"".join(line + b"\n" for line in whole)
        _keep(folder / f"suspect-{hashlib.sha256(suspect).hexdigest()[:16]}.jsonl", suspect)
        return Pulled(serial=service.serial, kept=len(kept.lines), problems=problems)
    if began:
        file = folder / f"audit-{_number(file) + 1}.jsonl"
    with Journal(file, "pull") as journal:
        if whole[after:]:
            journal.append_lines(b"".join(line + b"\n" for line in whole[after:]))
    return Pulled(
        serial=service.serial, records=len(whole) - after, kept=len(load_audit(file).lines), began=began
    )  # fmt: skip


def _keep_status(file: Path, serial: str, status: ServiceStatus) -> bool:
    with Journal(file, "pull") as journal:
        last = _last_line(file)
        if last is not None and parse_document(StatusRow, last, f"{file}: its last line").status == status:
            return False
        row = StatusRow(time=now(), serial=serial, status=status)
        journal.append_lines(row.model_dump_json().encode() + b"\n")
    return True


def _last_line(file: Path) -> bytes | None:
    lines = file.read_bytes().split(b"\n")[:-1]
    return lines[-1] if lines else None


def _keep_policy(service: Service, folder: Path, status: ServiceStatus) -> bool:
    """And the state of its guard: whether that is new."""
    if status.policy_sha256 is None:
        return False
    policy = folder / "policies" / f"{status.policy_sha256}.json"
    if not policy.exists():
        _keep(policy, _offered(service, "policy"))
    state = _offered(service, "guard")
    if state is None or len(state) != GUARD_BYTES:
        return False
    guard = folder / "guards" / f"{status.policy_sha256[:16]}-{hashlib.sha256(state).hexdigest()[:16]}.guard"
    if guard.exists():
        return False
    _keep(guard, state)
    return True


def _keep(file: Path, content: bytes | None) -> None:
    if content:
        save_atomically(file, content)


def _offered(service: Service, path: str) -> bytes | None:
    """None where this version of the service does not show it."""
    try:
        return service.read(path)
    except ServiceFailedError:
        return None


def _pull_rows(link: Link, folder: Path) -> int:
    """Of every campaign that lies on the device: new whole lines."""
    listed = link.run(f"ls -1 {FOLDER}/*/rows.jsonl {EXTERNAL_FILES}/*/rows.jsonl 2> /dev/null; true").output
    matches = (_ROWS.match(line.strip()) for line in listed[: 300 * MAX_CAMPAIGNS].splitlines()[:MAX_CAMPAIGNS])
    return sum(_grown(folder / match[1], link.pull(match[0])) for match in matches if match)


def _grown(folder: Path, content: bytes) -> int:
    """Adds whole lines of a file that only ever grows; one that did not is another, kept beside it."""
    whole = content[: content.rfind(b"\n") + 1]
    files = sorted(folder.glob("rows*.jsonl"), key=_number)
    file = files[-1] if files else folder / "rows.jsonl"
    before = file.read_bytes() if files else b""
    before = before[: before.rfind(b"\n") + 1]
    if not whole.startswith(before):
        if before.startswith(whole):
            return 0
        file, before = folder / f"rows-{_number(file) + 1}.jsonl", b""
    new = whole[len(before) :]
    if new:
        with Journal(file, "pull") as journal:
            journal.append_lines(new)
    return new.count(b"\n")


def pull_each(serials: Sequence[str], open_: Callable[[str], Link], out: Path) -> list[Pulled]:
    """Of several devices, one after the other; one that fails does not keep the others from it."""
    done = []
    for serial in serials:
        try:
            done.append(pull(open_(serial), out))
        except ApproxError as problem:
            done.append(Pulled(serial=serial, problem=str(problem)))
    return done
