"""An evaluator whose configurations many processes run, here or on a cluster.

Results are kept on disk as they arrive, so a worker that dies loses only what it was running, which is run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
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


STALLED_S = 600.0
"""Without a single result for so long, what is missing is asked for once more, too; then for twice as long."""


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
        self._parcel = Parcel(key, path.read_bytes(), bytes_of_weights, samples)
        self._handle = workers.share(self._parcel)

    def on(self, indices: NDArray[np.intp], entries: NDArray[np.intp] | None = None) -> Self:
        part = super().on(indices, entries)
        part._rows = indices if self._rows is None else self._rows[indices]
        return part

    def _computed(self, missing: Sequence[Configuration]) -> Iterator[tuple[Configuration, Outputs]]:
        left = [missing[begin : begin + TOGETHER] for begin in range(0, len(missing), TOGETHER)]
        failures = 0
        while left:
            groups, finished, left = left, 0, []
            for group, future in self._done(groups):
                try:
                    results = future.result()
                except self._workers.deaths:
                    left.append(group)
                    continue
                finished += 1
                yield from zip(group, results, strict=True)
            if left:
                failures = 0 if finished else failures + 1
                if failures == PATIENCE:
                    raise DeviceError(f"all workers died {PATIENCE} times without a result; give them more memory")
                self._workers.restart()
                self._handle = self._workers.share_again(self._parcel)

    def _done(
        self, groups: Sequence[Sequence[Configuration]]
    ) -> Iterator[tuple[Sequence[Configuration], Future[list[Outputs]]]]:
        """Each group once, with the first of its futures that is done.

        A cluster now and then forgets a job with the worker that had it. What is asked for again is still waited for:
        jobs may take long, and whichever future comes first has the same bits.
        """
        running = {self._submitted(group): place for place, group in enumerate(groups)}
        missing, patience_s = set(running.values()), STALLED_S
        while missing:
            done, _ = wait(running, timeout=patience_s, return_when=FIRST_COMPLETED)
            if not done:
                patience_s *= 2
                self._handle = self._workers.share_again(self._parcel)
                running |= {self._submitted(groups[place]): place for place in sorted(missing)}
            for future in done:
                place = running.pop(future)
                if place in missing:
                    missing.remove(place)
                    yield groups[place], future

    def _submitted(self, group: Sequence[Configuration]) -> Future[list[Outputs]]:
        rungs = tuple(self._spec(configuration) for configuration in group)
        try:
            return self._workers.submit(run_job, self._handle, Job(rungs, self._rows, self._entries))
        except self._workers.deaths as broken:
            failed: Future[list[Outputs]] = Future()
            failed.set_exception(broken)
            return failed
