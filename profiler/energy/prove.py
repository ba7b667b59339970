"""Finds a device's best energy source by a load that is known, with a probe as long as its sources need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from approxlite.formats.errors import UnstableError
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.energy.contamination import disturbed_state
from approxlite.profiler.energy.design import EXACT, IDLE, block_of
from approxlite.profiler.energy.noise import RANKING
from approxlite.profiler.energy.probe import Proven, Refused, probe

PROBE_S = (10.0, 30.0, 150.0, 900.0)
"""Length of a step of the probe; the longer ones for what is too coarse for the shorter."""

PROBE_STEPS = 5
PROBE_TRIES = 3
"""A probe in which the device itself reports a disturbance is made again."""

Measure = Callable[[Sequence[PlannedBlock]], Sequence[AgentBlock]]
"""Has a device measure blocks in order, and returns their rows."""


@dataclass(frozen=True)
class Probed:
    """The best source, the facilities that are none and why, and the rows that say so."""

    proven: Proven
    refused: tuple[Refused, ...]
    rows: tuple[AgentBlock, ...]


def probe_blocks(seconds: float, numbers: Callable[[], int]) -> list[PlannedBlock]:
    """Idle and exact in turn, in steps of `seconds`. numbers: of the next block."""
    conditions = [IDLE if step % 2 == 0 else EXACT for step in range(PROBE_STEPS)]
    return [block_of(each, seconds, seconds / 40, numbers()) for each in conditions]


def prove(measure: Measure, numbers: Callable[[], int]) -> Probed:
    """Probes for longer while a better source than the best so far may still prove itself.

    Raises UnstableError, one line with the reason for each facility, where none can be trusted.
    """
    for seconds in PROBE_S:
        for _ in range(PROBE_TRIES):
            rows = measure(probe_blocks(seconds, numbers))
            if not any(disturbed_state(row) for row in rows):
                break
        proven, refused = probe(rows)
        reached = RANKING.index(proven[0].source.kind) if proven else len(RANKING)
        if not any(each.undecided and RANKING.index(each.candidate.kind) < reached for each in refused):
            break
    return _best(proven, refused, rows)


def proven_by(rows: Sequence[AgentBlock]) -> Probed:
    """By rows that were measured before: a probe's, or rounds with idle blocks in them. Raises UnstableError."""
    return _best(*probe(rows), rows)


def _best(proven: Sequence[Proven], refused: Sequence[Refused], rows: Sequence[AgentBlock]) -> Probed:
    if not proven:
        said = "; ".join(f"{each.candidate.name}: {each.why}" for each in refused) or "it has none"
        raise UnstableError(f"no energy source of this device can be trusted ({said}); latency is still measured")
    return Probed(proven[0], tuple(refused), tuple(rows))
