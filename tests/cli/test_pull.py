"""`approxlite pull` fills a folder, and says where a log was tampered with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.releases import phone, signed
from support.service_twin import ServiceTwin, audit_log


def test_all_devices_are_pulled_and_problems_are_exit_codes(
    approxlite: Any, phones: dict[str, ServiceTwin], tmp_path: Path
) -> None:
    made = signed(tmp_path, 1)
    for serial in ("A", "B"):
        phones[serial] = phone(made, serial)
        phones[serial].log = audit_log(6).decode().splitlines()
    out = tmp_path / "fleet"
    ran = approxlite("pull", "--all", "--out", out)
    assert ran.code == 0, ran
    assert ran.stdout.splitlines()[1].split() == ["A", "+6", "6", "new", "as", "before", "+0"]
    assert approxlite("audit", out / "A" / "audit.jsonl").code == 0
    phones["A"].log = phones["A"].log[:3]
    ran = approxlite("pull", "--all", "--out", out)
    assert ran.code == 5
    assert "A: line 3 of its log ends the log with record 2, but record 5 was seen before" in ran.stdout
    phones["A"].lost = True
    ran = approxlite("pull", "--all", "--out", out, "--json")
    assert ran.code == 3
    assert [each["problem"] is None for each in json.loads(ran.stdout)["devices"]] == [False, True]
