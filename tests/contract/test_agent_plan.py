"""What the desk may plan is what agents take: native/agent and PlannedBlockTest.java read the same cases."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from approxlite.profiler.blocks import PlannedBlock

CASES = [
    line.split(" ", 1)
    for line in (Path(__file__).parent / "agent_plan.cases").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("verdict", "line"), CASES)
def test_a_line_is_taken_or_refused_alike_by_desk_and_agents(verdict: str, line: str) -> None:
    try:
        PlannedBlock.model_validate_json(line)
        found = "taken"
    except ValidationError:
        found = "refused"
    assert found == verdict
