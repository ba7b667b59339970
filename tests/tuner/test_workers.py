"""Workers give what one process gives, however many they are and whatever dies."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.data import load_data
from approxlite.formats.errors import DeviceError
from approxlite.runtime import Interpreter
from approxlite.tuner.calibration import calibrate
from approxlite.tuner.evaluator import Evaluator, Outputs
from approxlite.tuner.workers import ClusterWorkers, Job, LocalWorkers, Parcel, WorkingEvaluator

TEXTS = [f"conv_2d_{i}={knob}" for i in (2, 4, 6, 8) for knob in ("int8", "rows:1/2", "checker:1/2")]
CONFIGURATIONS = [Configuration(), *(Configuration.parse(text) for text in TEXTS)]


@pytest.fixture(scope="module")
def model(examples: Path) -> Path:
    return examples / "keyword" / "keyword_float.tflite"


@pytest.fixture(scope="module")
def alone(model: Path, examples: Path) -> Evaluator:
    """In this process."""
    samples = load_data(examples / "keyword" / "tuning.npz", (1, 49, 10, 1), np.float32).x[:24]
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    return Evaluator(interpreter, samples, calibrate(interpreter, samples), model="keyword")


def spread(alone: Evaluator, model: Path, workers: LocalWorkers | Dying, cache: Path | None = None) -> WorkingEvaluator:
    return WorkingEvaluator(workers, model, alone.samples, alone.scales, model="keyword", cache=cache)


class Dying:
    """Workers whose jobs all fail, as when a machine runs out of memory."""

    restarts = 0

    def share(self, parcel: Parcel) -> str:
        return parcel.key

    def submit(self, _function: object, _handle: object, _job: Job) -> Future[list[Outputs]]:
        failed: Future[list[Outputs]] = Future()
        failed.set_exception(BrokenProcessPool("died"))
        return failed

    def restart(self) -> None:
        self.restarts += 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_workers_gives_the_same_bits(alone: Evaluator, model: Path, count: int) -> None:
    expected = dict(alone.outputs(CONFIGURATIONS))
    with LocalWorkers(count) as workers:
        found = dict(spread(alone, model, workers).outputs(CONFIGURATIONS))
    assert set(found) == set(expected)
    assert all(np.array_equal(found[c], expected[c]) for c in expected)


def test_some_samples_and_entries_are_those_of_the_whole(alone: Evaluator, model: Path) -> None:
    rows, entries = np.array([3, 1, 20]), np.array([0, 5])
    expected = dict(alone.outputs(CONFIGURATIONS[:2]))
    with LocalWorkers(1) as workers:
        found = dict(spread(alone, model, workers).on(rows, entries).outputs(CONFIGURATIONS[:2]))
    assert all(np.array_equal(found[c], expected[c][rows][:, entries]) for c in expected)


def test_a_worker_killed_meanwhile_loses_nothing(alone: Evaluator, model: Path, tmp_path: Path) -> None:
    expected = dict(alone.outputs(CONFIGURATIONS))
    found = {}
    with LocalWorkers(2) as workers:
        for configuration, outputs in spread(alone, model, workers, tmp_path).outputs(CONFIGURATIONS):
            if not found:
                os.kill(workers.processes()[0], signal.SIGKILL)
            found[configuration] = outputs
    assert all(np.array_equal(found[c], expected[c]) for c in expected)
    assert len(list(tmp_path.iterdir())) == len(CONFIGURATIONS)


def test_what_workers_kept_is_looked_up(alone: Evaluator, model: Path, tmp_path: Path) -> None:
    with LocalWorkers(1) as workers:
        first = dict(spread(alone, model, workers, tmp_path).outputs(CONFIGURATIONS[:3]))
    again = dict(spread(alone, model, Dying(), tmp_path).outputs(CONFIGURATIONS[:3]))
    assert all(np.array_equal(first[c], again[c]) for c in first)


def test_workers_that_only_die_are_given_up(alone: Evaluator, model: Path) -> None:
    workers = Dying()
    with pytest.raises(DeviceError, match="died 3 times"):
        dict(spread(alone, model, workers).outputs(CONFIGURATIONS))
    assert workers.restarts == 2


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceError, match="cluster"):
        ClusterWorkers("tcp://127.0.0.1:9", timeout_s=0.2)
