"""A profile as a table: `read_frame("runs/profile.jsonl")`."""

from __future__ import annotations

import os

import pandas as pd

from approxlite.formats.profile import IdleRow, Profile, load_profile


def frame_of(profile: Profile) -> pd.DataFrame:
    """One row per block, idle ones included, in the order they were written; columns of a block, latencies in
    milliseconds, and `temperature_c` and `thermal_status` of the device. A row's own readings stay in `agent_row`.
    """
    return pd.DataFrame(
        [
            {
                "campaign": row.campaign,
                "round": row.round,
                "block": row.block,
                "serial": row.serial,
                "session": row.session,
                "subject": "idle" if isinstance(row, IdleRow) else row.subject,
                "configuration": "exact" if isinstance(row, IdleRow) else row.configuration,
                "inferences": 0 if isinstance(row, IdleRow) else row.inferences,
                "latency_ms": None if isinstance(row, IdleRow) else row.latency_ns.median / 1e6,
                "temperature_c": row.state.temperature_c,
                "thermal_status": row.state.thermal_status,
                "time": row.time,
                "agent_row": row.agent_row,
            }
            for row in profile.measured
        ],
        columns=[
            "campaign", "round", "block", "serial", "session", "subject", "configuration", "inferences", "latency_ms",
            "temperature_c", "thermal_status", "time", "agent_row",
        ],
    )  # fmt: skip


def read_frame(path: str | os.PathLike[str]) -> pd.DataFrame:
    """`frame_of` a file. Raises FormatError."""
    return frame_of(load_profile(path))
