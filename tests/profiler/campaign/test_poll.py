"""What the desk asks of a campaign's folder, by a shell of this computer: bounded, in pieces, each row once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from approxlite.profiler.campaign import agent as agents
from approxlite.profiler.campaign.agent import Agent
from approxlite.profiler.devices.faults import UnreadableRowsError
from support.here_link import HereLink


def block(number: int) -> str:
    return json.dumps({"kind": "block", "block": number}) + "\n"


def pieces(agent: Agent, limit: int = 1000) -> list[list[int]]:
    """Of block numbers, as polls bring them."""
    found, lines = [], 0
    for _ in range(limit):
        poll = agent.poll(HereLink(), lines)
        found.append([each.block for each in poll.blocks])
        lines = poll.lines
        if not poll.more:
            return found
    raise AssertionError("polls never end")


def test_rows_come_in_pieces_and_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "POLL_BYTES", 200)
    (tmp_path / "rows.jsonl").write_text("".join(map(block, range(100))) + '{"kind": "blo')
    found = pieces(Agent(str(tmp_path)))
    assert [number for piece in found for number in piece] == list(range(100))
    assert len(found) > 10
    assert max(map(len, found)) * len(block(1)) <= 200


def test_a_row_that_is_longer_than_a_piece_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "POLL_BYTES", 200)
    (tmp_path / "rows.jsonl").write_text(block(1) + '{"kind": "block", "block": 2, "x": "' + "x" * 1000)
    agent = Agent(str(tmp_path))
    first = agent.poll(HereLink(), 0)
    assert ([each.block for each in first.blocks], first.more) == ([1], True)
    with pytest.raises(UnreadableRowsError, match="HERE: a row that it measured is longer than 200 characters"):
        agent.poll(HereLink(), first.lines)


def test_an_agent_that_prints_nonsense_for_a_status_has_none(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("9" * 5000)
    (tmp_path / "rows.jsonl").write_text(block(1))
    poll = Agent(str(tmp_path)).poll(HereLink(), 0)
    assert (poll.status, poll.running, len(poll.blocks)) == (None, False, 1)


def test_rows_set_aside_are_kept_and_no_longer_read(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"kind": "block", "block": -1}\n')
    agent = Agent(str(tmp_path))
    with pytest.raises(UnreadableRowsError, match=r"HERE: what it measured cannot be read \(row 1: "):
        agent.poll(HereLink(), 0)
    agent.set_aside(HereLink())
    assert agent.poll(HereLink(), 0).lines == 0
    assert (tmp_path / "rows.unreadable").is_file()
