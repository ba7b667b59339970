"""Dividing data once, by seed: what calibrates and searches never sees the samples that certify."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.data import Data
from approxlite.formats.errors import DataError
from approxlite.formats.provenance import SplitRecord
from approxlite.policy.fingerprints import Indices, distinct, sketch


@dataclass(frozen=True)
class Split:
    """Sorted sample indices of each part. `certification` shares no sample with the others; `calibration` and
    `search` are either the same samples or share none. Of samples that are equal bit for bit only the first is in a
    part. `tuning_sketch`: by which samples of calibration and search are recognised in other data. `by`: the array that
    named groups, none of which is on both sides, if the data was divided by group."""

    seed: int
    data_sha256: str
    calibration: Indices
    search: Indices
    certification: Indices
    tuning_sketch: tuple[str, ...]
    by: str = ""

    def record(self) -> SplitRecord:
        """What a curve or a policy keeps of it."""
        return SplitRecord(
            seed=self.seed,
            data_sha256=self.data_sha256,
            calibration=len(self.calibration),
            search=len(self.search),
            certification=len(self.certification),
            tuning_sketch=self.tuning_sketch,
            by=self.by,
        )


def split(data: Data, seed: int = 0, *, certification: float = 0.5, calibration: float | None = None) -> Split:
    """Divides `data`; `certification` is the share kept for certifying, at least that much of it.

    Calibration and search share the rest, because choosing 8-bit grids and choosing knobs hardly overfit one another
    and small data sets have no sample to spare; give `calibration` its own share to keep them apart.
    Copies of a sample are left out: one in each half would have been seen by tuning, and many in one half would count
    as evidence that they are not. Of data with groups, whole groups certify. Raises DataError when a part would be
    empty.
    """
    if not 0 < certification < 1 or not (calibration is None or 0 < calibration < 1 - certification):
        raise ValueError(f"shares of certification {certification} and calibration {calibration} leave nothing")
    different = distinct(data.x)
    samples = len(different)
    certifying = int(np.ceil(samples * certification))
    if data.groups is not None:
        certifying = _whole_groups(data.groups[_ordered(data, different, seed)], certifying)
    tuning = samples - certifying
    calibrating = tuning if calibration is None else int(samples * calibration)
    searching = tuning if calibration is None else tuning - calibrating
    if min(certifying, calibrating, searching) < 1:
        raise DataError(f"{data.name}: {samples} different samples are too few to tune on some and certify on others")
    return _parts(data, different, seed, calibrating, searching, certifying)


def rebuild(record: SplitRecord, data: Data) -> Split:
    """The very split that `record` was made of. Raises DataError if `data` is not the data it divided."""
    if record.data_sha256 != data.sha256:
        raise DataError(f"{data.name}: not the data it was tuned on (sha256 {data.sha256[:12]}, not "
                        f"{record.data_sha256[:12]}); give the same file and the same mean, std and scale")  # fmt: skip
    if record.by != data.by:
        raise DataError(
            f"{data.name}: was divided by {record.by or 'sample'} while tuning, not by {data.by or 'sample'}; "
            f"{f'give --stream {record.by}' if record.by else 'tune again'}"
        )
    different = distinct(data.x)
    counts = (record.calibration, record.search, record.certification)
    shared = record.calibration == record.search and record.search + record.certification == len(different)
    if not shared and sum(counts) != len(different):
        raise DataError(f"{data.name}: has {len(different)} different samples, which do not divide into {counts}")
    return _parts(data, different, record.seed, *counts)


def _parts(data: Data, different: Indices, seed: int, calibrating: int, searching: int, certifying: int) -> Split:
    order = _ordered(data, different, seed)
    tuning = order[: len(order) - certifying]
    return Split(
        seed=seed,
        data_sha256=data.sha256,
        calibration=np.sort(tuning[:calibrating]),
        search=np.sort(tuning[len(tuning) - searching :]),
        certification=np.sort(order[len(order) - certifying :]),
        tuning_sketch=sketch(data.x[tuning]),
        by=data.by,
    )


def _ordered(data: Data, different: Indices, seed: int) -> Indices:
    """Samples in the order in which parts are filled: at random, the groups one after another where there are any."""
    order = different[_order(len(different), seed)]
    if data.groups is None:
        return order
    rank = np.argsort(_order(int(data.groups.max()) + 1, seed))
    return order[np.argsort(rank[data.groups[order]], kind="stable")]


def _whole_groups(groups: NDArray[np.int64], certifying: int) -> int:
    """How many samples the last groups hold that together hold at least `certifying`."""
    begins = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
    return len(groups) - int(begins[begins <= len(groups) - certifying].max())


def _order(samples: int, seed: int) -> Indices:
    """A permutation by hash: the same for ever, whatever becomes of a library's random numbers."""
    keys = [hashlib.sha256(f"{seed}:{i}".encode()).digest() for i in range(samples)]
    return np.array(sorted(range(samples), key=keys.__getitem__), dtype=np.intp)
