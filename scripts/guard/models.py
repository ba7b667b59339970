"""Outputs of real models under an approximate configuration, on samples to calibrate with and samples to try on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.guard import GuardSettings
from approxlite.policy.guarding import guard_settings
from approxlite.runtime.controller import confidence_of
from approxlite.runtime.input_change import InputChange, root_mean_square
from approxlite.runtime.interpreter import Interpreter

REPOSITORY = Path(__file__).parents[2]
COLLECTION = Path(os.environ.get("APPROX_DATA", REPOSITORY.parent / "shared" / "data"))
_CONFIGURATION = "all=rows:3/4"
_WINDOW, _HOP = 128, 64  # of activity recordings at 50 Hz
_POSTURES = (4, 5, 6)  # sitting, standing, lying
_LEAST_DIFFERING = 5  # answers, in each half, for confidences of disagreements to be drawn from


@dataclass(frozen=True)
class Part:
    """outputs: (samples, classes), of the approximate rung, in order. changes: (samples,), of the input since the one
    before, as sessions measure it; NaN at the first. still: (samples,), whether the person sat, stood or lay; None
    where samples are unrelated.
    """

    outputs: NDArray[np.float32]
    confidences: NDArray[np.float32]
    differs: NDArray[np.bool_]
    changes: NDArray[np.float32]
    still: NDArray[np.bool_] | None


@dataclass(frozen=True)
class Watched:
    """A model, how it is approximated, and its guard as calibrated on the tuning samples."""

    name: str
    configuration: str
    tuning: Part
    test: Part
    settings: GuardSettings

    @property
    def informative(self) -> bool:
        """Whether there are enough disagreements to draw from."""
        return min(int(part.differs.sum()) for part in (self.tuning, self.test)) >= _LEAST_DIFFERING


def watched(names: list[str] | None) -> list[Watched]:
    """The bundled keyword models and, where the larger collection is, those of activity; only `names`, if given."""
    keyword, activity = REPOSITORY / "examples" / "keyword", COLLECTION / "har"
    found: dict[str, Callable[[], Watched]] = {
        "keyword_float": lambda: _model(keyword / "keyword_float.tflite", [_keyword(p, "x_float") for p in _PARTS]),
        "keyword_int8": lambda: _model(keyword / "keyword_int8.tflite", [_keyword(p, "x_int8") for p in _PARTS]),
    }
    if (activity / "hapt_stream50hz_test.npz").is_file():
        for name in ("har_cnn9_float", "har_cnn9_int8"):
            path = activity / f"{name}.tflite"
            found[name] = partial(lambda path: _model(path, [_activity(p) for p in _PARTS]), path)
    wanted = list(found) if names is None else names
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise SystemExit(f"check-guard: no model '{unknown[0]}'; there are {', '.join(found)}")
    return [found[name]() for name in wanted]


_PARTS = ("tuning", "test")
_Samples = tuple[NDArray[Any], NDArray[np.bool_] | None]


def _keyword(part: str, name: str) -> _Samples:
    with np.load(REPOSITORY / "examples" / "keyword" / f"{part}.npz") as data:
        return data[name], None


def _activity(part: str) -> _Samples:
    with np.load(COLLECTION / "har" / f"hapt_stream50hz_{part}.npz") as data:
        x, labels, experiment = data["x"].astype(np.float32), data["label"], data["experiment"]
    begins = [b for b in range(0, len(x) - _WINDOW + 1, _HOP) if experiment[b] == experiment[b + _WINDOW - 1]]
    windows = np.stack([x[b : b + _WINDOW] for b in begins])[:, :, np.newaxis]
    still = np.asarray([np.isin(labels[b : b + _WINDOW], _POSTURES).all() for b in begins])
    return windows, still


def _model(path: Path, parts: list[_Samples]) -> Watched:
    interpreter = Interpreter(str(path))
    interpreter.set_ladder(["exact", _CONFIGURATION])
    interpreter.allocate_tensors()
    input_rms = root_mean_square(parts[0][0])
    tuning, test = (_part(interpreter, x, still, input_rms) for x, still in parts)
    settings = guard_settings([tuning.outputs], tuning.outputs, tuning.confidences, tuning.differs, tuning.changes)
    return Watched(path.stem, _CONFIGURATION, tuning, test, settings)


def _part(interpreter: Interpreter, x: NDArray[Any], still: NDArray[np.bool_] | None, input_rms: float) -> Part:
    measure = InputChange(input_rms)
    changes = np.empty(len(x), np.float32)
    for at, sample in enumerate(x):
        changes[at] = measure.of(sample)
        measure.keep(sample)
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if given["dtype"] != x.dtype:
        scale, zero_point = given["quantization"]
        limits = np.iinfo(given["dtype"])
        x = np.clip(np.rint(x / scale + zero_point), limits.min, limits.max).astype(given["dtype"])
    outputs = []
    for rung in (0, 1):
        interpreter.rung = rung
        values = interpreter.run_many(x).reshape(len(x), -1).astype(np.float32)
        scale, zero_point = taken["quantization"]
        outputs.append((values - zero_point) * np.float32(scale) if scale else values)
    confidences = np.asarray([confidence_of("top_two_ratio", row) for row in outputs[1]], np.float32)
    differs = outputs[0].argmax(axis=1) != outputs[1].argmax(axis=1)
    return Part(outputs[1], confidences, differs, changes, still)
