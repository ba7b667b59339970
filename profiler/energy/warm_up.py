"""When a device has warmed up: its own readings say, not a number of runs."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

CHANGE = 0.01
WINDOWS = 3
WINDOW = 3


def steady(values: Sequence[float]) -> bool:
    """Whether the medians of the last `WINDOWS` windows of `WINDOW` values each lie within `CHANGE` of one another."""
    if len(values) < WINDOWS * WINDOW:
        return False
    recent = values[-WINDOWS * WINDOW :]
    medians = [median(recent[start : start + WINDOW]) for start in range(0, len(recent), WINDOW)]
    return min(medians) > 0 and max(medians) <= (1 + CHANGE) * min(medians)
