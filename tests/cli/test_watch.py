"""`approxlite watch --once`: a row a device, and an exit code that scripts can act on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from approxlite.cli.watch import HEAD, row_of
from approxlite.fleet.watching import watched
from approxlite.formats.policy import Policy
from approxlite.formats.service_status import ServiceStatus
from support.releases import phone, signed
from support.service_twin import ServiceTwin

CONTRACT = Path(__file__).parents[1] / "contract"
STATUS = ServiceStatus.model_validate_json((CONTRACT / "service_status.json").read_text())
POLICY = Policy.model_validate_json((CONTRACT / "policy.json").read_text())


def test_a_row_says_what_runs_and_why() -> None:
    row = dict(zip(HEAD, row_of(watched("A", STATUS, POLICY)), strict=True))
    assert row == {
        "device": "A", "policy": "7 8460a2c7, trial 123/200", "rung": "1", "why": "first stage, confident 3.25",
        "answers": "123", "runs by rung": "0: 5, 1: 122", "canaries": "4", "differs from exact": "0.0 % [0.0, 60.2]",
        "guard": "quiet, e 0.96", "time saved": "10 % [6, 14]", "energy saved": "19 % [14, 23]",
        "kernels": "neon_dotprod", "battery": "64 %", "heat": "none", "": "",
    }  # fmt: skip


def test_a_service_that_does_not_count_runs_says_at_most() -> None:
    older = STATUS.model_copy(update={"rungs": tuple(r.model_copy(update={"runs": None}) for r in STATUS.rungs)})
    row = dict(zip(HEAD, row_of(watched("A", older, POLICY)), strict=True))
    assert (row["runs by rung"], row["time saved"]) == ("", "at most 13 % [9, 16]")


def test_a_phone_without_a_policy_runs_exact() -> None:
    row = dict(zip(HEAD, row_of(watched("A", ServiceStatus(), None)), strict=True))
    assert (row["policy"], row["guard"], row["time saved"], row["battery"]) == ("exact", "", "", "")


def test_all_devices_are_shown_and_the_exit_code_tells(
    approxlite: Any, phones: dict[str, ServiceTwin], tmp_path: Path
) -> None:
    made = signed(tmp_path, 1)
    for serial in ("A", "B"):
        phones[serial] = phone(made, serial)
    ran = approxlite("watch", "--once")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.stdout.splitlines()] == ["device", "A", "B"]
    phones["B"].lost = True
    ran = approxlite("watch", "--once")
    assert ran.code == 3 and "lost while it ran" in ran.stdout
    phones["A"].state |= {"policy_sha256": "a" * 64, "sequence": 3, "alarm": 3, "guard": {"alarm": "constant"}}
    ran = approxlite("watch", "--once", "--json")
    answer = json.loads(ran.stdout)
    assert ran.code == 5
    assert [(each["serial"], each["alarmed"], each["problem"] is None) for each in answer["devices"]] == [
        ("A", True, True), ("B", False, False),
    ]  # fmt: skip
    assert "ALARM constant" in approxlite("watch", "--once", "--device", "A").stdout


def test_no_device_is_one_line(approxlite: Any, phones: dict[str, ServiceTwin]) -> None:
    assert not phones
    ran = approxlite("watch", "--once")
    assert (ran.code, len(ran.stderr.splitlines())) == (3, 1)
