"""When a device has warmed up: its own readings say, not a number of runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CHANGE = 0.01
WINDOWS = 3
WINDOW = 3


def steady(values: Sequence[float]) -> bool:
    """Whether the medians of the last `WINDOWS` windows of `WINDOW` values lie within `CHANGE` of one another.

    What values scatter about their neighbours is no change: medians may differ by twice its standard error besides.
    """
    if len(values) < WINDOWS * WINDOW:
        return False
    recent = np.array(values[-WINDOWS * WINDOW :], float)
    medians = np.median(recent.reshape(WINDOWS, WINDOW), axis=1)
    scatter = 1.4826 * float(np.median(np.abs(np.diff(recent)))) / np.sqrt(2)
    allowed = CHANGE * medians.min() + 2 * scatter * 1.25 * np.sqrt(2 / WINDOW)
    return bool(medians.min() > 0 and medians.max() - medians.min() <= allowed)
