"""What a worker is given and what it does with it: rungs of a model, run on some of the samples that all jobs share.

A worker loads each model once.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.rung import RungSpec
from approxlite.runtime import Interpreter
from approxlite.tuner.evaluator import Outputs, run_in_steps


@dataclass(frozen=True)
class Job:
    """Some rungs to be run on some of the shared samples. rows, entries: which of them, all if None."""

    rungs: tuple[RungSpec, ...]
    rows: NDArray[np.intp] | None
    entries: NDArray[np.intp] | None


@dataclass(frozen=True)
class Parcel:
    """What all jobs of a model share, as it travels: the bytes of model and weights.bin, and the samples, (N, ...)."""

    key: str
    model: bytes
    weights: bytes
    samples: NDArray[Any]


def run_job(handle: Path | Parcel, job: Job) -> list[Outputs]:
    """In a worker: (samples, entries) of each rung."""
    parcel = _parcel(handle) if isinstance(handle, Path) else handle
    with _ONE_AT_A_TIME:
        return _run(handle, parcel, job)


def _run(handle: Path | Parcel, parcel: Parcel, job: Job) -> list[Outputs]:
    interpreter = _interpreter(parcel.key, parcel.model)
    samples = parcel.samples if job.rows is None else parcel.samples[job.rows]
    with _weights_at_hand(handle, parcel) as weights:
        interpreter.set_ladder([_here(rung, weights) for rung in job.rungs])
    results = []
    for rung in range(len(job.rungs)):
        interpreter.rung = rung
        results.append(run_in_steps(interpreter, samples, job.entries))
    return results


def _here(rung: RungSpec, weights: Path) -> RungSpec:
    """The rung with its weights where this process has them."""
    return rung if rung.weights is None else rung.model_copy(update={"weights": weights})


@contextmanager
def _weights_at_hand(handle: Path | Parcel, parcel: Parcel) -> Iterator[Path]:
    """A file of the parcel's weights, for as long as a ladder is being prepared: it holds on to what it maps."""
    if isinstance(handle, Path):
        yield handle / "weights.bin"
        return
    with tempfile.TemporaryDirectory(prefix="approxlite-weights-") as folder:
        path = Path(folder) / "weights.bin"
        path.write_bytes(parcel.weights)
        yield path


@lru_cache(maxsize=2)
def _parcel(folder: Path) -> Parcel:
    model = (folder / "model.tflite").read_bytes()
    return Parcel(
        folder.name, model, (folder / "weights.bin").read_bytes(), np.load(folder / "samples.npy", mmap_mode="r")
    )


_ONE_AT_A_TIME = threading.Lock()
"""A cluster's workers may have several threads, an interpreter belongs to one at a time."""

_LOADED: dict[str, Interpreter] = {}


def _interpreter(key: str, model: bytes) -> Interpreter:
    """The one of this process; loading another model lets go of the last."""
    if key not in _LOADED:
        _LOADED.clear()
        interpreter = Interpreter(model)
        interpreter.allocate_tensors()
        _LOADED[key] = interpreter
    return _LOADED[key]
