"""trace.jsonl: one line per inference, real or simulated."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from approxlite.formats.document import JournalRow, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import FormatError
from approxlite.formats.provenance import Time

Reason = Literal[
    "first_stage", "confident", "unsure", "last_stage", "not_finite", "pinned", "alarm", "unchanged", "stable",
    "unstable", "budget", "budget_infeasible", "deadline", "late", "heat", "cool", "canary", "no_canary", "agrees",
    "differs", "tripwire",
]  # fmt: skip
"""Why a step was taken; `approx_reason` in controller.h says what each means, and what its evidence is."""
MAX_TRACE_BYTES = 1024 * 1024 * 1024


class OutputSummary(JournalRow):
    """The largest entry of the first output."""

    top: Annotated[int, Field(ge=0)]
    value: float | None  # None when it is not finite


class TraceRow(JournalRow):
    """One inference: which rung answered, why, on what evidence.

    rungs_run: in the order they ran; the last one answered. None ran where the answer before was given again.
    chosen: why the rule picked the candidate, on evidence `chosen_evidence`. reason: why the answer was accepted.
    agrees: with exact on the same input; None when that was not checked.
    """

    version: Literal[1] = 1
    time: Time
    index: Annotated[int, Field(ge=0)]
    rung: Annotated[int, Field(ge=0)]
    rungs_run: tuple[int, ...]
    candidate: Annotated[int, Field(ge=0)] | None = None  # None: a rung was pinned
    chosen: Reason = "first_stage"
    chosen_evidence: float | None = None  # None when it is not finite, like the one below
    reason: Reason
    evidence: float | None
    output: OutputSummary | None  # None when answers are not class scores
    latency_ms: Annotated[float, Field(ge=0)]
    energy_mj: Annotated[float, Field(ge=0)] | None = None
    agrees: bool | None = None


def save_trace(path: str | os.PathLike[str], rows: Iterable[TraceRow]) -> None:
    """Replaces the file in one step. Raises FormatError."""
    save_atomically(path, b"".join(row.model_dump_json().encode() + b"\n" for row in rows))


def load_trace(path: str | os.PathLike[str]) -> tuple[TraceRow, ...]:
    """Rows in order; a torn last line is ignored. Raises FormatError that names the line."""
    lines = read_bytes(path, FormatError, MAX_TRACE_BYTES).split(b"\n")[:-1]
    return tuple(
        parse_document(TraceRow, line, f"{os.fspath(path)}: line {number}") for number, line in enumerate(lines, 1)
    )
