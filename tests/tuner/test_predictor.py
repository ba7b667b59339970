"""Logits add up, and disagreement follows from their sum."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from approxlite.formats.configuration import Configuration
from approxlite.tuner.judge import LOSS_CAP
from approxlite.tuner.predictor import LogitPredictor, are_probabilities, logits_of

Array = npt.NDArray[np.float32]

shapes = st.tuples(st.integers(1, 8), st.integers(2, 5))
numbers = st.floats(-50, 50, width=32)
logits = shapes.flatmap(lambda shape: arrays(np.float32, shape, elements=numbers))
three = shapes.flatmap(lambda shape: st.tuples(*[arrays(np.float32, shape, elements=numbers)] * 3))


@given(three)
def test_a_configuration_adds_the_changes_of_its_knobs(drawn: tuple[Array, Array, Array]) -> None:
    exact, first, second = drawn
    predictor = LogitPredictor(exact, {("conv_2d_0", "int8"): first, ("conv_2d_1", "rows:1/2"): second})
    both = Configuration.parse("conv_2d_0=int8,conv_2d_1=rows:1/2")
    np.testing.assert_allclose(predictor.logits(both), exact + first + second, rtol=1e-5, atol=1e-4)


@given(three)
def test_a_knob_not_measured_is_the_sum_of_its_atoms(drawn: tuple[Array, Array, Array]) -> None:
    exact, first, second = drawn
    changes = {("conv_2d_0", "int8"): first, ("conv_2d_0", "rows:1/2"): second}
    predictor = LogitPredictor(exact, changes)
    np.testing.assert_array_equal(predictor.change("conv_2d_0", "int8+rows:1/2"), first + second)


@given(three)
def test_a_knob_measured_by_itself_is_believed_before_its_atoms(drawn: tuple[Array, Array, Array]) -> None:
    exact, atom, whole = drawn
    names = ("int8", "rows:1/2", "int8+rows:1/2")
    changes = {("conv_2d_0", name): change for name, change in zip(names, (atom, atom, whole), strict=True)}
    np.testing.assert_array_equal(LogitPredictor(exact, changes).change("conv_2d_0", "int8+rows:1/2"), whole)


@given(logits)
def test_exact_costs_no_answer(exact: Array) -> None:
    predictor = LogitPredictor(exact, {})
    assert predictor.disagreement(Configuration()) == 0
    assert predictor.loss("conv_2d_0", "exact") == 0


@given(three, st.floats(0, 1, width=32))
def test_loss_is_bounded_and_grows_with_the_change(drawn: tuple[Array, Array, Array], share: float) -> None:
    exact, change, _ = drawn
    smaller = (change * np.float32(share)).astype(np.float32)
    predictor = LogitPredictor(exact, {("conv_2d_0", "int8"): change, ("conv_2d_1", "int8"): smaller})
    assert 0 <= predictor.loss("conv_2d_1", "int8") <= predictor.loss("conv_2d_0", "int8") + 1e-6 <= LOSS_CAP + 1e-6


@given(logits, st.floats(-20, 20, width=32))
def test_moving_all_classes_together_loses_nothing(exact: Array, by: float) -> None:
    change = np.full_like(exact, by)
    assert LogitPredictor(exact, {("conv_2d_0", "int8"): change}).loss("conv_2d_0", "int8") == 0


@given(shapes.flatmap(lambda shape: arrays(np.float32, shape, elements=st.floats(-20, 20, width=32))))
def test_logits_come_back_from_probabilities(raw: Array) -> None:
    exponentials = np.exp(raw - raw.max(1, keepdims=True))
    probabilities = exponentials / exponentials.sum(1, keepdims=True)
    assert are_probabilities(probabilities)
    recovered = logits_of(probabilities, probabilities=True)
    np.testing.assert_allclose(recovered, raw - raw.mean(1, keepdims=True), atol=1e-3)


def test_outputs_that_are_no_probabilities_are_logits_already() -> None:
    raw = np.array([[0.5, 0.9], [0.1, 0.2]], np.float32)
    assert not are_probabilities(raw)
    np.testing.assert_array_equal(logits_of(raw, probabilities=False), raw)


def test_a_probability_of_zero_has_a_finite_logit() -> None:
    assert np.isfinite(logits_of(np.array([[1.0, 0.0]], np.float32), probabilities=True)).all()


def test_an_atom_not_measured_is_not_guessed() -> None:
    predictor = LogitPredictor(np.zeros((3, 2), np.float32), {("conv_2d_0", "int8"): np.ones((3, 2), np.float32)})
    assert not predictor.knows("conv_2d_0", "int8+rows:1/2")
    with pytest.raises(KeyError):
        predictor.change("conv_2d_0", "int8+rows:1/2")


@pytest.mark.parametrize("change", [np.zeros((3, 3), np.float32), np.full((3, 2), np.nan, np.float32)])
def test_changes_that_do_not_fit_are_refused(change: Array) -> None:
    with pytest.raises(ValueError, match="conv_2d_0=int8"):
        LogitPredictor(np.zeros((3, 2), np.float32), {("conv_2d_0", "int8"): change})


@given(three)
def test_the_base_is_predicted_as_it_was_measured(drawn: tuple[Array, Array, Array]) -> None:
    exact, first, at_base = drawn
    changes = {("conv_2d_0", "int8"): first, ("conv_2d_1", "int8"): first, ("conv_2d_1", "rows:1/2"): first}
    base = Configuration.parse("conv_2d_0=int8,conv_2d_1=int8")
    predictor = LogitPredictor(exact, changes, base=base, at_base=at_base)
    np.testing.assert_allclose(predictor.logits(base), at_base, atol=1e-3)
    np.testing.assert_array_equal(predictor.logits(Configuration()), exact)
    deeper = Configuration.parse("conv_2d_0=int8,conv_2d_1=int8+rows:1/2")
    np.testing.assert_allclose(predictor.logits(deeper), at_base + first, atol=1e-3)
    half = Configuration.parse("conv_2d_0=int8")
    interaction = at_base - exact - 2 * first
    np.testing.assert_allclose(predictor.logits(half), exact + first + interaction / 4, atol=1e-3)


def test_what_sums_miss_of_one_knob_is_expected_of_the_operators_others() -> None:
    draw = np.random.default_rng(0)
    exact = draw.standard_normal((60, 4)).astype(np.float32)
    knobs = ("int8", "rows:1/2", "rows:1/4", "checker:1/2", "cols:1/2")
    changes = {("conv_2d_0", knob): 0.3 * draw.standard_normal((60, 4)).astype(np.float32) for knob in knobs}
    missed = 0.2 * draw.standard_normal((60, 4)).astype(np.float32)
    alone = {knob: Configuration.parse(f"conv_2d_0={knob}") for knob in knobs}
    predictor = LogitPredictor(exact, changes)
    *ran, other = knobs
    corrected = predictor.corrected({alone[knob]: predictor.logits(alone[knob]) + missed for knob in ran})
    expected = corrected.logits(alone[other]) - predictor.logits(alone[other])
    assert np.abs(expected - missed).mean() < 0.5 * np.abs(missed).mean()
