"""Many processes, here or on a cluster, that run configurations; each loads a model once.

Results are kept on disk as they arrive, so a worker that dies loses only what it was running, which is run again.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import DeviceError, one_line
from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.runtime import Interpreter
from approxlite.tuner.evaluator import NO_RUNGS, Evaluator, Outputs, run_in_steps

TOGETHER = 4
"""Configurations a worker is given at once: enough that asking costs little, few enough that none has to wait."""

PATIENCE = 3
"""Times in a row that all workers may die without a single result."""


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


class Workers(Protocol):
    """Processes that run functions. Belongs to one thread."""

    def share(self, parcel: Parcel) -> Any:
        """A handle that jobs may carry instead of the parcel."""
        ...

    def submit(self, function: Callable[[Any, Job], list[Outputs]], handle: Any, job: Job) -> Future[list[Outputs]]: ...

    def restart(self) -> None:
        """After workers died in a way that no job survives."""
        ...


class LocalWorkers:
    """`count` processes on this computer; a context manager. Parcels lie in a folder of their own meanwhile."""

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"at least one worker, not {count}")
        self.count = count
        self._folder = Path(tempfile.mkdtemp(prefix="approxlite-workers-"))
        self._executor = self._started()

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.count, mp_context=multiprocessing.get_context("spawn"))

    def share(self, parcel: Parcel) -> Path:
        folder = self._folder / parcel.key
        if not folder.exists():
            folder.mkdir()
            np.save(folder / "samples.npy", parcel.samples)
            (folder / "model.tflite").write_bytes(parcel.model)
            (folder / "weights.bin").write_bytes(parcel.weights)
        return folder

    def submit(self, function: Callable[[Any, Job], list[Outputs]], handle: Any, job: Job) -> Future[list[Outputs]]:
        return self._executor.submit(function, handle, job)

    def restart(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._started()

    def processes(self) -> list[int]:
        """Ids of the processes that have been started."""
        return list(self._executor._processes or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)


class ClusterWorkers:
    """The workers of a dask.distributed cluster; a context manager. They need approxlite of the same version.

    Raises DeviceError where distributed is not installed or no scheduler answers at `address`.
    """

    def __init__(self, address: str, *, timeout_s: float = 10.0) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise DeviceError("--cluster needs dask.distributed; install approxlite[search]") from None
        try:
            self._client: Any = Client(address, timeout=timeout_s)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as problem:
            raise DeviceError(f"no cluster at {address} ({one_line(problem, 90)}); start a scheduler") from None
        self._executor: Executor = self._client.get_executor()  # type: ignore[no-untyped-call]
        self._shared: dict[str, Any] = {}

    def share(self, parcel: Parcel) -> Any:
        if parcel.key not in self._shared:
            self._shared[parcel.key] = self._client.scatter(parcel, broadcast=True)
        return self._shared[parcel.key]

    def submit(self, function: Callable[[Any, Job], list[Outputs]], handle: Any, job: Job) -> Future[list[Outputs]]:
        return self._executor.submit(function, handle, job)

    def restart(self) -> None:
        """The scheduler replaces workers by itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()


class WorkingEvaluator(Evaluator):
    """An evaluator whose configurations are run by `workers`; the results do not depend on how many there are."""

    def __init__(
        self,
        workers: Workers,
        path: Path,
        samples: NDArray[Any],
        scales: Mapping[str, Scale],
        *,
        model: str,
        weights: Path | None = None,
        rungs: Mapping[Configuration, str] = NO_RUNGS,
        cache: Path | None = None,
    ) -> None:
        super().__init__(None, samples, scales, model=model, weights=weights, rungs=rungs, cache=cache)
        self._workers = workers
        self._rows: NDArray[np.intp] | None = None
        bytes_of_weights = b"" if weights is None else weights.read_bytes()
        key = hashlib.sha256(self._identity.digest() + self._weights_hash).hexdigest()[:32]
        self._handle = workers.share(Parcel(key, path.read_bytes(), bytes_of_weights, samples))

    def on(self, indices: NDArray[np.intp], entries: NDArray[np.intp] | None = None) -> Self:
        part = type(self).__new__(type(self))
        part.__dict__.update(self.__dict__)
        Evaluator.__init__(
            part,
            None,
            self.samples[indices],
            self.scales,
            model=self._model,
            weights=self._weights,
            rungs=self._rungs,
            cache=self._cache,
            entries=self._of_entries(entries),
        )
        part._rows = indices if self._rows is None else self._rows[indices]
        return part

    def _computed(self, missing: Sequence[Configuration]) -> Iterator[tuple[Configuration, Outputs]]:
        left = [missing[begin : begin + TOGETHER] for begin in range(0, len(missing), TOGETHER)]
        failures = 0
        while left:
            running = {self._submitted(group): group for group in left}
            finished, left = 0, []
            for future in as_completed(running):
                try:
                    results = future.result()
                except (BrokenProcessPool, CancelledError):
                    left.append(running[future])
                    continue
                finished += 1
                yield from zip(running[future], results, strict=True)
            if left:
                failures = 0 if finished else failures + 1
                if failures == PATIENCE:
                    raise DeviceError(f"all workers died {PATIENCE} times without a result; give them more memory")
                self._workers.restart()

    def _submitted(self, group: Sequence[Configuration]) -> Future[list[Outputs]]:
        rungs = tuple(self._spec(configuration) for configuration in group)
        try:
            return self._workers.submit(run_job, self._handle, Job(rungs, self._rows, self._entries))
        except BrokenProcessPool as broken:
            failed: Future[list[Outputs]] = Future()
            failed.set_exception(broken)
            return failed


def run_job(handle: Path | Parcel, job: Job) -> list[Outputs]:
    """In a worker: (samples, entries) of each rung."""
    parcel = _parcel(handle) if isinstance(handle, Path) else handle
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


_LOADED: dict[str, Interpreter] = {}


def _interpreter(key: str, model: bytes) -> Interpreter:
    """The one of this process; loading another model lets go of the last."""
    if key not in _LOADED:
        _LOADED.clear()
        interpreter = Interpreter(model)
        interpreter.allocate_tensors()
        _LOADED[key] = interpreter
    return _LOADED[key]
