"""How a tuner asks what configurations cost, whoever answers: this computer, a phone or a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from approxlite.formats.interval import Estimate


@dataclass(frozen=True)
class Measurement:
    """What one configuration cost.

    cost: share of stock LiteRT float time in the same interleaved run.
    cost_ms: median milliseconds per inference.
    """

    configuration: str
    cost: Estimate
    cost_ms: float


class Measure(Protocol):
    """Answers in the order of the question. Raises UnstableError when the timings do not settle."""

    def __call__(self, configurations: Sequence[str]) -> Sequence[Measurement]: ...
