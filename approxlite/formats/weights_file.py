"""Where calibrated numbers lie, without reading them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from approxlite.formats.document import Document
from approxlite.formats.errors import FormatError

MAX_WEIGHTS_BYTES = 1024 * 1024 * 1024

RungName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,32}$")]


class WeightsFile(Document):
    """Where arrays lie: `size` bytes of a file from `offset` on, 0 bytes being all that follow."""

    path: Path
    offset: Annotated[int, Field(ge=0)] = 0
    size: Annotated[int, Field(ge=0)] = 0

    def read(self) -> bytes:
        """Raises FormatError."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                content = file.read((self.size or MAX_WEIGHTS_BYTES) + (self.size == 0))
        except OSError as problem:
            raise FormatError(f"{self.path}: cannot be read ({problem.strerror})") from None
        if len(content) < self.size or len(content) > MAX_WEIGHTS_BYTES:
            raise FormatError(f"{self.path}: shorter than it should be, or larger than {MAX_WEIGHTS_BYTES} bytes")
        return content


def weights_file(weights: str | os.PathLike[str] | WeightsFile | None) -> WeightsFile | None:
    """A path as the whole file."""
    return weights if weights is None or isinstance(weights, WeightsFile) else WeightsFile(path=Path(weights))
