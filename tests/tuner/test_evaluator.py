"""Outputs are computed once, kept, and never confused with one another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.data import Data
from approxlite.formats.errors import ModelError
from approxlite.formats.scale import Scale
from approxlite.tuner.evaluator import Evaluator, check_classes

if TYPE_CHECKING:
    from conftest import PretendedInterpreter

SCALES = {"conv_2d_0": Scale(scale=0.5, zero_point=3)}
TEXTS = ["exact", *(f"conv_2d_0={k}" for k in ("int8", "rows:3/4", "rows:1/2")), "conv_2d_1=int8"] * 5
CONFIGURATIONS = [Configuration.parse(text) for text in TEXTS]


def evaluator(interpreter: PretendedInterpreter, data: Data, cache: Path | None, **changed: object) -> Evaluator:
    known = {"samples": data.x, "scales": SCALES, "model": "m", "cache": cache, **changed}
    return Evaluator(interpreter, **known)  # type: ignore[arg-type]


def test_each_configuration_runs_once_with_its_own_knobs(interpreter: PretendedInterpreter, data: Data) -> None:
    outputs = dict(evaluator(interpreter, data, None).outputs(CONFIGURATIONS))
    assert interpreter.passes == len(outputs) == 5
    assert len({array.tobytes() for array in outputs.values()}) == 5


def test_more_than_a_ladder_is_run_in_several(interpreter: PretendedInterpreter, data: Data) -> None:
    many = [
        Configuration.parse(f"conv_2d_0={a},conv_2d_1={b},fully_connected_2={c}")
        for a in ("exact", "int8", "rows:1/2")
        for b in ("exact", "int8", "cols:1/2")
        for c in ("exact", "int8")
    ]
    assert len(dict(evaluator(interpreter, data, None).outputs(many))) == 18


def test_only_int8_operators_carry_scales(interpreter: PretendedInterpreter, data: Data) -> None:
    list(evaluator(interpreter, data, None).outputs(CONFIGURATIONS))
    scaled = {rung.configuration: set(rung.scales) for rung in interpreter.ladder}
    assert scaled["conv_2d_0=int8"] == {"conv_2d_0"}
    assert scaled["conv_2d_0=rows:1/2"] == set()


def test_what_was_computed_is_looked_up(interpreter: PretendedInterpreter, data: Data, tmp_path: Path) -> None:
    first = dict(evaluator(interpreter, data, tmp_path).outputs(CONFIGURATIONS))
    passes = interpreter.passes
    second = dict(evaluator(interpreter, data, tmp_path).outputs(CONFIGURATIONS))
    assert interpreter.passes == passes
    assert all(np.array_equal(first[c], second[c]) for c in first)


def test_an_interrupted_sweep_goes_on(interpreter: PretendedInterpreter, data: Data, tmp_path: Path) -> None:
    some = evaluator(interpreter, data, tmp_path).outputs(CONFIGURATIONS)
    next(some)
    next(some)
    assert interpreter.passes == 2
    list(evaluator(interpreter, data, tmp_path).outputs(CONFIGURATIONS))
    assert interpreter.passes == 5


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "another"},
        {"samples": np.ones((400, 6), np.float32)},
        {"scales": {"conv_2d_0": Scale(scale=1, zero_point=0)}},
    ],
)
def test_anything_that_changes_outputs_is_run_again(
    interpreter: PretendedInterpreter, data: Data, tmp_path: Path, changed: dict[str, object]
) -> None:
    int8 = [Configuration.parse("conv_2d_0=int8")]
    list(evaluator(interpreter, data, tmp_path).outputs(int8))
    list(evaluator(interpreter, data, tmp_path, **changed).outputs(int8))
    assert interpreter.passes == 2


def test_a_damaged_file_is_run_again(interpreter: PretendedInterpreter, data: Data, tmp_path: Path) -> None:
    list(evaluator(interpreter, data, tmp_path).outputs(CONFIGURATIONS))
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:-7])
    list(evaluator(interpreter, data, tmp_path).outputs(CONFIGURATIONS))
    assert interpreter.passes == 10


@pytest.mark.parametrize("shape", [(3, 1), (3, 4, 4, 2)])
def test_a_model_without_one_score_per_class_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="top class"):
        check_classes(shape[1:])


def test_axes_of_size_one_are_no_classes() -> None:
    check_classes((1, 1, 7))
