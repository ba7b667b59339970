"""What a campaign on devices measures follows from its seed, and pairs what is compared."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.scale import Scale
from approxlite.profiler.campaign.agent import _line
from approxlite.profiler.campaign.plan import (
    NUMBERS_PER_ROUND,
    PREPARATION,
    Calls,
    Design,
    Slot,
    planned,
    preparation,
    rounds_of,
)


@dataclass(frozen=True)
class Operator:
    id: str
    knobs: tuple[str, ...]


OPERATORS = [Operator("conv_2d_0", ("exact", "int8", "rows:1/2")), Operator("conv_2d_1", ("exact", "int8"))]
designs = st.builds(Design, sweeps=st.integers(1, 8), mirrored=st.booleans(), idle=st.booleans())


@given(designs, st.integers(0, 5))
def test_blocks_have_numbers_of_their_own_and_follow_from_the_seed(design: Design, seed: int) -> None:
    rounds = rounds_of(OPERATORS, design, seed=seed)
    numbers = [slot.block for each in rounds for slot in each.slots]
    assert len(set(numbers)) == len(numbers)
    assert all(n // NUMBERS_PER_ROUND == each.number for each in rounds for n in (s.block for s in each.slots))
    assert max(numbers) < PREPARATION
    assert rounds == rounds_of(OPERATORS, design, seed=seed)


@given(st.integers(0, 20))
def test_every_round_pairs_stock_and_exact_with_what_they_are_compared_with(seed: int) -> None:
    for each in rounds_of(OPERATORS, Design(), seed=seed):
        subjects = [(slot.subject, slot.configuration) for slot in each.slots]
        assert subjects.count(("stock", "exact")) == 1
        assert ("approxlite", "exact") in subjects


def test_orders_differ_between_rounds_and_seeds() -> None:
    orders = {
        tuple(slot.block % NUMBERS_PER_ROUND for slot in each.slots)
        for seed in range(3)
        for each in rounds_of(OPERATORS, Design(sweeps=8), seed=seed)
    }
    assert len(orders) > 15


def test_a_mirrored_round_cancels_what_drifts_steadily() -> None:
    for each in rounds_of(OPERATORS, Design(mirrored=True, idle=True), seed=1):
        said = [(slot.subject, slot.configuration) for slot in each.slots]
        assert said == said[::-1]
        assert said[0][0] == said[-1][0] == "idle"


def test_a_plan_carries_only_the_grids_that_it_needs() -> None:
    scales = {name: Scale(scale=0.5, zero_point=3) for name in ("conv_2d_0", "conv_2d_1")}
    slot = Slot(1, "approxlite", "conv_2d_0=int8+rows:1/2,conv_2d_1=rows:1/2")
    assert planned(slot, Calls(10, 10), Design(), scales).scales == {"conv_2d_0": (0.5, 3)}


def test_idle_blocks_last_as_long_as_busy_ones() -> None:
    idle = planned(Slot(0, "idle", "exact"), Calls(10, 10), Design(block_s=2.0), {})
    assert (idle.inferences, idle.uncounted, idle.seconds) == (0, 0, 2.0)


def test_whole_numbers_are_written_without_a_fraction() -> None:
    line = _line(preparation(0, "stock", 0.5)).decode()
    assert '"gap_ms": 0,' in line
    assert '"seconds": 0.5' in line


def test_more_rounds_than_there_are_numbers_for_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds, of at most"):
        rounds_of(OPERATORS, Design(sweeps=PREPARATION), seed=0)
