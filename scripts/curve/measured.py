"""What one network's policy takes and changes on test samples, beside every other way of running the network."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from approxlite.cli.pipeline import Plan, optimize
from approxlite.formats.data import Data, digest
from approxlite.formats.interval import Estimate
from approxlite.policy.candidates import AIM
from approxlite.report.results import ResultRow, Results
from support.zoo import Part, entries, samples

EPSILON = DELTA = 0.05

Range = tuple[float, float, float]
"""Value and 95 % interval."""


@dataclass(frozen=True)
class Way:
    """One way of running a network. time: share of stock float's. differs: share of answers that are not exact's."""

    time: Range
    differs: Range
    configuration: str


@dataclass(frozen=True)
class Measured:
    """tuned_on, samples: of the tuning and of the test part. of_int8: the policy's time as a share of stock int8's."""

    network: str
    tuned_on: int
    samples: int
    rounds: int
    policy: Way
    single: Way
    exact: Way
    int8: Way
    of_int8: Range


def measure(network: str, collection: Path, cache: Path, seed: int, say: Callable[[str], None]) -> Measured:
    """Optimizes unless `cache` holds what that makes, and compares on the test part. Raises ApproxError."""
    known = {entry.name: entry for entry in entries(collection)}
    entry = known[f"{network}_float"]

    def data(part: Part) -> Data:
        x = np.ascontiguousarray(samples(collection, entry, None, part))
        return Data(x, None, digest(x, None), f"{network}, {part}")

    tuning = data("tuning")
    folder = cache / f"{network}_{seed}"
    (folder / "results.json").unlink(missing_ok=True)  # a stage whose file is gone is done again
    plan = Plan(
        model=collection / entry.file,
        data=tuning,
        out=folder,
        epsilon=EPSILON,
        delta=DELTA,
        aim=AIM,
        seed=seed,
        int8=collection / known[f"{network}_int8"].file,
        test=data("test"),
    )

    def stage(what: str) -> AbstractContextManager[Callable[[str, float], None]]:
        say(f"{network}: {what}")
        return nullcontext(lambda _what, _share: None)

    return _measured(network, len(tuning), optimize(plan, stage, lambda _stage: None).results)


def _measured(network: str, tuned_on: int, results: Results) -> Measured:
    rows = {row.name: row for row in results.rows}
    policy, int8 = rows["policy"], rows["stock int8"]
    return Measured(
        network,
        tuned_on,
        results.samples,
        results.rounds,
        _way(policy),
        _way(rows.get("best single rung", rows["exact"])),
        _way(rows["exact"]),
        _way(int8),
        _share(_known(policy.ratio), _known(int8.ratio)),
    )


def _way(row: ResultRow) -> Way:
    time, same = _known(row.ratio), _known(row.agreement)
    return Way((time.value, time.low, time.high), (1 - same.value, 1 - same.high, 1 - same.low), row.detail)


def _share(time: Estimate, beside: Estimate) -> Range:
    """Of two shares of the same time: as uncertain as if one were at its best where the other is at its worst."""
    return time.value / beside.value, time.low / beside.high, time.high / beside.low


def _known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None  # every way was timed and compared with exact
    return estimate
