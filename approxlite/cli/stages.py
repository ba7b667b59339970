"""Which stages of a folder are done: a stage is skipped when its inputs are the same and its files are untouched."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from approxlite.formats.document import Document, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import FormatError


class Done(Document):
    """A finished stage: a digest of its inputs, and the sha256 of each file it wrote, by name."""

    inputs: str
    outputs: dict[str, str]


class _Record(Document):
    stages: dict[str, Done] = Field(default_factory=dict)


class Stages:
    """The record of one folder, kept in its stages.json. A record that cannot be read counts as empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "stages.json"
        try:
            self._record = parse_document(_Record, read_bytes(self._file, FormatError), str(self._file))
        except FormatError:
            self._record = _Record()

    def is_done(self, stage: str, inputs: Sequence[object]) -> bool:
        """Whether the stage ran with these inputs and everything it wrote is still as it was."""
        done = self._record.stages.get(stage)
        return (
            done is not None
            and done.inputs == _digest(inputs)
            and all(self.digest(name) == sha256 for name, sha256 in done.outputs.items())
        )

    def finish(self, stage: str, inputs: Sequence[object], outputs: Sequence[str]) -> None:
        """Records that the stage ran and wrote `outputs`, file names in the folder. Raises FormatError."""
        done = Done(inputs=_digest(inputs), outputs={name: self.digest(name) for name in outputs})
        self._record = _Record(stages={**self._record.stages, stage: done})
        save_atomically(self._file, self._record.model_dump_json(indent=1).encode() + b"\n")

    def digest(self, name: str) -> str:
        """The sha256 of a file in the folder; empty when there is none."""
        try:
            return hashlib.sha256((self._folder / name).read_bytes()).hexdigest()
        except OSError:
            return ""


def _digest(inputs: Sequence[object]) -> str:
    return hashlib.sha256(repr([str(value) for value in inputs]).encode()).hexdigest()
