"""Which 8-bit grid each weighted operator's input is put on, from what passes through the exact model."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.runtime import scale_of
from approxlite.tuner.interpreter import Tunable


def input_grids(interpreter: Tunable, samples: NDArray[Any]) -> dict[str, Scale]:
    """Operator id -> grid covering everything its input was over `samples`, (N, ...), on the exact rung."""
    interpreter.set_ladder([RungSpec(configuration="exact")])
    interpreter.observe_ranges(True)
    interpreter.run_many(samples)
    ranges = interpreter.ranges()
    interpreter.observe_ranges(False)
    return {operator: scale_of(low, high) for operator, (low, high) in ranges.items()}
