"""Processes that run jobs: on this computer, or the workers of a cluster."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from approxlite.formats.errors import DeviceError, one_line
from approxlite.tuner.evaluator import Outputs
from approxlite.tuner.jobs import Job, Parcel


class Workers(Protocol):
    """Processes that run functions. Belongs to one thread."""

    @property
    def deaths(self) -> tuple[type[Exception], ...]:
        """What a job fails with whose worker died."""
        ...

    def share(self, parcel: Parcel) -> Any:
        """A handle that jobs may carry instead of the parcel."""
        ...

    def share_again(self, parcel: Parcel) -> Any:
        """Another handle of it, by the workers that are there now."""
        ...

    def submit(self, function: Callable[[Any, Job], list[Outputs]], handle: Any, job: Job) -> Future[list[Outputs]]: ...

    def restart(self) -> None:
        """After workers died in a way that no job survives."""
        ...


class LocalWorkers:
    """`count` processes on this computer; a context manager. Parcels lie in a folder of their own meanwhile."""

    deaths: tuple[type[Exception], ...] = (BrokenProcessPool, CancelledError)

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

    def share_again(self, parcel: Parcel) -> Path:
        return self.share(parcel)

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
            from distributed.comm.core import CommClosedError
            from distributed.scheduler import KilledWorker
        except ImportError:
            raise DeviceError("--cluster needs dask.distributed; install approxlite[search]") from None
        try:
            self._client: Any = Client(address, timeout=timeout_s)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as problem:
            raise DeviceError(f"no cluster at {address} ({one_line(problem, 90)}); start a scheduler") from None
        self._executor: Executor = self._client.get_executor()  # type: ignore[no-untyped-call]
        self._shared: dict[str, Any] = {}
        self.deaths: tuple[type[Exception], ...] = (KilledWorker, CommClosedError, CancelledError)

    def share(self, parcel: Parcel) -> Any:
        if parcel.key not in self._shared:
            self._shared[parcel.key] = self._client.scatter(parcel, broadcast=True)
        return self._shared[parcel.key]

    def share_again(self, parcel: Parcel) -> Any:
        # Its only copy may have died with a worker. To one worker, from which others fetch it: sent to all, it would
        # wait for those that are about to be replaced.
        self._shared[parcel.key] = self._client.scatter(parcel)
        return self._shared[parcel.key]

    def submit(self, function: Callable[[Any, Job], list[Outputs]], handle: Any, job: Job) -> Future[list[Outputs]]:
        return self._executor.submit(function, handle, job)

    def restart(self) -> None:
        """The scheduler replaces workers by itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()
