"""A number never travels alone: value, interval, sample count."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from approxlite.formats.document import Document


class Estimate(Document):
    """A measured number with its two-sided confidence interval."""

    value: float
    low: float
    high: float
    samples: Annotated[int, Field(ge=1)]
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")
        return self
