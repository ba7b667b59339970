"""What tuning asks of something that runs a model; `approxlite.runtime.Interpreter` answers it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from numpy.typing import NDArray

from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.rung import RungSpec
from approxlite.runtime.taps import Side, Taps


class TunableOperator(OperatorWithKnobs, Protocol):
    """An operator that the engine runs."""

    @property
    def note(self) -> str:
        """What became of it if it does not run by itself, else empty."""
        ...

    @property
    def input_tensor(self) -> int:
        """Number in the model of its first activation."""
        ...

    @property
    def output_tensor(self) -> int:
        """Number in the model of its first output."""
        ...


class Tunable(Protocol):
    """A model whose operators can be approximate. Belongs to one thread."""

    rung: int
    """Which rung of the ladder the next run takes."""

    @property
    def operators(self) -> Sequence[TunableOperator]:
        """In model order."""
        ...

    def set_ladder(self, ladder: Sequence[RungSpec]) -> None:
        """1..16 rungs; selects the first."""
        ...

    def run_many(self, x: NDArray[Any]) -> NDArray[Any]:
        """(N, ...) -> (N, ...): one output for each sample."""
        ...

    def observe_ranges(self, on: bool) -> None:
        """Whether to record the range of each weighted operator's input; switching on forgets old ranges."""
        ...

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Operator id -> smallest and largest input since recording began."""
        ...

    def taps(self, places: Iterable[tuple[str, Side]]) -> AbstractContextManager[Taps]:
        """What operators, by id and side, read and write in each run while the context lasts; calibration of weights
        asks for it."""
        ...
