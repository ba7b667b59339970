"""results.json: what each way of running a model scored and cost on one data set."""

from __future__ import annotations

import os
from typing import Literal

from approxlite.formats.document import Document, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import FormatError
from approxlite.formats.interval import Estimate
from approxlite.formats.provenance import Sha256, Time
from approxlite.report.inspection import Inspection

Role = Literal["stock", "exact", "rung", "policy"]


class ResultRow(Document):
    """One way of running the model: how often it is right, how often it answers as exact does, what it costs.

    accuracy and agreement are shares; time is per inference; ratio is the share of stock LiteRT float time.
    """

    name: str
    detail: str = ""
    accuracy: Estimate | None = None
    agreement: Estimate | None = None
    time_ms: float | None = None
    ratio: Estimate | None = None
    role: Role


class Results(Document):
    """Rows measured on the same data in the same interleaved run.

    unseen: whether neither tuning nor certification saw the data. reached: share of inputs that run each stage.
    answered: share of inputs that each rung of the ladder answers.
    """

    version: Literal[1] = 1
    created: Time
    inspection: Inspection
    data: str
    data_sha256: Sha256
    samples: int
    unseen: bool
    rounds: int
    seed: int
    versions: dict[str, str]
    quality: str = "top_one"  # what `accuracy` of each row is the mean of
    rows: tuple[ResultRow, ...]
    reached: tuple[float, ...]
    answered: tuple[float, ...]

    def row(self, role: str) -> ResultRow | None:
        """The first row of that role."""
        return next((row for row in self.rows if row.role == role), None)


def save_results(path: str | os.PathLike[str], results: Results) -> None:
    """Replaces the file in one step. Raises FormatError."""
    save_atomically(path, results.model_dump_json(indent=1).encode() + b"\n")


def load_results(path: str | os.PathLike[str]) -> Results:
    """Raises FormatError, one line."""
    return parse_document(Results, read_bytes(path, FormatError), os.fspath(path))
