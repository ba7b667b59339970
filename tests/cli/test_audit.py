"""`approxlite audit` tells a phone's day in words, and names the line of whatever was done to the log of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from approxlite.formats.audit import AuditRecord, read_chain
from approxlite.formats.trace import Reason
from approxlite.report.audit import _REASONS, UNTOLD, explained, summarised
from approxlite.runtime.guard import Alarm
from support.releases import phone, signed
from support.service_twin import ServiceTwin, audit_log

LINES = audit_log(8).splitlines(keepends=True)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b"".join(LINES))
    return file


def test_a_whole_log_is_told_in_words(approxlite: Any, log: Path) -> None:
    ran = approxlite("audit", log)
    assert ran.code == 0, ran
    assert "from candidate 0 to candidate 1: answers stayed the same" in ran.stdout
    assert "alarm, exact runs: the output stayed the same, bit for bit, while the input changed" in ran.stdout
    assert "records 0 to 7 are one whole chain" in ran.stdout


def test_the_tail_that_it_ends_with_vouches_for_the_end_next_time(approxlite: Any, log: Path) -> None:
    tail = approxlite("audit", log).stdout.split("--tail ")[-1].strip()
    assert approxlite("audit", log, "--tail", tail).code == 0
    log.write_bytes(b"".join(LINES[:-1]))
    assert approxlite("audit", log).code == 0
    ran = approxlite("audit", log, "--tail", tail)
    assert ran.code == 5
    assert "line 7 ends the log with record 6, but record 7 was seen before: its end was cut off" in ran.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([*LINES[:3], LINES[3].replace(b"stable", b"budget"), *LINES[4:]], "line 4 is not what line 5 says it was"),
        ([*LINES[:3], *LINES[4:]], "line 4 is record 4, but before it there is no record 3"),
        ([*LINES[:3], b"{}\n", *LINES[4:]], "line 4 is no audit record"),
    ],
)
def test_what_was_done_to_it_is_named_by_its_line(approxlite: Any, log: Path, content: list[bytes], said: str) -> None:
    log.write_bytes(b"".join(content))
    ran = approxlite("audit", log)
    assert ran.code == 5
    assert said in ran.stderr and said in ran.stdout
    answer = json.loads(approxlite("audit", log, "--json").stdout)
    assert (answer["whole"], answer["problems"][0]["line"]) == (False, 4)


def test_a_device_vouches_for_its_own_log(approxlite: Any, phones: dict[str, ServiceTwin], tmp_path: Path) -> None:
    phones["A"] = phone(signed(tmp_path, 1), "A")
    phones["A"].log = [line.decode().rstrip("\n") for line in LINES]
    tail = read_chain(b"".join(LINES)).tail
    assert tail is not None
    phones["A"].state["audit"] = tail.model_dump()
    answer = json.loads(approxlite("audit", "--device", "A", "--json").stdout)
    assert (answer["source"], answer["whole"], answer["vouched"]) == ("A", True, True)
    phones["A"].log = phones["A"].log[:-2]
    assert "its end was cut off" in approxlite("audit", "--device", "A").stderr


def test_usage_is_one_line(approxlite: Any, log: Path) -> None:
    for arguments in ((), (log, "--device", "A"), (log, "--tail", "x"), ("nowhere.jsonl",)):
        ran = approxlite("audit", *arguments)
        assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)


def record(
    event: str, before: str, to: str, reason: str, second: int = 0, evidence: float | None = None
) -> AuditRecord:
    return AuditRecord.model_validate(
        {
            "sequence": second, "time": f"2026-01-02T03:00:{second:02}Z", "event": event, "from": before, "to": to,
            "reason": reason, "evidence": evidence, "previous_sha256": "0" * 64,
        }
    )  # fmt: skip


def test_every_reason_and_alarm_has_words_by_name_and_by_number() -> None:
    assert list(_REASONS) == list(get_args(Reason))
    for number, name in enumerate(get_args(Reason)):
        words = explained(record("switch", "candidate 1", "candidate 2", name, evidence=0.5))
        assert words == explained(record("switch", "candidate 1", "candidate 2", f"reason {number}", evidence=0.5))
        assert words != f"from candidate 1 to candidate 2: {name} (0.5)"
    for number, name in enumerate(get_args(Alarm)):
        assert explained(record("alarm", "policy 1 a", "exact", f"alarm {name}")) == explained(
            record("alarm", "policy 1 a", "exact", f"alarm {number}")
        )


def test_records_of_a_newer_version_are_told_as_they_stand() -> None:
    assert explained(record("moon", "a", "b", "c")) == "moon: from a to b, c"
    assert explained(record("switch", "a", "b", "reason 77")) == "from a to b: reason 77"


def test_the_summary_adds_up_the_time_of_each_candidate() -> None:
    found = summarised(
        [
            record("policy", "exact", "policy 1 a", "on trial, from uid 2000", 0),
            record("switch", "candidate 1", "candidate 2", "stable", 10),
            record("refused", "uid 9", "read", "needs permission", 15),
            record("override", "", "key 6d5ce95d", "trusted, asked by uid 2000", 16),
            record("switch", "candidate 2", "candidate 1", "unstable", 40),
            record("switch", "candidate 1", "candidate 2", "stable", 50),
            record("alarm", "policy 1 a", "exact", "alarm constant", 55),
        ]
    )
    told = [(each.name, each.times, each.seconds) for each in found]
    assert told == [("candidate 2", 2, 35), ("candidate 1", 1, 10), (UNTOLD, 1, 10), ("exact", 1, 0)]
    assert found[0].reasons == {"stable": 2}
    assert sum(each.share for each in found) == pytest.approx(1)
