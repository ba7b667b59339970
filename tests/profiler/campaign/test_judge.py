"""When a device has measured enough follows from the journal alone: its sessions, its time, its intervals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from approxlite.formats.profile import BlockRow, EnergyGoal, IdleRow, ProfiledOperator
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.campaign.journal import row_of
from approxlite.profiler.campaign.judge import EnergyJudge, measuring_s, round_blocks, wanted_settings
from approxlite.profiler.campaign.plan import Design, RoundOfBlocks, Slot, rounds_of
from approxlite.profiler.energy.measured import RoundBlock
from farm.replay.cases import SETTING

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOAL = EnergyGoal(
    half_width=0.03, pairs=12, settle_s=0.5, blocks=3, total_s=1000, overhead_s=100, sessions=1, rounds=20,
    sources={"a": "rail"},
)  # fmt: skip
SLOTS = ("idle", "exact", SETTING)
ROUNDS = [
    RoundOfBlocks(number, tuple(Slot(64 * number + i, "idle" if i == 0 else "approxlite", SLOTS[i]) for i in range(3)))
    for number in range(40)
]
DESIGN = Design(block_s=10.5, idle=True, readings_ms=500)


def judge(**changed: object) -> EnergyJudge:
    return EnergyJudge(GOAL.model_copy(update=changed), DESIGN, ROUNDS, (SETTING,), seed=0, least_rounds=6)


def measured(number: int, place: int, at_s: float, *, session: int = 0) -> BlockRow | IdleRow:
    """A block of ten seconds without readings."""
    slot = ROUNDS[number].slots[place]
    inferences = 0 if place == 0 else 100
    latency = None if place == 0 else {"total": 10**10, "median": 10**8}
    block = AgentBlock.model_validate(
        {
            "block": slot.block, "begin_ns": round(at_s * 1e9), "end_ns": round((at_s + 10) * 1e9),
            "inferences": inferences, "latency_ns": latency, "time_s": NOON.timestamp() + at_s,
        }
    )  # fmt: skip
    row = row_of("c", "a", slot, block)
    assert row is not None
    return row.model_copy(update={"session": session, "boot_id": f"boot {session}"})


def rounds(first: int, last: int, *, session: int = 0, begin_s: float = 0.0) -> list[BlockRow | IdleRow]:
    return [
        measured(number, place, begin_s + 11.0 * (3 * (number - first) + place), session=session)
        for number in range(first, last)
        for place in range(3)
    ]


def test_a_boot_is_a_session_and_so_is_a_rest() -> None:
    judged = judge()
    times = [("x", 0), ("x", 5), ("y", 6), ("x", 7), ("y", 11), ("y", 20), ("y", 25)]
    assert [judged.session_of("a", boot, NOON + timedelta(hours=h)) for boot, h in times] == [0, 0, 1, 0, 1, 2, 2]


def test_a_session_begins_once_however_far_the_clocks_of_desk_and_device_differ() -> None:
    for apart_h in (-7, 0, 7):
        judged = judge()
        judged.begin_session("a", "x", NOON)
        first = NOON + timedelta(hours=apart_h)
        assert [judged.session_of("a", "x", first + timedelta(minutes=minute)) for minute in range(3)] == [0, 0, 0]
        judged.begin_session("a", "y", NOON + timedelta(hours=1))
        assert judged.session_of("a", "y", first + timedelta(hours=1)) == 1


def test_time_counts_from_the_first_block_to_the_last_but_for_pauses() -> None:
    paused = [*rounds(0, 2), *rounds(2, 4, begin_s=5000.0)]
    waited = rounds(0, 1)
    blocks: list[RoundBlock] = round_blocks(paused)
    assert measuring_s(blocks) == pytest.approx(2 * (6 * 10 + 5 * 1))
    assert measuring_s(round_blocks([*waited, *rounds(1, 2, begin_s=633.0)])) == pytest.approx(2 * 32 + 601)
    assert measuring_s([]) == 0


def test_time_is_up_before_a_round_that_would_not_fit() -> None:
    judged = judge()
    for row in rounds(0, 35):
        judged.add(row)
        if judged.verdict("a") is not None:
            break
    # 100 s were spent before; a round takes 33 s and may take a tenth more than its three blocks of 10.5 s.
    assert judged.verdict("a") == "time"
    assert 1000 - 1.1 * 31.5 < judged.spent_s("a") <= 1000
    assert judge(total_s=10_000.0).verdict("a") is None


def test_a_session_ends_after_its_share_of_whole_rounds_and_the_next_one_takes_the_rest() -> None:
    judged = judge(sessions=2)
    for row in rounds(0, 6)[:-1]:
        judged.add(row)
    assert (judged.verdict("a"), judged.rounds_wanted("a")) == (None, 1)
    judged.add(rounds(0, 6)[-1])
    assert (judged.verdict("a"), judged.rounds_wanted("a")) == ("session", 0)
    assert judged.session_of("a", "boot 1", NOON + timedelta(minutes=9)) == 1
    assert (judged.verdict("a"), judged.rounds_wanted("a")) == (None, None)


def test_settings_that_stand_in_every_round_are_wanted() -> None:
    operators = [
        ProfiledOperator(id=f"conv_2d_{i}", knobs=("exact", "int8", "rows:1/2"), multiply_accumulates=1)
        for i in range(2)
    ]
    every = rounds_of(operators, Design(sweeps=40, idle=True), seed=0)
    assert wanted_settings(every) == ("conv_2d_0=int8,conv_2d_1=int8", "stock")
    assert wanted_settings([]) == ()
