"""Few whole-model runs that time every knob of every operator equally often."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.configuration import ATOMS, Configuration
from approxlite.formats.profile import ProfiledOperator
from approxlite.profiler.schedule import int8_everywhere, rounds_per_sweep, schedule

KNOBS = ("exact", *ATOMS, *(f"int8+{atom}" for atom in ATOMS[1:]))


@st.composite
def models(draw: st.DrawFn) -> list[ProfiledOperator]:
    counts = draw(st.lists(st.integers(1, len(KNOBS)), max_size=5))
    return [
        ProfiledOperator(id=f"conv_2d_{i}", knobs=KNOBS[:count], multiply_accumulates=0)
        for i, count in enumerate(counts)
    ]


@given(models(), st.integers(0, 3), st.integers(1, 3))
def test_sweeps_deal_every_knob_equally_often_within_one_each(
    operators: list[ProfiledOperator], seed: int, sweeps: int
) -> None:
    rounds = list(islice(schedule(operators, seed=seed), sweeps * rounds_per_sweep(operators)))
    anchors = len({Configuration(), int8_everywhere(operators)})
    dealt = [configuration for round_ in rounds for configuration in round_.configurations[anchors:]]
    for operator in operators:
        counts = Counter(str(configuration.knob(operator.id)) for configuration in dealt)
        if dealt:
            assert set(counts) == set(operator.knobs)
            assert max(counts.values()) - min(counts.values()) <= sweeps


@given(models(), st.integers(0, 3))
def test_rounds_fit_a_ladder_begin_with_the_anchors_and_count_up(operators: list[ProfiledOperator], seed: int) -> None:
    for number, round_ in enumerate(islice(schedule(operators, seed=seed), 5)):
        assert round_.number == number
        assert 1 <= len(round_.configurations) <= 16
        assert round_.configurations[0].is_exact
        assert int8_everywhere(operators) in round_.configurations[:2]


@given(models(), st.integers(0, 3))
def test_the_same_seed_gives_the_same_rounds(operators: list[ProfiledOperator], seed: int) -> None:
    first, second = (list(islice(schedule(operators, seed=seed), 4)) for _ in range(2))
    assert first == second


def test_knobs_meet_other_neighbours_in_other_sweeps() -> None:
    operators = [ProfiledOperator(id=f"conv_2d_{i}", knobs=KNOBS[:14], multiply_accumulates=0) for i in range(3)]
    first, second = (set(round_.configurations[2:]) for round_ in islice(schedule(operators, seed=0), 2))
    assert len(first & second) < len(first) / 2


def test_a_model_without_knobs_is_still_timed_beside_stock() -> None:
    operators = [ProfiledOperator(id="softmax_0", knobs=("exact",), multiply_accumulates=0)]
    assert next(schedule(operators, seed=0)).configurations == (Configuration(),)
