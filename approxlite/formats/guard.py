"""How a policy is guarded while it runs: canaries, the level of their test, and what a healthy output looks like."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from approxlite.formats.document import Document

Share = Annotated[float, Field(ge=0, le=1)]


class OutputRange(Document):
    """What calibration saw of one rung's outputs.

    low, high: of all entries. zeros_seen: outputs whose every entry is zero are normal.
    """

    low: float
    high: float
    zeros_seen: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"an output range from {self.low} to {self.high}")
        return self


class GuardSettings(Document):
    """What `guard.h` is told, but for the certificate.

    alpha: probability of a false alarm, ever. canary_rate: share of answers that are checked on average. Answers with a
    confidence below `unsure` are checked `unsure_factor` times as often as the others; unsure_share: share of answers
    that they were in calibration.
    ranges: by rung; None or absent where unknown. constant_limit: equal outputs in a row, with inputs that changed by
    more than `still_change`, that are an alarm. out_of_range_limit: outputs in a row far out of range that are one.
    """

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.01
    canary_rate: Share = 0.02
    unsure: float = 0.0
    unsure_factor: Annotated[float, Field(ge=1, le=1e6)] = 1.0
    unsure_share: Share = 0.0
    ranges: Annotated[tuple[OutputRange | None, ...], Field(max_length=16)] = ()
    constant_limit: Annotated[int, Field(ge=2, lt=2**31)] = 8
    still_change: Annotated[float, Field(ge=0)] = 0.0
    out_of_range_limit: Annotated[int, Field(ge=1, lt=2**31)] = 3
