"""What the demo app makes of an accelerometer is what SciPy makes of it as the recordings were made; the app's own test
reads the same cases."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from approxlite.runtime import Interpreter

CASES = json.loads(Path(__file__).with_name("activity_windows.json").read_text())
RATE_HZ, SAMPLES, HOP, HISTORY, LATER = 50, 128, 64, 256, 64
REPOSITORY = Path(__file__).parents[2]
RECORDINGS = (
    Path(os.environ.get("APPROX_DATA", REPOSITORY.parent / "shared" / "data")) / "har/hapt_stream50hz_tuning.npz"
)


def body_acceleration(total: NDArray[np.float64]) -> NDArray[np.float64]:
    """(samples, axes) in g without noise and gravity, as UCI describes it."""
    median = total.copy()
    median[1:-1] = np.median(np.stack([total[:-2], total[1:-1], total[2:]]), axis=0)
    clean = signal.filtfilt(*signal.butter(3, 20 / (RATE_HZ / 2)), median, axis=0)
    found: NDArray[np.float64] = clean - signal.filtfilt(*signal.butter(3, 0.3 / (RATE_HZ / 2)), clean, axis=0)
    return found


def live_windows(total: NDArray[np.float64]) -> list[NDArray[np.float32]]:
    """What the app gives its model, (384,) each: all x, all y, all z."""
    found = []
    for end in range(SAMPLES + LATER, len(total) + 1, HOP):
        begin = max(0, end - HISTORY - SAMPLES - LATER)
        body = body_acceleration(total[begin:end])
        found.append(body[-SAMPLES - LATER : -LATER].T.astype(np.float32).ravel())
    return found


def test_cases_are_what_scipy_makes_of_the_motion() -> None:
    t = np.arange(CASES["samples"]) / RATE_HZ
    total = np.stack(
        [
            axis["gravity"] + sum(a * np.sin(2 * np.pi * f * t) for a, f in zip(*axis["tones"], strict=True))
            for axis in CASES["axes"]
        ],
        axis=1,
    )
    windows = live_windows(total)
    assert len(windows) == len(CASES["windows"])
    for window, wanted in zip(windows, CASES["windows"], strict=True):
        np.testing.assert_allclose(window[:: CASES["every"]], wanted, rtol=0, atol=1e-6)


@pytest.mark.skipif(not RECORDINGS.is_file(), reason=f"needs {RECORDINGS.name} of the larger collection")
def test_live_windows_are_answered_as_recorded_ones_are() -> None:
    """Filters that see a second beyond a window, and not the whole recording, change few answers and no accuracy."""
    recording = np.load(RECORDINGS)
    model = Interpreter(REPOSITORY / "examples/activity/har_cnn_acc3_float.tflite", ("exact",))
    model.allocate_tensors()

    def answer(window: NDArray[np.floating]) -> int:
        return int(np.argmax(model.run(window.reshape(SAMPLES, 3).astype(np.float32))))

    live, recorded, truth = [], [], []
    for experiment in np.unique(recording["experiment"]):
        part = recording["experiment"] == experiment
        x, label = recording["x"][part].astype(np.float64), recording["label"][part]
        for i, window in enumerate(live_windows(x[:, 6:9])):
            begin = i * HOP
            labels = label[begin : begin + SAMPLES]
            if begin >= HISTORY and labels.min() == labels.max() and 1 <= labels[0] <= 6:
                live.append(answer(window))
                recorded.append(answer(x[begin : begin + SAMPLES, 0:3].T.ravel()))
                truth.append(labels[0] - 1)
    assert len(truth) > 200
    assert np.mean(np.equal(live, recorded)) >= 0.94
    assert np.mean(np.equal(live, truth)) >= np.mean(np.equal(recorded, truth)) - 0.02
