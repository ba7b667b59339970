"""Recordings cut into overlapping windows, in time order, as an app sees them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from support.zoo import Part

WINDOW = 128


def activity_windows(collection: Path, part: Part, hop: int) -> NDArray[np.float32]:
    """(windows, 128, 1, 9): the 50 Hz recordings of `part`, one window every `hop` samples, none across two recordings.

    As har_cnn9 takes them.
    """
    data = _recordings(collection, part)
    x = data["x"].astype(np.float32)
    return np.stack([x[begin : begin + WINDOW] for begin in _begins(data["experiment"], hop)])[:, :, np.newaxis]


def activity_labels(collection: Path, part: Part, hop: int) -> NDArray[np.int64]:
    """(windows,): har_cnn9's class of each window's last sample, -1 in transitions and where nobody labelled it."""
    data = _recordings(collection, part)
    labels = data["label"][[begin + WINDOW - 1 for begin in _begins(data["experiment"], hop)]].astype(np.int64) - 1
    return np.where(labels < 6, labels, -1)


def _recordings(collection: Path, part: Part) -> dict[str, NDArray[Any]]:
    with np.load(collection / f"har/hapt_stream50hz_{part}.npz") as data:
        return dict(data)


def _begins(experiment: NDArray[np.uint8], hop: int) -> list[int]:
    edges = [0, *(np.flatnonzero(np.diff(experiment)) + 1), len(experiment)]
    return [begin for a, b in itertools.pairwise(edges) for begin in range(a, b - WINDOW + 1, hop)]
