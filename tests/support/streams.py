"""Recordings cut into overlapping windows, in time order, as an app sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.zoo import Part

WINDOW = 128
HERTZ = 50


def activity_windows(collection: Path, part: Part, hop: int) -> NDArray[np.float32]:
    """(windows, 128, 1, 9): the 50 Hz recordings of `part`, one window every `hop` samples, none across two recordings.

    As har_cnn9 takes them.
    """
    with np.load(collection / f"har/hapt_stream50hz_{part}.npz") as data:
        x, experiment = data["x"].astype(np.float32), data["experiment"]
    edges = [0, *(np.flatnonzero(np.diff(experiment)) + 1), len(x)]
    begins = [begin for a, b in zip(edges, edges[1:], strict=False) for begin in range(a, b - WINDOW + 1, hop)]
    return np.stack([x[begin : begin + WINDOW] for begin in begins])[:, :, np.newaxis]
