"""Which rounds of a campaign each of its devices is given, and when each is done, whoever measures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from approxlite.formats.profile import EnergyGoal
from approxlite.formats.provenance import Device, ModelReference
from approxlite.profiler.blocks import AgentBlock, AgentOperator, LatencyNs, OpeningRow
from approxlite.profiler.campaign.journal import CampaignJournal
from approxlite.profiler.campaign.plan import NUMBERS_PER_ROUND, Design, RoundOfBlocks
from approxlite.profiler.campaign.shared import SharedCampaign

OPENING = OpeningRow(operators=(AgentOperator(id="conv_2d_0", knobs=("exact", "int8"), multiply_accumulates=1),))
GOAL = EnergyGoal(
    half_width=0.03, pairs=12, settle_s=0.5, blocks=3, total_s=1e6, overhead_s=100, sessions=1, rounds=30, sources={},
)  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[CampaignJournal]:
    with CampaignJournal(tmp_path / "profile.jsonl") as journal:
        yield journal


def campaign_of(journal: CampaignJournal, members: tuple[str, ...], **goal: object) -> SharedCampaign:
    campaign = SharedCampaign(
        device=Device(fingerprint="f", cpu="c", features=(), os="o"), model=ModelReference(sha256="0" * 64, name="m"),
        design=Design(block_s=10.5, idle=True, readings_ms=500, rounds=30), seed=0, journal=journal, members=members,
        goal=GOAL.model_copy(update=goal),
    )  # fmt: skip
    campaign.open(OPENING)
    return campaign


def taken(campaign: SharedCampaign, serial: str) -> list[RoundOfBlocks]:
    queue = campaign.queue
    assert queue is not None
    return queue.take(serial, steal=True, most=campaign.rounds_wanted(serial))


def measure(campaign: SharedCampaign, serial: str, rounds: list[RoundOfBlocks]) -> None:
    """All of their blocks, each of ten seconds without readings."""
    blocks = [
        AgentBlock(
            block=slot.block, begin_ns=slot.block * 11 * 10**9, end_ns=slot.block * 11 * 10**9 + 10**10,
            inferences=0 if slot.subject == "idle" else 100, time_s=1.7e9,
            latency_ns=None if slot.subject == "idle" else LatencyNs(total=10**10, median=10**8),
        )
        for each in rounds
        for slot in each.slots
    ]  # fmt: skip
    campaign.record(serial, blocks, ["boot"] * len(blocks))


def test_a_device_whose_energy_nobody_judges_measures_every_round_there_is(journal: CampaignJournal) -> None:
    campaign = campaign_of(journal, ("a",), sessions=2)
    while more := taken(campaign, "a"):
        measure(campaign, "a", more)
        assert campaign.enough("a") is None
    assert campaign.queue is not None
    assert campaign.queue.left == 0


def test_rounds_go_to_devices_that_have_a_source(journal: CampaignJournal) -> None:
    campaign = campaign_of(journal, ("a", "b"), sources={"a": "rail"})
    queue = campaign.queue
    assert queue is not None
    for _ in range(30):
        measure(campaign, "a", (queue.held("a") or taken(campaign, "a"))[:1])
        assert taken(campaign, "b") == []
        assert campaign.enough("b") is None
    assert queue.whole == 30
    assert campaign.enough("a") is not None


def test_without_the_last_device_that_has_a_source_others_measure_what_the_latencies_need(
    journal: CampaignJournal,
) -> None:
    campaign = campaign_of(journal, ("a", "b"), sources={"a": "rail"})
    measure(campaign, "a", taken(campaign, "a")[:3])
    campaign.leave("a")
    queue = campaign.queue
    assert queue is not None
    for _ in range(30):
        assert campaign.enough("b") is None
        if queue.left == 0:
            break
        measure(campaign, "b", queue.held("b") or taken(campaign, "b"))
    assert queue.left == 0
    assert {number // NUMBERS_PER_ROUND for number in journal.done(campaign.name)} == set(range(Design().sweeps))
    assert journal.settled(campaign.name) == {}
