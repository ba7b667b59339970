"""Weights of a rung's own bring it nearer to exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import FormatError, InputError
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.weights import Calibrated, ChosenInputs, Owner, ThinFactors, pack_calibrated, pack_weights
from approxlite.runtime import Interpreter
from approxlite.tuner.calibration import Calibration, calibrate, recalibrate
from support.model_builder import ModelBuilder

DEEP = "conv_2d_2=int8+inputs:1/2,conv_2d_4=int8,conv_2d_6=int8+inputs:1/2,conv_2d_8=rank:3/4"


def loaded(path: Path) -> Interpreter:
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    return interpreter


def outputs(interpreter: Interpreter, rung: RungSpec, x: np.ndarray) -> np.ndarray:
    interpreter.set_ladder([rung])
    return interpreter.run_many(x).reshape(len(x), -1)


def written(path: Path, weights: dict[Owner, Calibrated]) -> Path:
    path.write_bytes(pack_weights(pack_calibrated(weights)))
    return path


def test_a_recalibrated_rung_of_the_keyword_model_is_nearer_to_exact(examples: Path, tmp_path: Path) -> None:
    model = examples / "keyword" / "keyword_float.tflite"
    with np.load(examples / "keyword" / "tuning.npz") as arrays:
        x = arrays["x_float"]
    shown, unseen = x[:150], x[150:]
    interpreter = loaded(model)
    configuration = Configuration.parse(DEEP)
    calibration = calibrate(model, interpreter, shown, {name: [str(knob)] for name, knob in configuration.entries})
    own = dict(recalibrate(model, interpreter, configuration, calibration, shown, "deep"))
    assert set(own) == {owner._replace(rung="deep") for owner in calibration.weights}
    file = written(tmp_path / "weights.bin", {**calibration.weights, **own})
    exact = outputs(interpreter, RungSpec(configuration="exact"), unseen).argmax(axis=1)
    answers = {
        name: outputs(interpreter, rung_with(configuration, calibration.scales, file, name), unseen).argmax(axis=1)
        for name in ("", "deep")
    }
    assert (answers["deep"] != exact).sum() < 0.8 * (answers[""] != exact).sum()
    again = recalibrate(model, interpreter, configuration, calibration, shown, "deep")
    for owner, weights in own.items():
        assert all(
            np.array_equal(a, b) for a, b in zip(vars(weights).values(), vars(again[owner]).values(), strict=True)
        )


def residual(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """Two blocks with a skip; the second reads what the first got wrong, and so does the skip past it."""
    builder = ModelBuilder((1, 8, 8, 16), seed=3)
    x = builder.conv_2d(builder.input, 16, (3, 3))
    x = builder.add(builder.conv_2d(x, 16, (3, 3)), x)
    path = tmp_path / "residual.tflite"
    path.write_bytes(builder.build(x))
    mixing = np.random.default_rng(4).normal(size=(16, 16))
    return path, (np.random.default_rng(5).normal(size=(120, 8, 8, 16)) @ mixing).astype("f4")


def test_an_operator_makes_up_for_what_is_wrong_with_what_is_added_to_it(tmp_path: Path) -> None:
    model, x = residual(tmp_path)
    shown, unseen = x[:80], x[80:]
    interpreter = loaded(model)
    configuration = Configuration.parse("conv_2d_0=inputs:1/2,conv_2d_1=inputs:3/4")
    calibration = calibrate(model, interpreter, shown, {name: [str(knob)] for name, knob in configuration.entries})
    own = recalibrate(model, interpreter, configuration, calibration, shown, "r")
    file = written(tmp_path / "weights.bin", {**calibration.weights, **own})
    exact = outputs(interpreter, RungSpec(configuration="exact"), unseen)
    raw, corrected = (
        float(((outputs(interpreter, rung_with(configuration, {}, file, name), unseen) - exact) ** 2).mean())
        for name in ("", "r")
    )
    assert corrected < 0.9 * raw


def test_what_is_read_stays_what_it_was(tmp_path: Path) -> None:
    model, x = residual(tmp_path)
    interpreter = loaded(model)
    configuration = Configuration.parse("conv_2d_1=inputs:1/2")
    calibration = calibrate(model, interpreter, x, {"conv_2d_1": ["inputs:1/2"]})
    own = recalibrate(model, interpreter, configuration, calibration, x, "r")
    before, after = calibration.weights[Owner("conv_2d_1", "inputs:1/2")], own[Owner("conv_2d_1", "inputs:1/2", "r")]
    assert isinstance(before, ChosenInputs)
    assert isinstance(after, ChosenInputs)
    assert np.array_equal(before.groups, after.groups)
    # Nothing before it is approximate, so there is nothing to make up for.
    np.testing.assert_allclose(after.weights, before.weights, atol=0.02)


def test_factors_stay_as_thin_and_are_fitted_anew(examples: Path) -> None:
    model = examples / "keyword" / "keyword_float.tflite"
    with np.load(examples / "keyword" / "tuning.npz") as arrays:
        x = arrays["x_float"][:60]
    interpreter = loaded(model)
    configuration = Configuration.parse("conv_2d_2=inputs:1/2,conv_2d_4=rank:1/2")
    calibration = calibrate(model, interpreter, x, {name: [str(knob)] for name, knob in configuration.entries})
    own = recalibrate(model, interpreter, configuration, calibration, x, "r")
    before, after = calibration.weights[Owner("conv_2d_4", "rank:1/2")], own[Owner("conv_2d_4", "rank:1/2", "r")]
    assert isinstance(before, ThinFactors)
    assert isinstance(after, ThinFactors)
    assert before.first.shape == after.first.shape
    assert not np.array_equal(before.first, after.first)
    assert not np.array_equal(before.weights, after.weights)


def test_a_rung_needs_a_name_and_calibrated_weights(tmp_path: Path) -> None:
    model, x = residual(tmp_path)
    interpreter = loaded(model)
    configuration = Configuration.parse("conv_2d_1=inputs:1/2")
    with pytest.raises(InputError, match="name"):
        recalibrate(model, interpreter, configuration, Calibration({}, {}), x[:4], "")
    with pytest.raises(FormatError, match="conv_2d_1=inputs:1/2"):
        recalibrate(model, interpreter, configuration, Calibration({}, {}), x[:4], "r")
