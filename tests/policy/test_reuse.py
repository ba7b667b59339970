"""Answers given again while the input hardly changes: as a session gives them, and certified like any others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.data import Data
from approxlite.formats.errors import InputError, PolicyError
from approxlite.formats.policy import Policy
from approxlite.policy.certify import certify
from approxlite.policy.outcomes import Outcomes
from approxlite.policy.reuse import disagrees, sources
from approxlite.runtime import Session
from support.policies import outcomes_of, policy_of, small_data, small_model, stages

MODEL = small_model()
EXACT, CAUTIOUS = stages((0, None)), stages((1, None))


def drifting(samples: int) -> Data:
    """A stream: neighbours are alike."""
    data = small_data(samples)
    return dataclasses.replace(data, x=(0.15 * np.cumsum(data.x, axis=0)).astype(np.float32))


STREAM = drifting(300)


def reusing(change: float) -> Policy:
    """Exact; the cautious rung; and that with answers given again below `change`."""
    policy = policy_of([EXACT, CAUTIOUS, CAUTIOUS], model=MODEL, input_rms=1.0)
    last = policy.candidates[-1].model_copy(update={"reuse_change": change})
    return policy.model_copy(update={"candidates": (*policy.candidates[:-1], last)})


@pytest.mark.parametrize("change", [0.0, 0.2, 0.4, 100.0])
def test_a_session_gives_again_the_answers_that_certification_counts(change: float) -> None:
    policy = reusing(change)
    given_ = sources(STREAM.x, 1.0, change)
    with Session(policy, MODEL) as session:
        for sample, x in enumerate(STREAM.x):
            answer = session.run(x)
            assert (answer.reason == "unchanged") == (given_[sample] != sample)


@given(st.integers(1, 60), st.floats(0, 3), st.integers(0, 100))
def test_an_answer_is_given_again_only_while_the_input_stays_close(samples: int, change: float, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(samples, 3)).astype(np.float32)
    given_ = sources(x, 1.0, change)
    assert given_[0] == 0
    for i, source in enumerate(given_):
        assert given_[source] == source <= i
        assert source == i or np.sqrt(((x[i] - x[source]) ** 2).mean()) < change + 1e-6


def test_a_new_recording_begins_with_a_run() -> None:
    x, groups = np.zeros((6, 2), np.float32), np.array([0, 0, 1, 1, 1, 2])
    assert sources(x, 1.0, 0.5, groups).tolist() == [0, 0, 2, 2, 2, 5]
    assert sources(x, None, 0.5).tolist() == list(range(6)), "an unknown change is a change"


def test_an_old_answer_is_compared_with_exact_s_to_the_new_input() -> None:
    first, second = [0.9, 0.1], [0.1, 0.9]
    outcomes = outcomes_of(np.array([[first, second, second], [first, first, second]]))
    inferences = outcomes.replay(CAUTIOUS, "top_two_ratio")
    assert disagrees(outcomes, inferences, np.array([0, 1, 2])).tolist() == [False, True, False]
    assert disagrees(outcomes, inferences, np.array([0, 0, 0])).tolist() == [False, True, True]


def test_reuse_that_changes_answers_is_not_certified_and_reuse_that_does_not_is() -> None:
    bold = certify(reusing(100.0), MODEL, STREAM, epsilon=0.2, block=4).certificate
    careful = certify(reusing(0.16), MODEL, STREAM, epsilon=0.2, block=4).certificate
    assert bold is not None
    assert careful is not None
    assert (bold.certified, careful.certified) == (2, 3)
    assert bold.tests[-1].disagreements > careful.tests[-1].disagreements
    with Session(reusing(100.0), MODEL) as session, Session(policy_of([EXACT], model=MODEL), MODEL) as exact:
        changed = [session.run(x).output.argmax() != exact.run(x).output.argmax() for x in STREAM.x]
    assert bold.tests[-1].disagreements == sum(changed)


def test_reuse_is_certified_on_streams_only() -> None:
    with pytest.raises(InputError, match="--stream or --block"):
        certify(reusing(0.2), MODEL, STREAM)


def test_reuse_of_answers_that_are_not_kept_is_refused() -> None:
    outcomes: Outcomes = outcomes_of(np.ones((2, 3, 2)))
    dense = dataclasses.replace(outcomes, agreement=outcomes.agreement.model_copy(update={"loss": "mean_absolute"}))
    with pytest.raises(PolicyError, match="top class only"):
        disagrees(dense, [], np.arange(3))
