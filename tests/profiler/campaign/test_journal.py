"""The journal of a campaign: nothing lost, nothing twice, one writer."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.document import now
from approxlite.formats.errors import FormatError
from approxlite.formats.profile import BlockRow, CampaignRow, IdleRow, load_profile
from approxlite.formats.provenance import Device, ModelReference
from approxlite.profiler.blocks import AgentBlock, LatencyNs, parse_agent_row
from approxlite.profiler.campaign.journal import CampaignJournal, row_of
from approxlite.profiler.campaign.plan import Slot
from approxlite.profiler.frame import read_frame

CAMPAIGN = CampaignRow(
    campaign="c", time=now(), tool_version="0", device=Device(fingerprint="f", cpu="c", features=(), os="o"),
    model=ModelReference(sha256="0" * 64, name="m"), numerics_version=2, kernel_variant="scalar", threads=1,
    energy_refused="not measured", operators=(),
)  # fmt: skip


def measured(block: int, subject: str = "approxlite") -> BlockRow | IdleRow:
    latency = None if subject == "idle" else LatencyNs(total=3000, median=900)
    agent_block = AgentBlock(block=block, inferences=0 if subject == "idle" else 3, latency_ns=latency, time_s=1.5e9)
    slot = Slot(block, "idle" if subject == "idle" else "approxlite", "exact")
    row = row_of("c", "serial", slot, agent_block)
    assert row is not None
    return row


@given(st.lists(st.lists(st.integers(0, 30), max_size=8), max_size=8))
@settings(max_examples=25, deadline=None)
def test_a_block_is_there_once_however_often_it_is_pulled(
    tmp_path_factory: pytest.TempPathFactory, pulls: list[list[int]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "profile.jsonl"
    for pull in pulls:
        with CampaignJournal(path) as journal:
            journal.open(CAMPAIGN)
            journal.add([measured(block) for block in pull])
    with CampaignJournal(path) as journal:
        wanted = {block for pull in pulls for block in pull}
        assert journal.done("c") == wanted
    assert sorted(row.block for row in load_profile(path).blocks) == sorted(wanted)


@given(st.one_of(st.floats(), st.integers(), st.sampled_from([1e300, -1e12, 253_402_300_799.9, 253_402_300_800.0])))
def test_a_row_is_refused_or_has_a_time(time_s: float) -> None:
    line = json.dumps({"kind": "block", "block": 1, "time_s": time_s, "inferences": 1, "latency_ns": {"total": 1}})
    try:
        block = parse_agent_row(line, "row")
    except FormatError as refusal:
        assert str(refusal).startswith("row: ")
        return
    assert isinstance(block, AgentBlock)
    row = row_of("c", "serial", Slot(1, "approxlite", "exact"), block)
    assert row is not None
    assert abs(row.time.timestamp() - time_s) <= 0.001


def test_a_second_writer_is_told_to_wait_and_a_dead_one_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    with CampaignJournal(path), pytest.raises(FormatError, match="another campaign is writing it"):
        CampaignJournal(path)
    script = (
        "import sys,os\nfrom approxlite.formats.profile import ProfileJournal\nProfileJournal(sys.argv[1]); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=60).returncode == 9
    CampaignJournal(path).close()


def test_a_torn_last_line_is_cut_off_and_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    with CampaignJournal(path) as journal:
        journal.open(CAMPAIGN)
        journal.add([measured(0), measured(1)])
    os.truncate(path, path.stat().st_size - 5)
    with CampaignJournal(path) as journal:
        assert journal.done("c") == {0}
        assert [row.block for row in journal.add([measured(1)])] == [1]
    assert [row.block for row in load_profile(path).blocks] == [0, 1]


def test_a_row_that_does_not_fit_on_the_disk_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    with CampaignJournal(path) as journal:
        journal.open(CAMPAIGN)
        journal.add([measured(0)])
        with _files_up_to(path.stat().st_size + 10), pytest.raises(FormatError, match="cannot be written"):
            journal.add([measured(1)])
        assert path.read_bytes().endswith(b"\n")
        assert [row.block for row in journal.add([measured(1)])] == [1]
    assert [row.block for row in load_profile(path).blocks] == [0, 1]


def test_a_journal_is_read_into_a_table_by_one_call(tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    with CampaignJournal(path) as journal:
        journal.open(CAMPAIGN)
        journal.add([measured(0, "idle"), measured(1)])
    frame = read_frame(path).set_index("block")
    assert frame.loc[1, "latency_ms"] == 900e-6
    assert frame.loc[0, "subject"] == "idle"
    assert frame.loc[0, "agent_row"] == {"block": 0, "time_s": 1.5e9}


def test_rows_without_latencies_are_no_measurements() -> None:
    assert row_of("c", "s", Slot(0, "stock", "exact"), AgentBlock(block=0, inferences=3)) is None


@contextmanager
def _files_up_to(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
