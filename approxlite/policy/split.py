"""Dividing data once, by seed: what calibrates and searches never sees the samples that certify."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.data import Data
from approxlite.formats.errors import DataError
from approxlite.formats.provenance import SplitRecord

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Sorted sample indices of each part. `certification` shares no sample with the others; `calibration` and
    `search` are either the same samples or share none."""

    seed: int
    data_sha256: str
    calibration: Indices
    search: Indices
    certification: Indices

    def record(self) -> SplitRecord:
        """What a curve or a policy keeps of it."""
        return SplitRecord(
            seed=self.seed,
            data_sha256=self.data_sha256,
            calibration=len(self.calibration),
            search=len(self.search),
            certification=len(self.certification),
        )


def split(data: Data, seed: int = 0, *, certification: float = 0.5, calibration: float | None = None) -> Split:
    """Divides `data`; `certification` is the share kept for certifying, at least that much of it.

    Calibration and search share the rest, because choosing 8-bit grids and choosing knobs hardly overfit one another
    and small data sets have no sample to spare; give `calibration` its own share to keep them apart.
    Raises DataError when a part would be empty.
    """
    if not 0 < certification < 1 or not (calibration is None or 0 < calibration < 1 - certification):
        raise ValueError(f"shares of certification {certification} and calibration {calibration} leave nothing")
    samples = len(data)
    certifying = int(np.ceil(samples * certification))
    tuning = samples - certifying
    calibrating = tuning if calibration is None else int(samples * calibration)
    searching = tuning if calibration is None else tuning - calibrating
    if min(certifying, calibrating, searching) < 1:
        raise DataError(f"{data.name}: {samples} samples are too few to tune on some and certify on others")
    return _parts(samples, seed, data.sha256, calibrating, searching, certifying)


def rebuild(record: SplitRecord, data: Data) -> Split:
    """The very split that `record` was made of. Raises DataError if `data` is not the data it divided."""
    if record.data_sha256 != data.sha256:
        raise DataError(f"{data.name}: not the data it was tuned on (sha256 {data.sha256[:12]}, not "
                        f"{record.data_sha256[:12]}); give the same file and the same mean, std and scale")  # fmt: skip
    counts = (record.calibration, record.search, record.certification)
    shared = record.calibration == record.search and record.search + record.certification == len(data)
    if not shared and sum(counts) != len(data):
        raise DataError(f"{data.name}: has {len(data)} samples, which do not divide into {counts}")
    return _parts(len(data), record.seed, record.data_sha256, *counts)


def _parts(samples: int, seed: int, data_sha256: str, calibrating: int, searching: int, certifying: int) -> Split:
    order = _order(samples, seed)
    tuning = order[: samples - certifying]
    return Split(
        seed=seed,
        data_sha256=data_sha256,
        calibration=np.sort(tuning[:calibrating]),
        search=np.sort(tuning[len(tuning) - searching :]),
        certification=np.sort(order[samples - certifying :]),
    )


def _order(samples: int, seed: int) -> Indices:
    """A permutation by hash: the same for ever, whatever becomes of a library's random numbers."""
    keys = [hashlib.sha256(f"{seed}:{i}".encode()).digest() for i in range(samples)]
    return np.array(sorted(range(samples), key=keys.__getitem__), dtype=np.intp)
