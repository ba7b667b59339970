"""Operators as many at a time as fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from approxlite.model.linear import LinearOperator

MOST_BYTES = 256 * 2**20
"""Of what a portion keeps; a model with more has its samples run several times."""


def portions(
    operators: Sequence[LinearOperator], needed_bytes: Callable[[LinearOperator], int]
) -> Iterator[list[LinearOperator]]:
    """In order, each portion within MOST_BYTES or of one operator."""
    portion: list[LinearOperator] = []
    used = 0
    for operator in operators:
        needed = needed_bytes(operator)
        if portion and used + needed > MOST_BYTES:
            yield portion
            portion, used = [], 0
        portion.append(operator)
        used += needed
    if portion:
        yield portion
