"""A pull adds what is new and nothing else, whatever happened between two of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from approxlite.fleet.keeping import Pulled, audit_files, device_folder, pull, pull_each
from approxlite.formats.audit import load_audit, read_chain
from approxlite.formats.errors import FormatError
from approxlite.profiler.devices.describe import FOLDER
from approxlite.profiler.devices.link import COMMAND_S, Completed
from support.service_twin import ServiceTwin, audit_log

LINES = audit_log(30).decode().splitlines()


class Phone(ServiceTwin):
    """Lets old records go, as a bounded log does, shows its policy and guard, and has measured something."""

    first = 0
    tells_end = True
    measured = b""

    def write(self, records: int) -> None:
        self.log = LINES[:records]
        self.state["audit"] = None
        if self.tells_end and records:
            last = LINES[records - 1]
            self.state["audit"] = {"sequence": records - 1, "sha256": hashlib.sha256(last.encode()).hexdigest()}

    def _read(self, path: str, file: str) -> str:
        if path in ("policy", "guard"):
            self.files[file] = b'{"sequence": 1}' if path == "policy" else bytes([self.state["answered"] % 256]) * 512
            return ""
        first = max(self.first, int(path.partition("/")[2] or 0))
        self.files[file] = "".join(f"{line}\n" for line in self.log[first:]).encode()
        return ""

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        if command.startswith("ls "):
            self.files[f"{FOLDER}/campaign-1/rows.jsonl"] = self.measured
            return Completed(f"{FOLDER}/campaign-1/rows.jsonl\n{FOLDER}/../../etc;x/rows.jsonl\n", 0)
        return super().run(command, timeout_s=timeout_s)


@pytest.fixture
def phone() -> Phone:
    return Phone("10.0.0.7:5555")


def kept(out: Path, phone: Phone) -> list[list[int]]:
    """Sequence numbers by file; each file is a whole chain."""
    logs = [load_audit(file) for file in audit_files(device_folder(out, phone.serial))]
    assert all(not log.problems for log in logs)
    return [[record.sequence for record in log.records] for log in logs]


def test_only_what_is_new_is_added(phone: Phone, tmp_path: Path) -> None:
    for records, new in ((0, 0), (5, 5), (5, 0), (12, 7)):
        phone.write(records)
        assert pull(phone, tmp_path).records == new
    assert kept(tmp_path, phone) == [list(range(12))]
    assert (device_folder(tmp_path, phone.serial) / "audit.jsonl").read_bytes() == audit_log(12)
    assert sum("/audit/4 " in command for command in phone.commands) == 2


def test_records_that_the_phone_let_go_in_between_are_a_gap_and_no_tampering(phone: Phone, tmp_path: Path) -> None:
    phone.write(5)
    pull(phone, tmp_path)
    phone.first = 9
    phone.write(14)
    pulled = pull(phone, tmp_path)
    assert pulled.began == "records 5 to 8 were let go by the phone before they were pulled"
    assert pulled.problems == ()
    phone.write(20)
    assert pull(phone, tmp_path).records == 6
    assert kept(tmp_path, phone) == [list(range(5)), list(range(9, 20))]


def test_an_altered_log_is_reported_and_kept_aside(phone: Phone, tmp_path: Path) -> None:
    phone.write(8)
    pull(phone, tmp_path)
    phone.write(12)
    phone.log[9] = phone.log[9].replace("candidate", "candidat")
    for _ in range(2):
        pulled = pull(phone, tmp_path)
        assert [problem.damage for problem in pulled.problems] == ["changed"]
    assert kept(tmp_path, phone) == [list(range(8))]
    assert len(list(device_folder(tmp_path, phone.serial).glob("suspect-*"))) == 1


@pytest.mark.parametrize("tells_end", [True, False])
def test_a_log_that_was_cut_or_begun_anew_shows_against_what_was_pulled(
    phone: Phone, tmp_path: Path, tells_end: bool
) -> None:
    phone.tells_end = tells_end
    phone.write(8)
    pull(phone, tmp_path)
    phone.write(6)
    assert [problem.damage for problem in pull(phone, tmp_path).problems] == ["cut off"]
    phone.log = audit_log(10, before="0" * 64).decode().replace("candidate 1", "candidate 2").splitlines()
    phone.state["audit"] = None
    assert "replaced" in [problem.damage for problem in pull(phone, tmp_path).problems]
    assert kept(tmp_path, phone) == [list(range(8))]


def test_an_end_that_was_cut_off_shows_to_whom_the_phone_tells_it(phone: Phone, tmp_path: Path) -> None:
    phone.write(8)
    phone.log = phone.log[:-1]
    assert [problem.damage for problem in pull(phone, tmp_path).problems] == ["cut off"]


def test_a_log_that_was_changed_on_the_desk_is_not_added_to(phone: Phone, tmp_path: Path) -> None:
    phone.write(8)
    pull(phone, tmp_path)
    file = device_folder(tmp_path, phone.serial) / "audit.jsonl"
    file.write_bytes(file.read_bytes().replace(b"candidate 2", b"candidate 3"))
    with pytest.raises(FormatError, match="it was changed here"):
        pull(phone, tmp_path)


@pytest.mark.parametrize("size", range(0, len(audit_log(3)), 37))
def test_a_pull_that_died_at_any_byte_is_made_good(phone: Phone, tmp_path: Path, size: int) -> None:
    phone.write(3)
    folder = device_folder(tmp_path, phone.serial)
    folder.mkdir()
    (folder / "audit.jsonl").write_bytes(audit_log(3)[:size])
    pull(phone, tmp_path)
    assert (folder / "audit.jsonl").read_bytes() == audit_log(3)


def test_status_policies_guards_and_rows_are_kept_once(phone: Phone, tmp_path: Path) -> None:
    phone.write(1)
    phone.state |= {"policy_sha256": "a" * 64, "sequence": 1}
    phone.measured = b'{"kind": "opening"}\n{"kind": "blo'
    first = pull(phone, tmp_path)
    assert (first.new_status, first.new_guard, first.rows) == (True, True, 1)
    again = pull(phone, tmp_path)
    assert (again.new_status, again.new_guard, again.rows) == (False, False, 0)
    phone.state["answered"] = 7
    phone.measured = b'{"kind": "opening"}\n{"kind": "block"}\n'
    third = pull(phone, tmp_path)
    assert (third.new_status, third.new_guard, third.rows) == (True, True, 1)
    folder = device_folder(tmp_path, phone.serial)
    assert len((folder / "status.jsonl").read_bytes().splitlines()) == 2
    assert len(list((folder / "guards").iterdir())) == 2
    assert [file.name for file in (folder / "policies").iterdir()] == [f"{'a' * 64}.json"]
    assert (folder / "rows/campaign-1/rows.jsonl").read_bytes() == phone.measured
    phone.measured = b'{"kind": "other"}\n'
    assert pull(phone, tmp_path).rows == 1
    assert (folder / "rows/campaign-1/rows-2.jsonl").read_bytes() == phone.measured


def test_one_device_that_fails_does_not_keep_the_others(phone: Phone, tmp_path: Path) -> None:
    phone.write(2)
    lost = ServiceTwin("B", lost=True)
    done: list[Pulled] = pull_each(["B", phone.serial], {"B": lost, phone.serial: phone}.__getitem__, tmp_path)
    assert [(each.records, each.problem is None) for each in done] == [(0, False), (2, True)]


def test_the_chain_goes_on_over_pulls(phone: Phone, tmp_path: Path) -> None:
    for records in range(1, 30, 4):
        phone.write(records)
        pull(phone, tmp_path)
    content = (device_folder(tmp_path, phone.serial) / "audit.jsonl").read_bytes()
    assert read_chain(content).tail == read_chain(audit_log(29)).tail
