"""What the service on a phone says of itself: one JSON object, whose fields may be missing where its version is older.

It comes from outside, so everything in it is bounded; null and missing both mean that nobody knows.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from approxlite.formats.audit import Tail
from approxlite.formats.document import JournalRow, parse_document
from approxlite.formats.errors import ApproxError
from approxlite.formats.policy import MAX_RUNGS
from approxlite.formats.provenance import Sha256

MAX_STATUS_BYTES = 256 * 1024

Count = Annotated[int, Field(ge=0, lt=2**63)]
Word = Annotated[str, Field(max_length=4096)]


class RungAnswers(JournalRow):
    """A rung of the running policy, and how many answers it gave since the policy is followed.

    cost: a share of stock LiteRT float time. runs: inferences, also those whose answers went on to another rung.
    """

    configuration: Word = ""
    cost: Annotated[float, Field(ge=0, lt=1e12)]
    answers: Count
    runs: Count | None = None


class GuardReading(JournalRow):
    """What the running policy's guard knows; `guard.h` says what each is. alarm: its name, "none" without one."""

    alarm: Word
    answers: Count = 0
    canaries: Count = 0
    disagreements: Count = 0
    disagreement_share: Annotated[float, Field(ge=0)] | None = None
    e_value: Annotated[float, Field(ge=0)] | None = None


class ServiceStatus(JournalRow):
    """sequence, policy_sha256: of the policy that is followed; None is exact alone. highest_sequence: policies up to it
    are refused. trial_answers of trial_needs are given since it is followed. rung .. latency_ms: of the last answer.
    pinned: the rung that a person chose. battery: 0..1. thermal_status: 0..6. audit: end of the log.
    """

    version: int = 1
    package_version: Word | None = None
    numerics_version: int | None = None
    kernel_variant: Word | None = None
    sequence: int | None = None
    policy_sha256: Sha256 | None = None
    on_trial: bool = False
    highest_sequence: int = -1
    store_damaged: bool = False
    trial_answers: Count | None = None
    trial_needs: Count | None = None
    models: Annotated[tuple[Sha256, ...], Field(max_length=4096)] | None = None
    keys: Annotated[tuple[Sha256, ...], Field(max_length=4096)] | None = None
    rung: int | None = None
    candidate: int | None = None
    chosen: Word | None = None
    reason: Word | None = None
    evidence: float | None = None
    latency_ms: float | None = None
    rungs: Annotated[tuple[RungAnswers, ...], Field(max_length=MAX_RUNGS)] = ()
    exact_rung: int | None = None
    pinned: int | None = None
    guard: GuardReading | None = None
    alarm: int = 0
    sessions: Count = 0
    waiting: Count = 0
    answered: Count = 0
    failed: Count = 0
    engine_deaths: Count = 0
    refused: Count = 0
    battery: Annotated[float, Field(ge=0, le=1)] | None = None
    charging: int | None = None
    thermal_status: int | None = None
    thermal_headroom: float | None = None
    power_save: bool = False
    problem: Word = ""
    audit: Tail | None = None

    @property
    def alarmed(self) -> bool:
        """Whether the guard is latched: exact answers."""
        return self.alarm != 0 or (self.guard is not None and self.guard.alarm != "none")


def parse_status(text: str, where: str, error: type[ApproxError]) -> ServiceStatus:
    """Raises `error`, one line that begins with `where`, for anything but a status."""
    if len(text) > MAX_STATUS_BYTES:
        raise error(f"{where}: a status of {len(text)} characters; is that the service's?")
    return parse_document(ServiceStatus, text, where, error)
