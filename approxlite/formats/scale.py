"""The 8-bit grid that an operator's input is put on."""

from __future__ import annotations

from typing import Annotated

import numpy
from pydantic import AfterValidator, Field

from approxlite.formats.document import Document


def _as_float32(value: float) -> float:
    """The engine computes with float32, so every route to it has to give the same bits."""
    rounded = float(numpy.float32(value))
    if not 0 < rounded < float("inf"):
        raise ValueError(f"{value} is not a positive 32-bit float")
    return rounded


class Scale(Document):
    """real = scale * (quantised - zero_point), quantised in 0..255."""

    scale: Annotated[float, Field(gt=0), AfterValidator(_as_float32)]
    zero_point: Annotated[int, Field(ge=0, le=255)]
