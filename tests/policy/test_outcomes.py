"""Outputs kept once, replayed through the real step machine."""

from __future__ import annotations

import numpy as np
import pytest

from approxlite.formats.errors import ModelError
from approxlite.policy.outcomes import answered_shares, answers_of, collect, reached_shares, scores
from support.policies import outcomes_of, stages

SURE, UNSURE, OTHER = [0.9, 0.1], [0.55, 0.45], [0.2, 0.8]


class FakeLadder:
    """Answers each sample with the row of `outputs` that the sample's number names."""

    def __init__(self, outputs: list[list[list[float]]]) -> None:
        self.outputs = np.array(outputs, np.float32)
        self.last_ns = 0

    def run(self, rung: int, x: np.ndarray) -> np.ndarray:
        self.last_ns = 1_000_000 * (rung + 1)
        return self.outputs[rung, int(x[0])][np.newaxis]


def test_collecting_runs_every_rung_on_every_sample() -> None:
    ladder = FakeLadder([[SURE, OTHER], [UNSURE, SURE]])
    outcomes = collect(ladder, 2, 0, np.array([[0.0], [1.0]]))
    assert np.array_equal(outcomes.outputs, ladder.outputs)
    assert outcomes.latencies_ms.tolist() == [[1, 1], [2, 2]]
    assert outcomes.answers().tolist() == [[0, 1], [0, 0]]


def test_a_replay_says_which_rungs_ran_and_why() -> None:
    outcomes = outcomes_of(np.array([[SURE, SURE, OTHER], [SURE, UNSURE, SURE]]))
    confident, unsure, wrong = outcomes.replay(stages((1, 3.0), (0, None)), "top_two_ratio")
    assert (confident.rungs_run, confident.reason, confident.rung) == ((1,), "confident", 1)
    assert confident.evidence == pytest.approx(9)
    assert (unsure.rungs_run, unsure.reason, unsure.rung) == ((1, 0), "last_stage", 0)
    assert outcomes.disagrees([confident, unsure, wrong]).tolist() == [False, False, True]


def test_an_output_that_is_not_finite_is_answered_by_exact() -> None:
    outcomes = outcomes_of(np.array([[SURE], [[np.nan, 0.5]]]))
    (inference,) = outcomes.replay(stages((1, None)), "top_two_ratio")
    assert inference.rungs_run == (1, 0)
    assert not outcomes.disagrees([inference]).any()


def test_ties_agree_only_on_the_same_class() -> None:
    outcomes = outcomes_of(np.array([[[0.5, 0.5, 0.0]], [[0.4, 0.4, 0.2]], [[0.0, 0.5, 0.5]]]))
    assert outcomes.disagrees(outcomes.replay(stages((1, None)), "top_two_ratio")).tolist() == [False]
    assert outcomes.disagrees(outcomes.replay(stages((2, None)), "top_two_ratio")).tolist() == [True]


def test_scores_that_are_not_finite_answer_nothing() -> None:
    assert answers_of(np.array([[0.1, 0.9], [np.nan, 0.9], [np.inf, 0.0]], np.float32)).tolist() == [1, -1, -1]


def test_shares_count_who_answered_and_who_ran() -> None:
    ran = [(2,), (2, 0), (2, 0), (2,)]
    assert answered_shares(ran, 3) == (0.5, 0.0, 0.5)
    assert reached_shares(ran, stages((2, 1.5), (0, None))) == (1.0, 0.5)


@pytest.mark.parametrize("shape", [(1, 4, 4, 2), (1, 1), ()])
def test_an_output_that_is_not_one_score_per_class_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="top class"):
        scores(np.zeros(shape, np.float32))
