"""When two answers to one input count as the same."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from approxlite.formats.document import Document

Loss = Literal["top_one", "label_share", "mean_absolute", "largest_absolute", "root_mean_square"]


class AgreementRule(Document):
    """Answers agree if their loss is at most `tolerance`. What each loss is, `approx_loss` in agreement.h says.

    classes: entries of one position, the last axis of the output, for label_share only.
    """

    loss: Loss = "top_one"
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    classes: Annotated[int, Field(ge=1)] = 1


TOP_ONE = AgreementRule()
