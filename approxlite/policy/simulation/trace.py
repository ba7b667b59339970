"""What a scenario's inputs look like in trace.jsonl."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.trace import OutputSummary, TraceRow
from approxlite.policy.simulation.scenario import Played
from approxlite.runtime.controller import reason_of
from approxlite.runtime.simulator import runs_of


def trace_rows(played: Played, begun: datetime, scores: Sequence[NDArray[np.float32]] | None) -> Iterator[TraceRow]:
    """One per input, in order. scores: by rung, (samples, classes); None where answers are not class scores."""
    metered = played.state.energy_j > 0  # else the device says nothing of energy
    for index, (step, sample) in enumerate(zip(played.steps, given(played), strict=True)):
        rung = int(step["rung"])
        yield TraceRow(
            time=begun + timedelta(seconds=float(step["time_s"])),
            index=index,
            rung=rung,
            rungs_run=runs_of(step),
            candidate=int(step["candidate"]) if step["candidate"] >= 0 else None,
            chosen=reason_of(int(step["chosen_reason"])),
            chosen_evidence=finite(step["chosen_evidence"]),
            reason=reason_of(int(step["accepted_reason"])),
            evidence=finite(step["accepted_evidence"]),
            output=None if scores is None else _summarised(scores[rung][sample]),
            latency_ms=float(step["latency_ms"]),
            energy_mj=finite(step["energy_mj"]) if metered else None,
            agrees=not step["differs"],
        )


def given(played: Played) -> NDArray[np.uint32]:
    """(inputs,): the sample whose answer each input is given: its own, or the last one's that ran."""
    ran = np.where(played.steps["reused"] == 0, np.arange(len(played.steps)), 0)
    return played.order[np.maximum.accumulate(ran)]


def finite(value: float) -> float | None:
    """None for what JSON has no number for."""
    return float(value) if np.isfinite(value) else None


def _summarised(scores: NDArray[np.float32]) -> OutputSummary:
    top = int(scores.argmax())
    return OutputSummary(top=top, value=finite(scores[top]))
