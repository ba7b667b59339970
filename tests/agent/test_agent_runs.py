"""Runs of the native agent end as those of the service's: AgentTest.java reads the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.conftest import AgentFolder
from farm.agent import blocks_in, rows_in

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "contract/agent_runs.cases").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['why'].strip()}-{place}" for place, case in enumerate(CASES)])
def test_a_run_ends_as_every_agents_does(folder: AgentFolder, case: dict[str, Any]) -> None:
    (folder.path / "plan.jsonl").write_text(case["plan"], encoding="utf-8")
    status, said = folder.run()
    assert status == case["status"], said
    rows = folder.rows if (folder.path / "rows.jsonl").exists() else ""
    found = rows_in(rows)
    why = found[-1]["why"] if found else said.removeprefix("approx-agent: ")
    assert why.startswith(case["why"])
    assert {str(row["block"]): row["ended"] for row in blocks_in(rows)} == case["blocks"]
    if found:
        assert found[-1]["time_s"] - found[0]["time_s"] >= case["least_s"]
