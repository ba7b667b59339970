"""Expected disagreement is what counting would find with more samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from approxlite.tuner.margins import Logits, Margins, expected_disagreement, margins

sizes = st.integers(1, 30)
leads = sizes.flatmap(lambda n: arrays(np.float64, n, elements=st.floats(0, 20)))
pairs = sizes.flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.floats(0, 20)), arrays(np.float64, n, elements=st.floats(-20, 20))
    )
)


@given(leads)
def test_no_change_flips_nothing(exact: Margins) -> None:
    assert expected_disagreement(exact, exact) == 0


@given(pairs)
def test_it_is_a_share(drawn: tuple[Margins, Margins]) -> None:
    assert 0 <= expected_disagreement(*drawn) <= 1


@given(pairs, st.floats(0, 5))
def test_losing_more_of_every_margin_flips_no_fewer(drawn: tuple[Margins, Margins], more: float) -> None:
    exact, approximate = drawn
    assert expected_disagreement(exact, approximate - more) >= expected_disagreement(exact, approximate)


@given(pairs)
def test_it_pairs_every_margin_with_every_change(drawn: tuple[Margins, Margins]) -> None:
    exact, approximate = drawn
    roots = np.sqrt(np.maximum(exact, np.finfo(np.float32).tiny))
    changes = (approximate - exact) / roots
    assert expected_disagreement(exact, approximate) == pytest.approx(np.mean(changes[:, None] < -roots[None, :]))


def test_it_counts_flips_where_samples_are_many() -> None:
    generator = np.random.default_rng(0)
    exact = generator.gamma(2, 2, 20_000)
    approximate = exact + np.sqrt(exact) * generator.normal(0, 0.7, 20_000)
    assert expected_disagreement(exact, approximate) == pytest.approx(np.mean(approximate < 0), rel=0.05)


@given(st.integers(1, 6).flatmap(lambda n: arrays(np.float32, (n, 4), elements=st.floats(-9, 9, width=32))))
def test_margins_are_negative_exactly_where_a_rival_leads(logits: Logits) -> None:
    answers = np.zeros(len(logits), np.int64)
    np.testing.assert_array_equal(margins(logits, answers) < 0, logits[:, 1:].max(axis=1) > logits[:, 0])
