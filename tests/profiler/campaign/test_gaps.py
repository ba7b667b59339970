"""The desk talks to a device between two blocks, and blocks in which it did all the same are marked and left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.profiler.blocks import AgentBlock, AgentOperator, LatencyNs, PlannedBlock
from approxlite.profiler.campaign.agent import Agent
from approxlite.profiler.campaign.gaps import Gaps
from approxlite.profiler.campaign.plan import Calls, Design, planned, preparation, rounds_of
from approxlite.profiler.campaign.visits import Visits
from approxlite.profiler.energy.contamination import disturbed_state
from support.here_link import HereLink

OPERATORS = (
    AgentOperator(id="conv_2d_0", knobs=("exact", "int8", "rows:1/2")),
    AgentOperator(id="conv_2d_1", knobs=("exact", "int8")),
)
POLL_S = 0.3


class Device:
    """Measures a plan on a clock of its own. exact_s: an inference of exact; shares: of it, by configuration; runs:
    inferences that timing operators once takes; else_s: what lies between two blocks otherwise."""

    def __init__(
        self, plan: list[PlannedBlock], exact_s: float, shares: dict[str, float], runs: float, else_s: float
    ) -> None:
        self.rows: list[AgentBlock] = []
        now_s = 100.0
        for block in plan:
            share = shares.get(block.configuration, 1.0) if block.subject == "approxlite" else 1.1
            each_s = share * exact_s
            begin_s = now_s + block.uncounted * each_s
            end_s = begin_s + max(block.inferences * each_s, block.seconds)
            now_s = end_s + (runs * min(block.inferences, 1000) * each_s if block.operators else else_s)
            latency = None if block.subject == "idle" else LatencyNs(total=round(block.inferences * each_s * 1e9))
            self.rows.append(
                AgentBlock(
                    block=block.block,
                    begin_ns=round(begin_s * 1e9),
                    end_ns=round(end_s * 1e9),
                    inferences=block.inferences,
                    latency_ns=latency,
                )
            )

    def ended(self, now_s: float) -> list[AgentBlock]:
        return [row for row in self.rows if (row.end_ns or 0) * 1e-9 <= now_s]


def plan_of(block_s: float, sweeps: int, inferences: int | None = None, exact_s: float = 0.0) -> list[PlannedBlock]:
    """inferences: None for as many of `exact_s` as campaigns plan."""
    design = Design(sweeps=sweeps, block_s=block_s, idle=True, readings_ms=500.0)
    lasting = Calls.lasting(design.work_s, exact_s * 1e9, exact_s * 1.1e9)
    calls = lasting if inferences is None else Calls(inferences, inferences)
    slots = [slot for each in rounds_of(OPERATORS, design, seed=1) for slot in each.slots]
    return [preparation(0, "approxlite", 0.5), *(planned(slot, calls, design, {}) for slot in slots)]


@given(
    st.floats(2.0, 900.0),
    st.integers(2, 2000),
    st.dictionaries(
        st.sampled_from(["conv_2d_0=int8,conv_2d_1=int8", "conv_2d_0=rows:1/2", "conv_2d_1=int8"]), st.floats(0.4, 1.0)
    ),
    st.floats(0.5, 60.0),
    st.floats(0.0, 1.5),
    st.floats(0.0, 0.4),
)
@settings(deadline=None)
def test_polls_fall_between_blocks_once_configurations_are_known(
    block_s: float, inferences: int, shares: dict[str, float], at_least_s: float, runs: float, else_s: float
) -> None:
    plan = plan_of(block_s, 6, inferences)
    device, gaps = Device(plan, block_s / inferences, shares, runs, else_s), Gaps(block_s)
    now_s, disturbed = 100.5, 0
    while len(device.ended(now_s)) < len(plan):
        gaps.saw(device.ended(now_s))
        ended = {row.block for row in device.ended(now_s)}
        known = {(block.subject, block.configuration) for block in plan if block.block in ended}
        wait_s = gaps.wait_s(now_s + POLL_S, plan, at_least_s)
        assert wait_s is not None and wait_s >= at_least_s
        now_s += POLL_S + wait_s
        hit = [row for row in device.rows if (row.begin_ns or 0) * 1e-9 <= now_s <= (row.end_ns or 0) * 1e-9]
        disturbed += bool(hit) and known == {(block.subject, block.configuration) for block in plan}
    assert disturbed == 0


@pytest.mark.parametrize("exact_s", [5e-6, 50e-6, 100e-6, 400e-6, 1e-3, 5e-3])
@pytest.mark.parametrize("block_s", [5.0, 30.0])
def test_the_fastest_models_have_a_gap_with_room_in_each_round_too(exact_s: float, block_s: float) -> None:
    plan = plan_of(block_s, 6, exact_s=exact_s)
    shares = {"conv_2d_0=int8,conv_2d_1=int8": 0.4, "conv_2d_0=rows:1/2": 0.6, "conv_2d_1=int8": 0.7}
    device, gaps = Device(plan, exact_s, shares, 1.0, 0.1), Gaps(0.5)
    longest_round_s = 7 * (1.1 * block_s + 1.3)
    now_s = (device.rows[0].end_ns or 0) * 1e-9
    while len(device.ended(now_s)) < len(plan):
        gaps.saw(device.ended(now_s))
        wait_s = gaps.wait_s(now_s, plan, 1.0)
        assert wait_s is not None and wait_s < longest_round_s
        now_s += wait_s


def test_where_no_gap_has_room_the_desk_looks_seldom_and_in_the_widest() -> None:
    plan = plan_of(10.0, 30, exact_s=1e-3)
    device, gaps = Device(plan, 1e-3, {}, 0.0, 0.0), Gaps(0.5)
    gaps.saw(device.rows[:30])
    now_s = (device.rows[29].end_ns or 0) * 1e-9
    wait_s = gaps.wait_s(now_s, plan, 30.0)
    assert wait_s is not None and 300.0 <= wait_s < 330.0 < (device.rows[-1].end_ns or 0) * 1e-9 - now_s
    at_s = now_s + wait_s
    assert not any((row.begin_ns or 0) * 1e-9 <= at_s <= (row.end_ns or 0) * 1e-9 for row in device.rows)


def test_rows_of_another_clock_foretell_nothing() -> None:
    gaps = Gaps(5.0)
    gaps.saw([AgentBlock(block=1, begin_ns=595 * 10**9, end_ns=600 * 10**9)])
    assert gaps.wait_s(10.0, [PlannedBlock(block=1, subject="idle", seconds=5.0)], 1.0) is None


@given(st.floats(0.0, 1e6), st.floats(0.0, 100.0), st.floats(0.0, 1e6), st.floats(0.0, 100.0))
def test_a_block_is_marked_where_a_visit_lies_within_it(begin: float, lasts: float, visit: float, took: float) -> None:
    visits = Visits()
    visits.told(["held", f"{visit:.2f}", f"now={visit + took:.2f}"])
    marked = visits.marked(AgentBlock(block=1, begin_ns=round(begin * 1e9), end_ns=round((begin + lasts) * 1e9)))
    apart = max(visit - (begin + lasts), begin - (visit + took))
    if abs(apart - 0.2) > 0.02:
        assert bool(marked.visits_ns) == (apart < 0.2)


def test_what_the_desk_still_does_after_a_poll_belongs_to_the_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    monkeypatch.setattr("approxlite.profiler.campaign.visits.time.monotonic", lambda: now[0])
    visits = Visits()
    visits.told(["10.00", "now=10.10"])
    block = AgentBlock(block=1, begin_ns=12 * 10**9, end_ns=20 * 10**9)
    assert visits.marked(block) == block
    now[0] += 3.0
    visits.went_on()
    assert visits.marked(block).visits_ns == (10 * 10**9,)


def test_a_device_that_started_anew_has_no_visits_from_before() -> None:
    visits = Visits()
    visits.told(["500.00", "now=500.10"])
    visits.told(["30.00", "now=30.10"])
    block = AgentBlock(block=1, begin_ns=499 * 10**9, end_ns=501 * 10**9)
    assert visits.marked(block) == block


@given(st.lists(st.text(max_size=20)))
def test_no_words_of_a_device_are_too_strange(words: list[str]) -> None:
    Visits().told(words)


def uptime_ns() -> int:
    return round(float(Path("/proc/uptime").read_text().split()[0]) * 1e9)


def test_a_poll_leaves_its_time_there_for_the_desk_that_comes_after(tmp_path: Path) -> None:
    begin = uptime_ns()
    Agent(str(tmp_path)).poll(HereLink(), 0)
    row = {"kind": "block", "block": 1, "begin_ns": begin - 10**9, "end_ns": uptime_ns() + 10**8}
    early = {"kind": "block", "block": 2, "begin_ns": begin - 9 * 10**9, "end_ns": begin - 5 * 10**9}
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in (row, early)))
    disturbed, quiet = Agent(str(tmp_path)).poll(HereLink(), 0).blocks
    assert disturbed.visits_ns and begin - 10**8 <= disturbed.visits_ns[0] <= uptime_ns()
    assert quiet.visits_ns == ()


def test_a_block_with_adb_traffic_is_contaminated() -> None:
    block = AgentBlock(block=7, visits_ns=(1,))
    assert disturbed_state(block) == "adb traffic"
    journaled = block.model_dump(mode="json", exclude_defaults=True)
    assert disturbed_state(AgentBlock.model_validate(journaled)) == "adb traffic"
    assert disturbed_state(AgentBlock(block=7)) == ""
