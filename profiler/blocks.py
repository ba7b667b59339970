"""What passes between desk and agent, row by row: `docs/agent-protocol.md` as types.

Raw numbers only: what a reading means is decided on the desk, from what its source proved to be.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from approxlite.formats.document import Document, JournalRow, first_problem
from approxlite.formats.errors import FormatError

PROTOCOL = 1

MOST_READINGS = 20_000
"""Times at which a block may read power within `longest_s`; agents refuse a plan with more."""

Count = Annotated[int, Field(ge=0, lt=1 << 63)]
UnixSeconds = Annotated[float, Field(ge=0, lt=253_402_300_800)]
"""Since 1970, as far as calendars go: the year 9999."""

Seconds = Annotated[float, Field(ge=0)]
Subject = Literal["approxlite", "stock", "idle"]


class PlannedBlock(Document):
    """A line of plan.jsonl. readings_ms: how often power is read within the block; 0: at its begin and end only."""

    block: Count
    subject: Subject
    configuration: str = "exact"
    scales: dict[str, tuple[Annotated[float, Field(gt=0)], Annotated[int, Field(ge=0, le=255)]]] = Field(
        default_factory=dict
    )  # by operator: scale and zero point
    inferences: Count = 0
    uncounted: Count = 0
    operators: bool = False
    seconds: Seconds = 0.0
    gap_ms: Annotated[float, Field(ge=0)] = 0.0
    readings_ms: Annotated[float, Field(ge=0)] = 0.0
    longest_s: Annotated[float, Field(gt=0)] = 60.0
    hottest_c: Annotated[float, Field(ge=0)] = 0.0


class AgentOperator(JournalRow):
    """An operator that the engine on the device runs."""

    id: str
    knobs: tuple[str, ...] = ()
    multiply_accumulates: Count = 0


class OpeningRow(JournalRow):
    """Written by each start of an agent. time_s: since 1970; boot_id tells reboots apart. missing: power facilities
    that the agent cannot read, and why."""

    kind: Literal["opening"] = "opening"
    protocol: int = PROTOCOL
    agent: str = ""
    model_sha256: str | None = None
    numerics_version: int | None = None
    kernel_variant: str | None = None
    features: str = ""
    operators: tuple[AgentOperator, ...] = ()
    time_s: UnixSeconds | None = None
    boot_id: str | None = None
    missing: dict[str, str] = Field(default_factory=dict)


class LatencyNs(JournalRow):
    """Latencies of the inferences of a block, in nanoseconds."""

    total: Count
    median: Count | None = None
    p99: Count | None = None
    minimum: Count | None = None
    maximum: Count | None = None


class Surroundings(JournalRow):
    """The device before or after a block. thermal_status: Android's, 0 is none. thermal_headroom: share of what it can
    bear, 1 is severe.

    frequency_mhz: of each core that is on line, at that moment; frequency_limit_mhz: what each may rise to.
    """

    temperature_c: dict[str, float] = Field(default_factory=dict)
    thermal_status: int | None = None
    thermal_headroom: float | None = None
    frequency_mhz: tuple[float, ...] = ()
    frequency_limit_mhz: tuple[float, ...] = ()
    charge: float | None = None
    plugged: bool | None = None


class Reading(JournalRow):
    """One raw number of a power facility. at_ns: on the device's clock.

    as_of_ns: on the same clock, when the facility took the value itself, where it tells (PowerMonitor does).
    """

    at_ns: Count
    source: str
    value: float
    as_of_ns: Count | None = None


class AgentBlock(JournalRow):
    """One block as it was measured. begin_ns, end_ns: on a clock of the device that never goes back.

    visits_ns: when, on the same clock, the desk talked to the device within it; the desk adds them to the row.
    """

    kind: Literal["block"] = "block"
    block: Count
    begin_ns: Count | None = None
    end_ns: Count | None = None
    time_s: UnixSeconds | None = None
    inferences: Count = 0
    latency_ns: LatencyNs | None = None
    operator_ns: dict[str, Count] = Field(default_factory=dict)
    before: Surroundings = Surroundings()
    after: Surroundings = Surroundings()
    readings: tuple[Reading, ...] = ()
    waited_s: Seconds = 0.0
    ended: Literal["done", "longest", "throttled"] = "done"
    visits_ns: tuple[Count, ...] = ()


class EndRow(JournalRow):
    """The last row of an agent that ended by itself."""

    kind: Literal["end"] = "end"
    why: str = ""
    time_s: UnixSeconds | None = None


AgentRow = Annotated[OpeningRow | AgentBlock | EndRow, Field(discriminator="kind")]
_ROW: TypeAdapter[OpeningRow | AgentBlock | EndRow] = TypeAdapter(AgentRow)


def parse_agent_row(line: bytes | str, where: str) -> OpeningRow | AgentBlock | EndRow | None:
    """A line of rows.jsonl; None for a kind this version does not know. Raises FormatError, beginning with `where`."""
    try:
        return _ROW.validate_json(line)
    except ValidationError as problem:
        if problem.errors(include_url=False)[0]["type"] == "union_tag_invalid":
            return None
        raise FormatError(f"{where}: {first_problem(problem)}") from None
