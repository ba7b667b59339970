"""Which devices come first: a roll-out goes on to more of them only while those before are well."""

from __future__ import annotations

import math
from collections.abc import Sequence

from approxlite.formats.errors import InputError

DEFAULT = "10%,50%,100%"
MAX_STAGES = 16

Stages = tuple[tuple[str, ...], ...]
"""Serials by stage, each device in one of them."""


def parse_shares(text: str) -> tuple[float, ...]:
    """`"10%,50%,100%"` as (0.1, 0.5, 1.0): growing shares of all devices, the last all of them. Raises InputError."""
    wrong = InputError(f"--staged {text!r}: growing shares of the devices that end with 100%, such as {DEFAULT}")
    parts = text.split(",")
    if len(parts) > MAX_STAGES:
        raise wrong
    shares = []
    for part in parts:
        number = part.strip().removesuffix("%")
        try:
            shares.append(float(number) / 100)
        except ValueError:
            raise wrong from None
    growing = all(0 < before < after for before, after in zip([1e-9, *shares], shares, strict=False))
    if not growing or shares[-1] != 1:
        raise wrong
    return tuple(shares)


def stages_of(serials: Sequence[str], shares: Sequence[float]) -> Stages:
    """The devices in their order, `shares` of them reached after each stage, rounded up; stages without one are left
    out."""
    stages: list[tuple[str, ...]] = []
    begin = 0
    for share in shares:
        end = math.ceil(round(share * len(serials), 9))
        if end > begin:
            stages.append(tuple(serials[begin:end]))
            begin = end
    return tuple(stages)
