"""Comparing answers with exact's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from approxlite.formats.agreement import AgreementRule, Loss
from approxlite.formats.errors import ModelError
from approxlite.runtime.agreement import Agreement

ANSWERS = arrays.arrays(np.float32, (3, 2, 4), elements=st.floats(-1e6, 1e6, width=32))


@given(ANSWERS, ANSWERS)
def test_losses_are_what_numpy_says(exact: np.ndarray, answers: np.ndarray) -> None:
    difference = np.abs(exact.astype(np.float64) - answers).reshape(3, -1)
    other_labels = (exact.argmax(axis=2) != answers.argmax(axis=2)).mean(axis=1)
    expected: dict[Loss, np.ndarray] = {
        "top_one": exact.reshape(3, -1).argmax(axis=1) != answers.reshape(3, -1).argmax(axis=1),
        "label_share": other_labels,
        "mean_absolute": difference.mean(axis=1),
        "largest_absolute": difference.max(axis=1),
        "root_mean_square": np.sqrt((difference**2).mean(axis=1)),
    }
    for loss, values in expected.items():
        found = Agreement(AgreementRule(loss=loss, classes=4)).losses(exact, answers)
        np.testing.assert_allclose(found, values, rtol=1e-6, atol=2e-45)  # the smallest float is 1.4e-45


@pytest.mark.parametrize("loss", ["top_one", "label_share", "mean_absolute", "largest_absolute", "root_mean_square"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_answer_that_is_not_finite_agrees_with_nothing(loss: Loss, value: float) -> None:
    exact = np.zeros((1, 4), np.float32)
    broken = exact.copy()
    broken[0, 2] = value
    agreement = Agreement(AgreementRule(loss=loss, tolerance=1e30, classes=2))
    assert agreement.differs(exact, broken).all()
    assert agreement.differs(broken, broken).all()
    assert not agreement.differs(exact, exact).any()


def test_a_tolerance_is_still_agreement() -> None:
    exact, answer = np.zeros((1, 2), np.float32), np.array([[0.5, 0]], np.float32)
    assert not Agreement(AgreementRule(loss="largest_absolute", tolerance=0.5)).differs(exact, answer).any()
    assert Agreement(AgreementRule(loss="largest_absolute", tolerance=0.4)).differs(exact, answer).all()


def test_classes_of_another_model_are_mapped_onto_those_of_exact() -> None:
    exact = np.array([[0, 0, 1], [1, 0, 0]], np.float32)
    small = np.array([[0, 1], [0, 1]], np.float32)  # its class 1 stands for exact's class 2, its class 0 for none
    assert list(Agreement().differs(exact, small, class_map=[-1, 2])) == [False, True]


def test_answers_of_other_shapes_are_refused_in_one_line() -> None:
    with pytest.raises(ModelError, match=r"cannot be compared.*class map") as problem:
        Agreement().losses(np.zeros((2, 3), np.float32), np.zeros((2, 4), np.float32))
    assert "\n" not in str(problem.value)
    with pytest.raises(ModelError, match="the class map names 2 classes"):
        Agreement().losses(np.zeros((2, 3), np.float32), np.zeros((2, 4), np.float32), class_map=[0, 1])
