"""One pass for each atom of each operator, around int8 everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approxlite.formats.configuration import Configuration
from approxlite.formats.data import Data
from approxlite.tuner.evaluator import Evaluator
from approxlite.tuner.sensitivity import (
    SCREENING_SAMPLES,
    base_of,
    harmless_part,
    measure_sensitivities,
    passes,
    worth_measuring,
)

if TYPE_CHECKING:
    from conftest import PretendedInterpreter

OPTIONS = {
    "conv_2d_0": ["int8", "rows:1/2", "int8+rows:1/2", "int8+rows:3/4"],
    "conv_2d_1": ["checker:1/2"],
    "fully_connected_2": ["int8"],
    "softmax_3": [],
}
BASE = Configuration.parse("conv_2d_0=int8,fully_connected_2=int8")


def test_the_base_is_int8_wherever_it_is_worth_trying() -> None:
    assert base_of(OPTIONS) == BASE


def test_each_atom_is_shown_by_one_pass_around_the_base() -> None:
    assert {(p.operator, p.atom): (str(p.configuration), p.undone) for p in passes(OPTIONS, BASE)} == {
        ("conv_2d_0", "int8"): ("fully_connected_2=int8", True),
        ("conv_2d_0", "rows:1/2"): ("conv_2d_0=int8+rows:1/2,fully_connected_2=int8", False),
        ("conv_2d_0", "rows:3/4"): ("conv_2d_0=int8+rows:3/4,fully_connected_2=int8", False),
        ("conv_2d_1", "checker:1/2"): ("conv_2d_0=int8,conv_2d_1=checker:1/2,fully_connected_2=int8", False),
        ("fully_connected_2", "int8"): ("conv_2d_0=int8", True),
    }


def test_an_additive_model_is_predicted_as_it_is(interpreter: PretendedInterpreter, data: Data) -> None:
    evaluator = Evaluator(interpreter, data.x, {}, model="m")
    predictor = measure_sensitivities(evaluator, OPTIONS)
    assert interpreter.inferences == (2 + 5) * len(data.x) + 2 * SCREENING_SAMPLES
    for text in ("exact", "conv_2d_0=rows:1/2", "conv_2d_0=int8+rows:3/4,conv_2d_1=checker:1/2"):
        configuration = Configuration.parse(text)
        outputs = dict(evaluator.outputs([configuration]))[configuration]
        logits = np.log(outputs)
        np.testing.assert_allclose(
            predictor.logits(configuration), logits - logits.mean(axis=1, keepdims=True), atol=2e-3
        )


def test_a_base_that_gives_no_numbers_is_not_built_upon(interpreter: PretendedInterpreter, data: Data) -> None:
    interpreter.broken = "int8"
    predictor = measure_sensitivities(Evaluator(interpreter, data.x, {}, model="m"), OPTIONS)
    assert not predictor.knows("conv_2d_0", "int8")
    assert predictor.knows("conv_2d_0", "rows:1/2")
    assert predictor.knows("conv_2d_1", "checker:1/2")


def test_an_atom_that_gives_no_numbers_is_not_known(interpreter: PretendedInterpreter, data: Data) -> None:
    interpreter.broken = "checker:1/2"
    predictor = measure_sensitivities(Evaluator(interpreter, data.x, {}, model="m"), OPTIONS)
    assert not predictor.knows("conv_2d_1", "checker:1/2")
    assert predictor.knows("conv_2d_0", "int8+rows:1/2")


def test_a_harmless_base_is_found_whole_and_a_harmful_operator_is_left_out(
    interpreter: PretendedInterpreter, data: Data
) -> None:
    evaluator = Evaluator(interpreter, data.x, {}, model="m")
    assert harmless_part(evaluator, BASE) == BASE
    harmful = Configuration.parse("conv_2d_0=int8,conv_2d_1=cols:1/2,fully_connected_2=int8")
    assert harmless_part(evaluator, harmful) == BASE


def test_what_is_far_beaten_within_its_operator_is_not_measured(interpreter: PretendedInterpreter, data: Data) -> None:
    evaluator = Evaluator(interpreter, data.x, {}, model="m")
    options = {"conv_2d_0": ["int8", "rows:1/2"], "conv_2d_1": ["cols:1/2", "checker:1/2"]}
    rough = measure_sensitivities(evaluator, options)
    alike = {"exact": 4.0, "int8": 2.0, "rows:1/2": 3.0, "cols:1/2": 2.0, "checker:1/2": 2.0}
    costs = dict.fromkeys(options, alike)
    assert worth_measuring(options, costs, rough) == {"conv_2d_0": ["int8"], "conv_2d_1": ["checker:1/2"]}
    cheaper = {**alike, "rows:1/2": 1.0, "cols:1/2": 1.0}
    assert worth_measuring(options, dict.fromkeys(options, cheaper), rough) == options
