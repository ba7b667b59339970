"""Workers give what one process gives, however many they are and whatever dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.data import load_data
from approxlite.formats.errors import DeviceError
from approxlite.formats.weights import pack_calibrated, pack_weights
from approxlite.runtime import Interpreter
from approxlite.tuner import working_evaluator
from approxlite.tuner.calibration import calibrate
from approxlite.tuner.evaluator import Evaluator, Outputs
from approxlite.tuner.jobs import Job, Parcel
from approxlite.tuner.workers import ClusterWorkers, LocalWorkers, Workers
from approxlite.tuner.working_evaluator import WorkingEvaluator

TEXTS = [f"conv_2d_{i}={knob}" for i in (2, 4, 6, 8) for knob in ("int8", "rows:1/2", "checker:1/2")]
CONFIGURATIONS = [Configuration(), *(Configuration.parse(text) for text in TEXTS)]
WITH_WEIGHTS = {"conv_2d_2": ["inputs:1/2"], "conv_2d_4": ["int8+inputs:1/2", "rank:1/2"]}
CALIBRATED = [Configuration.parse(f"{name}={knob}") for name, knobs in WITH_WEIGHTS.items() for knob in knobs]


@pytest.fixture(scope="module")
def model(examples: Path) -> Path:
    return examples / "keyword" / "keyword_float.tflite"


@pytest.fixture(scope="module")
def alone(model: Path, examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluator:
    """In this process."""
    samples = load_data(examples / "keyword" / "tuning.npz", (1, 49, 10, 1), np.float32).x[:24]
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    calibration = calibrate(model, interpreter, samples, WITH_WEIGHTS)
    weights = tmp_path_factory.mktemp("weights") / "weights.bin"
    weights.write_bytes(pack_weights(pack_calibrated(calibration.weights)))
    return Evaluator(interpreter, samples, calibration.scales, model="keyword", weights=weights)


def spread(alone: Evaluator, model: Path, workers: Workers, cache: Path | None = None) -> WorkingEvaluator:
    return WorkingEvaluator(
        workers, model, alone.samples, alone.scales, model="keyword", weights=alone.weights, cache=cache
    )


class Dying:
    """Workers whose jobs all fail, as when a machine runs out of memory."""

    deaths: tuple[type[Exception], ...] = (BrokenProcessPool,)
    restarts = 0

    def share(self, parcel: Parcel) -> str:
        return parcel.key

    share_again = share

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
    assert equal_bits(found, expected)


def equal_bits(found: Mapping[Configuration, Outputs], expected: Mapping[Configuration, Outputs]) -> bool:
    return set(found) == set(expected) and all(np.array_equal(found[c], expected[c]) for c in expected)


@pytest.mark.parametrize("count", [1, 2])
def test_calibrated_weights_reach_the_workers(alone: Evaluator, model: Path, count: int) -> None:
    expected = dict(alone.outputs(CALIBRATED))
    with LocalWorkers(count) as workers:
        assert equal_bits(dict(spread(alone, model, workers).outputs(CALIBRATED)), expected)
    placeholders = Evaluator(alone._interpreter, alone.samples, alone.scales, model="keyword without weights")
    without = dict(placeholders.outputs(CALIBRATED))
    assert not any(np.array_equal(without[c], expected[c]) for c in CALIBRATED)


def test_a_cluster_gives_the_same_bits(alone: Evaluator, model: Path) -> None:
    from distributed import LocalCluster

    asked = [*CONFIGURATIONS[:5], *CALIBRATED]
    expected = dict(alone.outputs(asked))
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0") as cluster,
        ClusterWorkers(cluster.scheduler_address) as workers,
    ):
        assert equal_bits(dict(spread(alone, model, workers).outputs(asked)), expected)


def test_a_worker_of_a_cluster_killed_meanwhile_loses_nothing(
    alone: Evaluator, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(working_evaluator, "STALLED_S", 20.0)
    expected, found = dict(alone.outputs(CONFIGURATIONS)), {}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        ClusterWorkers(cluster.scheduler_address) as workers,
    ):
        for configuration, outputs in spread(alone, model, workers).outputs(CONFIGURATIONS):
            if not found:
                os.kill(cluster.workers[0].pid, signal.SIGKILL)
            found[configuration] = outputs
    assert equal_bits(found, expected)


def test_a_parcel_whose_only_copy_dies_with_its_worker_is_shared_again(
    alone: Evaluator, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(ClusterWorkers, "share", ClusterWorkers.share_again)
    monkeypatch.setattr(working_evaluator, "STALLED_S", 5.0)
    expected, found = dict(alone.outputs(CONFIGURATIONS)), {}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        ClusterWorkers(cluster.scheduler_address) as workers,
    ):
        evaluator = spread(alone, model, workers)
        (address,) = workers._client.who_has([evaluator._handle])[evaluator._handle.key]
        (keeper,) = (each.pid for each in cluster.workers.values() if each.worker_address == address)
        os.kill(keeper, signal.SIGKILL)
        for configuration, outputs in evaluator.outputs(CONFIGURATIONS):
            found[configuration] = outputs
    assert equal_bits(found, expected)


def test_a_job_that_workers_forget_is_asked_for_again(
    alone: Evaluator, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgetful(LocalWorkers):
        forgotten = 0

        def submit(self, function: Any, handle: Any, job: Any) -> Future[list[Outputs]]:
            if not self.forgotten:
                self.forgotten += 1
                return Future()
            return super().submit(function, handle, job)

    monkeypatch.setattr(working_evaluator, "STALLED_S", 0.5)
    expected = dict(alone.outputs(CONFIGURATIONS))
    with Forgetful(1) as workers:
        assert equal_bits(dict(spread(alone, model, workers).outputs(CONFIGURATIONS)), expected)


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
