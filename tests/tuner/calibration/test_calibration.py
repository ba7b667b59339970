"""Calibrated weights of the bundled keyword model."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import ModelError
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.weights import Calibrated, ChosenInputs, Owner, ThinFactors, pack_calibrated, pack_weights
from approxlite.runtime import Interpreter
from approxlite.tuner.calibration import Calibration, calibrate
from support.model_builder import ModelBuilder

SHOWN = 100
"""The first samples calibrate, the others judge."""


def knobs_of(interpreter: Interpreter) -> dict[str, tuple[str, ...]]:
    return {operator.id: operator.knobs for operator in interpreter.operators}


@pytest.fixture(scope="module")
def model(examples: Path) -> Path:
    return examples / "keyword" / "keyword_float.tflite"


@pytest.fixture(scope="module")
def samples(examples: Path) -> np.ndarray:
    with np.load(examples / "keyword" / "tuning.npz") as arrays:
        return arrays["x_float"]


@pytest.fixture(scope="module")
def interpreter(model: Path) -> Interpreter:
    interpreter = Interpreter(str(model))
    interpreter.allocate_tensors()
    return interpreter


@pytest.fixture(scope="module")
def calibration(model: Path, interpreter: Interpreter, samples: np.ndarray) -> Calibration:
    return calibrate(model, interpreter, samples[:SHOWN], knobs_of(interpreter))


def same(one: Calibrated, other: Calibrated) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(vars(one).values(), vars(other).values(), strict=True))


def test_every_knob_that_brings_weights_along_has_them(calibration: Calibration, interpreter: Interpreter) -> None:
    wanted = {
        Owner(operator.id, atom)
        for operator in interpreter.operators
        for knob in operator.knobs
        for atom in knob.split("+")
        if atom.startswith(("inputs", "rank"))
    }
    assert set(calibration.weights) == wanted
    assert set(calibration.scales) >= {owner.operator for owner in wanted}
    assert pack_calibrated(calibration.weights)


def test_only_what_is_asked_for_is_calibrated(model: Path, interpreter: Interpreter, samples: np.ndarray) -> None:
    asked = {"conv_2d_4": ["int8", "int8+inputs:1/2"], "conv_2d_6": ["rows:1/2"], "softmax_12": ["exact"]}
    assert set(calibrate(model, interpreter, samples[:10], asked).weights) == {Owner("conv_2d_4", "inputs:1/2")}


def test_equal_samples_give_equal_weights(
    calibration: Calibration, model: Path, interpreter: Interpreter, samples: np.ndarray
) -> None:
    again = calibrate(model, interpreter, samples[:SHOWN].copy(), knobs_of(interpreter))
    assert again.scales == calibration.scales
    assert list(again.weights) == list(calibration.weights)
    assert all(same(again.weights[owner], own) for owner, own in calibration.weights.items())


def test_weights_cost_what_placeholders_cost(calibration: Calibration) -> None:
    half = calibration.weights[Owner("conv_2d_4", "inputs:1/2")]
    thin = calibration.weights[Owner("conv_2d_4", "rank:1/2")]
    assert isinstance(half, ChosenInputs)
    assert isinstance(thin, ThinFactors)
    assert len(half.groups) == 8  # of 64 / 4
    assert thin.first.shape == (16, 64)  # 16 * (64 + 64) is half of 64 * 64


def test_a_smaller_fraction_reads_a_part_of_what_a_larger_one_reads(calibration: Calibration) -> None:
    for owner, quarter in calibration.weights.items():
        if owner.atom == "inputs:1/4":
            half, most = (calibration.weights[owner._replace(atom=f"inputs:{f}")] for f in ("1/2", "3/4"))
            assert isinstance(quarter, ChosenInputs)
            assert isinstance(half, ChosenInputs)
            assert isinstance(most, ChosenInputs)
            assert set(quarter.groups) < set(half.groups) < set(most.groups)


@pytest.mark.parametrize("atom", ["inputs:3/4", "inputs:1/2", "int8+inputs:1/2", "rank:1/2", "int8+rank:3/4"])
def test_calibrated_weights_keep_far_more_answers_than_placeholders(
    atom: str, calibration: Calibration, interpreter: Interpreter, samples: np.ndarray, tmp_path: Path
) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(pack_weights(pack_calibrated(calibration.weights)))
    changed = {"calibrated": 0, "placeholders": 0}
    for operator in ("conv_2d_2", "conv_2d_8"):
        configuration = Configuration.parse(f"{operator}={atom}")
        rungs = [RungSpec(configuration="exact")]
        rungs += [rung_with(configuration, calibration.scales, weights) for weights in (file, None)]
        interpreter.set_ladder(rungs)
        answers = []
        for rung in range(3):
            interpreter.rung = rung
            answers.append(interpreter.run_many(samples[SHOWN:]).argmax(axis=-1))
        changed["calibrated"] += int((answers[1] != answers[0]).sum())
        changed["placeholders"] += int((answers[2] != answers[0]).sum())
    assert changed["calibrated"] <= 0.5 * changed["placeholders"]
    assert changed["calibrated"] <= 0.2 * 2 * len(samples[SHOWN:])


def test_memory_does_not_grow_with_samples(model: Path, interpreter: Interpreter, samples: np.ndarray) -> None:
    def peak(count: int) -> int:
        chosen = np.resize(samples, (count, *samples.shape[1:]))
        tracemalloc.start()
        calibrate(model, interpreter, chosen, {"conv_2d_4": ["inputs:1/2"]})
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(8)
    outputs = 12 * 4 + 200  # bytes that every sample's answer takes, and the array around it
    assert peak(400) <= 1.1 * peak(80) + 320 * outputs


def test_samples_that_are_no_numbers_are_refused_in_one_line(
    model: Path, interpreter: Interpreter, samples: np.ndarray
) -> None:
    broken = samples[:8].copy()
    broken[3] = np.nan
    with pytest.raises(ModelError, match="conv_2d_0: reads values that are not finite") as refusal:
        calibrate(model, interpreter, broken, {"conv_2d_0": ["inputs:1/2"]})
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_the_interpreters_model_is_refused_in_one_line(
    interpreter: Interpreter, samples: np.ndarray, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "m.tflite").write_bytes(model.read_bytes()[:3000])
    with pytest.raises(ModelError) as refusal:
        calibrate(tmp_path / "m.tflite", interpreter, samples[:4], {"conv_2d_4": ["inputs:1/2"]})
    assert "\n" not in str(refusal.value)
    builder = ModelBuilder((1, 49, 10, 1))
    (tmp_path / "other.tflite").write_bytes(builder.build(builder.conv_2d(builder.input, 8, (4, 4))))
    assert not calibrate(tmp_path / "other.tflite", interpreter, samples[:4], {"conv_2d_4": ["inputs:1/2"]}).weights
