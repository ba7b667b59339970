"""Calibrated grids for 8-bit inputs."""

from __future__ import annotations

import numpy as np

from approxlite.formats.scale import Scale


def scale_of(low: float, high: float) -> Scale:
    """The asymmetric 8-bit grid that covers [low, high] and zero, as the engine itself would choose it.

    A range without width, or one that is not finite, gives the unit grid.
    """
    bottom, top = np.float32(min(low, 0.0)), np.float32(max(high, 0.0))
    step = np.float32((top - bottom) / np.float32(255))
    if not step > 0 or not np.isfinite(step) or not np.isfinite(np.float32(1) / step):
        return Scale(scale=1.0, zero_point=0)
    return Scale(scale=float(step), zero_point=int(min(np.rint(-bottom / step), 255)))
