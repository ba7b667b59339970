"""An evaluator whose configurations many processes run, here or on a cluster.

Results are kept on disk as they arrive, so a worker that dies loses only what it was running, which is run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import DeviceError
from approxlite.formats.scale import Scale
from approxlite.tuner.evaluator import NO_RUNGS, Evaluator, Outputs
from approxlite.tuner.jobs import Job, Parcel, run_job
from approxlite.tuner.workers import Workers

TOGETHER = 4
"""Configurations a worker is given at once: enough that asking costs little, few enough that none has to wait."""

PATIENCE = 3
"""Times in a row that all workers may die without a single result."""


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
        part = super().on(indices, entries)
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
                except self._workers.deaths:
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
        except self._workers.deaths as broken:
            failed: Future[list[Outputs]] = Future()
            failed.set_exception(broken)
            return failed
