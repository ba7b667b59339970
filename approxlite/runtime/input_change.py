"""How much an input changed since one before: what reuse gates and tripwires go by, here and on the phone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class InputChange:
    """Root mean square of the difference of two inputs, over the root mean square of the calibration inputs.

    So 0 is the same input, and 1 is as much as the inputs themselves. Inputs have to be in the units of the calibration
    data. Belongs to one thread at a time.
    """

    def __init__(self, input_rms: float | None) -> None:
        """`input_rms` as the policy has it; None: every change is unknown."""
        self._input_rms = input_rms
        self._before: NDArray[np.float32] | None = None

    def of(self, x: NDArray[Any]) -> float:
        """Distance of `x` from the last input kept; NaN while there is none, or when shapes differ."""
        if self._input_rms is None or self._before is None or self._before.size != x.size:
            return float("nan")
        difference = x.ravel().astype(np.float32) - self._before
        return root_mean_square(difference) / self._input_rms

    def keep(self, x: NDArray[Any]) -> None:
        """`x` is an input that really ran."""
        if self._input_rms is not None:
            self._before = x.ravel().astype(np.float32)


def root_mean_square(x: NDArray[Any]) -> float:
    """Over all entries, in 64 bits; 0 of none."""
    values = np.asarray(x, np.float64).ravel()
    return float(np.sqrt(np.dot(values, values) / max(1, values.size)))
