"""What an energy campaign found, with everything a reader needs to believe it or not."""

from __future__ import annotations

from approxlite.formats.document import Document
from approxlite.formats.interval import Estimate
from approxlite.profiler.energy.planning import Stop
from approxlite.profiler.energy.probe import Refused
from approxlite.profiler.energy.source import Source


class SourceRecord(Document):
    """The source that was used; facilities that were refused, and why."""

    kind: str
    facilities: tuple[str, ...]
    corrected: str
    step_j: float
    lag_s: float
    refused: dict[str, str]

    @classmethod
    def of(cls, source: Source, refused: tuple[Refused, ...]) -> SourceRecord:
        return cls(
            kind=source.kind,
            facilities=source.candidate.facilities,
            corrected=source.corrected,
            step_j=source.noise.step_j,
            lag_s=source.noise.lag_s,
            refused={each.candidate.name: each.why for each in refused},
        )


class Comparison(Document):
    """Energy of a configuration beside exact.

    ratio: of what an inference costs beyond idle; whole_ratio: of what the device spends while it infers without pause.
    exact_mj, setting_mj: beyond idle, of an inference; the calibration of the device's gauge is not in their intervals.
    same: exact compared with itself in the same way (99 % interval), which has to contain 1.
    """

    configuration: str
    ratio: Estimate
    whole_ratio: Estimate
    exact_mj: Estimate
    setting_mj: Estimate
    idle_w: Estimate
    same: Estimate


class EnergyOutcome(Comparison):
    """What a campaign of its own found. planned_s: said before it began.

    stopped: the interval was as narrow as wanted, or time was up. left_out: blocks, by why.
    """

    source: SourceRecord
    planned_s: float
    spent_s: float
    stopped: Stop
    left_out: dict[str, int]
    sessions: int
