"""The vectorised twin follows the real step machine, and few samples do not make a rule look safer than it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from approxlite.policy.rehearsal import MAX_REHEARSED, Rehearsal, Trial, evidence_of
from approxlite.runtime.controller import Confidence, confidence_of
from support.policies import outcomes_of, softmax, stages

KINDS = st.sampled_from(["top_two_ratio", "top_two_difference"])
COSTS = [1.0, 0.6, 0.4, 0.2]


@st.composite
def outputs(draw: st.DrawFn) -> NDArray[np.float32]:
    """(4 rungs, samples, classes), on a coarse grid so that ties are common."""
    shape = (4, draw(st.integers(1, 40)), draw(st.integers(2, 6)))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    return (random.integers(0, draw(st.sampled_from([2, 9, 1000])), shape) / np.float32(7)).astype(np.float32)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Trial, ...]:
    rungs = draw(st.permutations(range(4)))[: draw(st.integers(1, 4))]
    thresholds = [draw(st.floats(0, 5, width=32)) for _ in rungs[1:]]
    return tuple(Trial(rung, threshold) for rung, threshold in zip(rungs, [*thresholds, None], strict=True))


@given(outputs(), KINDS)
def test_evidence_is_what_a_session_computes_bit_for_bit(values: NDArray[np.float32], kind: Confidence) -> None:
    evidence = evidence_of(values, kind)
    for rung, sample in np.ndindex(values.shape[:2]):
        assert evidence[rung, sample] == np.float32(confidence_of(kind, values[rung, sample]))


@settings(deadline=None)
@given(outputs(), rules(), KINDS)
def test_the_twin_follows_the_step_machine(
    values: NDArray[np.float32], rule: tuple[Trial, ...], kind: Confidence
) -> None:
    outcomes = outcomes_of(values)
    inferences = outcomes.replay(stages(*rule), kind)
    twin = Rehearsal(outcomes, COSTS, kind)
    reached = [[trial.rung in inference.rungs_run for inference in inferences] for trial in rule]
    assert np.array_equal(twin.reached(rule), reached)
    assert np.array_equal(twin.changed(rule), outcomes.disagrees(inferences))
    costs = [sum(COSTS[rung] for rung in inference.rungs_run) for inference in inferences]
    assert twin.cost(rule) == pytest.approx(np.mean(costs))


def disturbed(samples: int, moves: tuple[float, ...], seed: int) -> NDArray[np.float32]:
    """Outputs of an exact rung and of rungs that move its logits by normal noise of the sizes `moves`."""
    random = np.random.default_rng(seed)
    exact = random.normal(size=(samples, 6)) * 3
    return softmax(np.stack([exact, *(exact + random.normal(size=exact.shape) * move for move in moves)]))


def test_exact_is_estimated_at_nothing() -> None:
    rehearsal = Rehearsal(outcomes_of(disturbed(100, (0.5,), 0)), [1, 0.5], "top_two_ratio")
    assert rehearsal.estimate((Trial(0),)) == 0.0


def test_larger_moves_are_estimated_at_more() -> None:
    rehearsal = Rehearsal(outcomes_of(disturbed(150, (0.02, 0.1, 0.5, 2.0), 0)), [1] * 5, "top_two_ratio")
    estimates = [rehearsal.estimate((Trial(rung),)) for rung in range(1, 5)]
    assert estimates == sorted(estimates)
    assert estimates[0] < 0.02 < estimates[-1]


def test_a_higher_threshold_is_estimated_at_less() -> None:
    rehearsal = Rehearsal(outcomes_of(disturbed(150, (0.0, 0.8), 3)), [1, 0.9, 0.5], "top_two_ratio")
    estimates = [rehearsal.estimate((Trial(2, threshold), Trial(1))) for threshold in (1.0, 1.5, 3.0, 20.0)]
    assert estimates == sorted(estimates, reverse=True)
    assert estimates[-1] < estimates[0]


def test_disagreements_that_were_seen_are_never_explained_away() -> None:
    rehearsal = Rehearsal(outcomes_of(disturbed(80, (0.7,), 1)), [1, 0.5], "top_two_ratio")
    seen = int(rehearsal.changed((Trial(1),)).sum())
    assert seen > 0
    assert rehearsal.estimate((Trial(1),)) >= (seen + 1) / 82


def test_no_disagreement_among_few_samples_does_not_make_a_rung_look_safe() -> None:
    """A rung that changes 3.6 % of answers often shows none on 60 samples, and is not taken for one below 1 %."""
    estimates = []
    for seed in range(300):
        rehearsal = Rehearsal(outcomes_of(disturbed(60, (0.15,), seed)), [1, 0.5], "top_two_ratio")
        if not rehearsal.changed((Trial(1),)).any():
            estimates.append(rehearsal.estimate((Trial(1),)))
    assert len(estimates) >= 20
    assert np.mean(np.array(estimates) <= 0.01) <= 0.05


def test_samples_far_from_flipping_count_as_they_are() -> None:
    values = disturbed(3 * MAX_REHEARSED, (0.1,), 5)
    values[1, np.argmax(values[0].max(axis=1))] = values[0].min()  # the surest sample, broken altogether
    values[1, np.argmax(values[0].max(axis=1)), 0] = 1.0
    rehearsal = Rehearsal(outcomes_of(values), [1, 0.5], "top_two_ratio")
    truth = rehearsal.changed((Trial(1),)).mean()
    assert truth <= rehearsal.estimate((Trial(1),)) < truth + 0.02
