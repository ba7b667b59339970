"""The fixed sequence: from exact to the cheapest rule that is worth certifying."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from approxlite.policy.candidates import Rated, fixed_sequence, spread
from approxlite.policy.rehearsal import Rehearsal, Trial
from support.policies import outcomes_of, softmax

MOVES = (0.05, 0.2, 0.8, 1.5)
COSTS = [1.0, 0.6, 0.5, 0.3, 0.2]


def rehearsal_of(
    samples: int = 200, moves: tuple[float, ...] = MOVES, seed: int = 0, costs: Sequence[float] = COSTS
) -> Rehearsal:
    """A rung for each of `moves`, the size of the noise that it adds to the logits."""
    random = np.random.default_rng(seed)
    exact = random.normal(size=(samples, 6)) * 4
    logits = np.stack([exact, *(exact + random.normal(size=exact.shape) * move for move in moves)])
    return Rehearsal(outcomes_of(softmax(logits)), costs[: len(moves) + 1], "top_two_ratio")


@pytest.mark.parametrize("seed", range(5))
def test_goes_from_exact_to_ever_cheaper_and_less_sure(seed: int) -> None:
    sequence = fixed_sequence(rehearsal_of(seed=seed), range(5), 0)
    assert sequence[0].rule == (Trial(0),)
    costs = [rated.cost for rated in sequence]
    assert all(after < 0.98 * before for before, after in pairwise(costs))
    assert [rated.disagreement for rated in sequence] == sorted(rated.disagreement for rated in sequence)
    assert len(sequence) <= 16


def test_no_candidate_misses_the_aim() -> None:
    for aim in (0.005, 0.02):
        assert all(rated.disagreement <= aim for rated in fixed_sequence(rehearsal_of(), range(5), 0, aim=aim))


def test_a_larger_aim_gives_a_cheaper_rule() -> None:
    cautious, bold = (fixed_sequence(rehearsal_of(), range(5), 0, aim=aim)[-1].cost for aim in (0.002, 0.05))
    assert bold < cautious


def test_a_cascade_beats_the_best_single_rung() -> None:
    rehearsal = rehearsal_of(600, (0.01, 0.3), costs=(1.0, 0.6, 0.2))
    best = fixed_sequence(rehearsal, range(3), 0)[-1]
    single = min(rehearsal.costs[rung] for rung in range(3) if rehearsal.estimate((Trial(rung),)) <= 0.01)
    assert len(best.rule) > 1
    assert best.cost < single


def test_every_cascade_asks_dearer_rungs_later() -> None:
    costs = (1.0, 0.6, 0.2)
    rules = [rated.rule for rated in fixed_sequence(rehearsal_of(600, (0.01, 0.3), costs=costs), range(3), 0)]
    assert {len(rule) for rule in rules} == {1, 2, 3}
    for rule in rules:
        assert [trial.rung for trial in rule] == sorted((trial.rung for trial in rule), key=costs.__getitem__)
        assert [trial.threshold is None for trial in rule] == [False] * (len(rule) - 1) + [True]


def test_without_a_rung_that_is_sure_enough_only_exact_is_left() -> None:
    assert [rated.rule for rated in fixed_sequence(rehearsal_of(60, (50.0,)), range(2), 0)] == [(Trial(0),)]


def test_rungs_dearer_than_exact_are_no_candidates() -> None:
    rehearsal = rehearsal_of(moves=(0.0, 0.0))
    rehearsal.costs[1:] = (1.2, 0.9)
    assert {trial.rung for rated in fixed_sequence(rehearsal, range(3), 0) for trial in rated.rule} == {0, 2}


def test_only_the_rungs_asked_for_are_used() -> None:
    used = {trial.rung for rated in fixed_sequence(rehearsal_of(), [0, 2], 0) for trial in rated.rule}
    assert used <= {0, 2}


def test_spreading_keeps_the_first_and_the_last() -> None:
    front = [Rated((Trial(0),), 0.9**step, 0.001 * step) for step in range(30)]
    kept = spread(front, 7)
    assert len(kept) == 7
    assert (kept[0], kept[-1]) == (front[0], front[-1])


def test_steps_that_save_nothing_are_left_out() -> None:
    front = [Rated((Trial(0),), cost, 0.0) for cost in (1.0, 0.99, 0.97, 0.965, 0.5)]
    assert [rated.cost for rated in spread(front, 16)] == [1.0, 0.97, 0.5]
