"""The bundled keyword model, profiled and tuned for real with small budgets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from approxlite.formats.curve import Curve, load_curve, rung_of, unpack_scales, weights_path
from approxlite.formats.data import Data, load_data
from approxlite.formats.profile import load_profile
from approxlite.policy.split import split
from approxlite.profiler.live import LiveHost
from approxlite.profiler.profile import profile_host
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.summary import recorded
from approxlite.runtime import Interpreter
from approxlite.tuner.tune import tune


@pytest.fixture(scope="module")
def model(examples: Path) -> Path:
    return examples / "keyword" / "keyword_float.tflite"


@pytest.fixture(scope="module")
def data(examples: Path) -> Data:
    return load_data(examples / "keyword" / "tuning.npz", (1, 49, 10, 1), np.float32)


@pytest.fixture(scope="module")
def profile(model: Path, tmp_path_factory: pytest.TempPathFactory) -> RecordedProfile:
    out = tmp_path_factory.mktemp("profile") / "profile.jsonl"
    summary = profile_host(model, out, budget_s=0.1)
    assert recorded(load_profile(out)) == summary
    return summary


@pytest.fixture(scope="module")
def curve(
    model: Path, data: Data, profile: RecordedProfile, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Curve]:
    out = tmp_path_factory.mktemp("curve") / "curve.json"
    return out, tune(model, data, profile, out=out, evaluations=12)


def test_every_knob_of_every_operator_has_a_time(model: Path, profile: RecordedProfile) -> None:
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    assert {name: list(knobs) for name, knobs in profile.operators.items()} == {
        operator.id: list(operator.knobs) for operator in interpreter.operators
    }


def test_the_curve_saves_time_and_keeps_answers(curve: tuple[Path, Curve]) -> None:
    _, found = curve
    exact, *others = found.points
    assert exact.cost is not None
    harmless = [p for p in others if p.disagreement and p.disagreement.value <= 0.01 and p.cost]
    assert min(p.cost.value for p in harmless if p.cost) < 0.85 * exact.cost.value
    assert all(point.accuracy is not None and point.accuracy.value > 0.8 for point in [exact, *harmless])


def test_a_saved_point_runs_as_it_was_measured(model: Path, data: Data, curve: tuple[Path, Curve]) -> None:
    loaded, weights = load_curve(curve[0])
    scales = unpack_scales(weights)
    last = loaded.points[-1]
    ladder = [rung_of(point, scales, weights_path(curve[0])) for point in (loaded.points[0], last)]
    interpreter = Interpreter(model, ladder)
    interpreter.allocate_tensors()
    x = data.x[split(data, 0).search]
    exact = interpreter.run_many(x).argmax(axis=-1)
    interpreter.rung = 1
    assert last.disagreement is not None
    assert last.disagreement.value == np.mean(interpreter.run_many(x).argmax(axis=-1) != exact)


def test_the_same_profile_gives_the_same_curve(
    model: Path, data: Data, profile: RecordedProfile, curve: tuple[Path, Curve]
) -> None:
    again = tune(model, data, profile, evaluations=12)
    assert again.model_copy(update={"created": curve[1].created}) == curve[1]


def test_a_live_host_times_what_the_profile_predicts(model: Path, profile: RecordedProfile) -> None:
    texts = ["exact", "conv_2d_2=int8,conv_2d_4=int8"]
    live = LiveHost(model, seconds=0.2)(texts)
    assert [measurement.configuration for measurement in live] == texts
    for measured, predicted in zip(live, profile.measure(texts), strict=True):
        assert measured.cost.low <= measured.cost.value <= measured.cost.high
        assert measured.cost.value == pytest.approx(predicted.cost.value, rel=0.5)
