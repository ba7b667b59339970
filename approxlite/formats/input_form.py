"""How the input of one model of a ladder is made of the last model's: the same sample in other units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field

from approxlite.formats.document import Document

Numbers = Annotated[tuple[Annotated[float, Field(allow_inf_nan=False)], ...], Field(min_length=1, max_length=4096)]


class InputForm(Document):
    """Input = `multiply` * the last model's + `add`, both in real numbers; one number, or one per entry of the last
    axis. Whatever grid an 8-bit model puts its input on comes after that, and is the model's own."""

    multiply: Numbers = (1.0,)
    add: Numbers = (0.0,)


@dataclass(frozen=True)
class Normalisation:
    """(x * scale - mean) / std, what a model's input is made of raw samples by; each one number or one per channel."""

    mean: Sequence[float] = (0.0,)
    std: Sequence[float] = (1.0,)
    scale: float = 1.0

    def form_beside(self, last: Self) -> InputForm | None:
        """This model's input made of one that `last` normalised; None where both are the same."""
        if self == last:
            return None
        channels = max(len(each) for each in (self.mean, self.std, last.mean, last.std))
        mean, std, last_mean, last_std = (
            list(each) * (channels if len(each) == 1 else 1) for each in (self.mean, self.std, last.mean, last.std)
        )
        ratio = self.scale / last.scale
        return InputForm(
            multiply=tuple(ours * ratio / mine for ours, mine in zip(last_std, std, strict=True)),
            add=tuple((ours * ratio - m) / mine for ours, m, mine in zip(last_mean, mean, std, strict=True)),
        )
