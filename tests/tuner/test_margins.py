"""Expected disagreement is what counting would find with more samples."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from approxlite.tuner.margins import Logits, expected_disagreement, margins


def logits(rows: int) -> st.SearchStrategy[Logits]:
    return arrays(np.float32, (rows, 4), elements=st.floats(-9, 9, width=16))


pairs = st.integers(1, 12).flatmap(lambda n: st.tuples(logits(n), logits(n)))


@given(st.integers(1, 12).flatmap(logits))
def test_no_change_flips_nothing(exact: Logits) -> None:
    assert expected_disagreement(exact, exact, exact.argmax(axis=1)) == 0


@given(pairs)
def test_it_is_a_share(drawn: tuple[Logits, Logits]) -> None:
    assert 0 <= expected_disagreement(*drawn, drawn[0].argmax(axis=1)) <= 1


@given(pairs)
def test_a_flipped_answer_counts_for_more_than_half_and_any_other_for_less(drawn: tuple[Logits, Logits]) -> None:
    exact, approximate = drawn
    answers = exact.argmax(axis=1)
    for row in range(len(exact)):
        one = slice(row, row + 1)
        expected = expected_disagreement(exact[one], approximate[one], answers[one])
        margin = margins(approximate[one], answers[one])[0]
        assert expected >= 0.5 if margin < 0 else expected <= 0.5


def test_it_says_more_of_the_rest_than_counting_does() -> None:
    """Of 40 configurations, ranked by 100 samples, beside what 20 000 others show."""
    generator = np.random.default_rng(0)
    exact = 2 * generator.normal(size=(20_000, 6))
    answers = exact.argmax(axis=1)
    few = slice(100)
    truth, counted, expected = [], [], []
    for size in np.linspace(0.05, 0.4, 40):
        approximate = exact + size * generator.normal(size=exact.shape)
        flipped = margins(approximate, answers) < 0
        truth.append(flipped.mean())
        counted.append(flipped[few].mean())
        expected.append(expected_disagreement(exact[few], approximate[few], answers[few]))
    assert spearmanr(expected, truth)[0] > max(0.85, spearmanr(counted, truth)[0])


@given(st.integers(1, 6).flatmap(lambda n: arrays(np.float32, (n, 4), elements=st.floats(-9, 9, width=32))))
def test_margins_are_negative_exactly_where_a_rival_leads(drawn: Logits) -> None:
    answers = np.zeros(len(drawn), np.int64)
    np.testing.assert_array_equal(margins(drawn, answers) < 0, drawn[:, 1:].max(axis=1) > drawn[:, 0])
