"""A campaign finds what each knob costs, writes as it goes, and resumes where it stopped."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.profile import BlockRow, CampaignRow, DeviceState, ProfileJournal, load_profile
from approxlite.profiler.campaign.on_host import MIN_SWEEPS, Campaign
from approxlite.profiler.summary import recorded

if TYPE_CHECKING:
    from conftest import Clock, PretendedModel, PretendedStock


class PulledPlugError(Exception):
    pass


def run(
    path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock, *, blocks: int | None = None
) -> tuple[BlockRow, ...]:
    """One campaign to its least number of sweeps; with `blocks`, somebody pulls the plug after that many."""
    with ProfileJournal(path) as journal:
        earlier = load_profile(path)
        if not earlier.campaigns:
            journal.append(opening)
        left = iter(range(blocks)) if blocks is not None else None

        def state() -> DeviceState:
            if left is not None and next(left, None) is None:
                raise PulledPlugError
            return DeviceState(load_average=0.5)

        Campaign(opening, model, stock, journal, seed=1, done=earlier.blocks, state=state).run(budget_s=1e-9)
    return load_profile(path).blocks


def test_every_knob_is_found_at_its_cost(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock
) -> None:
    run(tmp_path / "p.jsonl", opening, model, stock)
    profile = recorded(load_profile(tmp_path / "p.jsonl"))
    assert profile.stock_ns.value == 60_000
    assert profile.overhead_ns.value == pytest.approx(700)
    assert profile.exact_cost.value == pytest.approx((40_000 + 3_000 + 500 + 700) / 60_000)
    assert profile.operators["conv_2d_0"]["int8"].nanoseconds.value == pytest.approx(15_000)
    assert profile.operators["fully_connected_1"]["int8"].nanoseconds.value == pytest.approx(2_000)
    assert all(t.nanoseconds.samples >= MIN_SWEEPS for knobs in profile.operators.values() for t in knobs.values())


def test_every_round_has_stock_and_exact_once(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock
) -> None:
    blocks = run(tmp_path / "p.jsonl", opening, model, stock)
    rounds = {row.round for row in blocks}
    assert Counter(row.round for row in blocks if row.subject == "stock") == dict.fromkeys(rounds, 1)
    assert rounds <= {row.round for row in blocks if row.subject == "approxlite" and row.configuration == "exact"}
    assert len({row.block for row in blocks}) == len(blocks)


@pytest.mark.parametrize("after", [0, 1, 9, 20])
def test_a_campaign_resumes_where_the_plug_was_pulled(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock, after: int
) -> None:
    whole = run(tmp_path / "whole.jsonl", opening, model, stock)
    with pytest.raises(PulledPlugError):
        run(tmp_path / "p.jsonl", opening, model, stock, blocks=after)
    with (tmp_path / "p.jsonl").open("ab") as file:
        file.write(b'{"kind":"block","campaign":"c1","blo')
    kept = load_profile(tmp_path / "p.jsonl").blocks
    assert len(kept) == after
    resumed = run(tmp_path / "p.jsonl", opening, model, stock)
    assert resumed[:after] == kept
    assert {(row.block, row.configuration) for row in resumed} == {(row.block, row.configuration) for row in whole}
    assert len(resumed) == len(whole)


def test_a_finished_campaign_measures_nothing_again(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock
) -> None:
    before = run(tmp_path / "p.jsonl", opening, model, stock)
    assert run(tmp_path / "p.jsonl", opening, model, stock) == before


def test_the_budget_buys_more_rounds(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock
) -> None:
    with ProfileJournal(tmp_path / "p.jsonl") as journal:
        journal.append(opening)
        Campaign(opening, model, stock, journal, seed=1).run(budget_s=0.6)
    rounds = {row.round for row in load_profile(tmp_path / "p.jsonl").blocks}
    assert len(rounds) > MIN_SWEEPS


def test_progress_rises_from_nothing_to_all(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock
) -> None:
    said: list[tuple[str, float]] = []
    with ProfileJournal(tmp_path / "p.jsonl") as journal:
        Campaign(opening, model, stock, journal, seed=1).run(0.1, lambda what, share: said.append((what, share)))
    shares = [share for _, share in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_timers_are_off_while_latencies_are_taken(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock
) -> None:
    blocks = run(tmp_path / "p.jsonl", opening, model, stock)
    exact = next(
        row for row in blocks if row.subject == "approxlite" and Configuration.parse(row.configuration).is_exact
    )
    assert exact.latency_ns.median == sum(exact.operator_ns.values()) + 700
    assert not model.time_operators


def test_a_slower_machine_is_not_a_slower_knob(
    tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock, clock: Clock
) -> None:
    slowed = DeviceState()

    def state() -> DeviceState:
        clock.speed *= 1.001
        return slowed

    with ProfileJournal(tmp_path / "p.jsonl") as journal:
        journal.append(opening)
        Campaign(opening, model, stock, journal, seed=1, state=state).run(budget_s=1e-9)
    profile = recorded(load_profile(tmp_path / "p.jsonl"))
    exact, int8 = (profile.operators["conv_2d_0"][knob].nanoseconds.value for knob in ("exact", "int8"))
    assert int8 / exact == pytest.approx(15 / 40, rel=0.005)
    assert profile.exact_cost.value == pytest.approx(44.2 / 60, rel=0.02)
