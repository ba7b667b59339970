"""What it takes to bring numbers from floats to bytes between two operators, told apart from what their knobs take.

Knobs are dealt at random, so an operator that computes on bytes meets one before it that does and one that does not
about equally often. Blocks of the two kinds differ by the conversion.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Knob, OperatorWithKnobs
from approxlite.formats.interval import Estimate
from approxlite.profiler.clock import Bools, Floats
from approxlite.profiler.estimates import median_estimate

Pair = tuple[str, str]


def neighbours(operators: Sequence[OperatorWithKnobs]) -> list[tuple[int, int]]:
    """Places of operators that can compute on bytes and of the one before them that can, in model order."""
    places = [i for i, operator in enumerate(operators) if any(Knob.parse(knob).on_bytes for knob in operator.knobs)]
    return list(itertools.pairwise(places))


def crossed(knobs: Sequence[Sequence[str]], pairs: Sequence[tuple[int, int]]) -> Bools:
    """(blocks, operators): whether the operator had to bring to bytes what the one before it handed on.

    knobs: (blocks, operators). pairs: places of neighbours.
    """
    on_bytes = np.array([[Knob.parse(knob).on_bytes for knob in row] for row in knobs], np.bool_)
    found = np.zeros_like(on_bytes)
    for before, after in pairs:
        found[:, after] = on_bytes[:, after] & ~on_bytes[:, before]
    return found


def conversions(
    steady_ns: Floats, knobs: NDArray[np.intp], crossings: Bools, pairs: Sequence[tuple[int, int]]
) -> Mapping[tuple[int, int], Estimate]:
    """Nanoseconds, by pair, that blocks of `crossings` take beyond blocks of the same knob; only where they surely do.

    steady_ns, knobs, crossings: (blocks, operators), times at one clock, numbered knobs, and as of `crossed`.
    """
    found = {}
    for pair in pairs:
        after = pair[1]
        beyond: list[float] = []
        for knob in np.unique(knobs[crossings[:, after], after]):
            alike = knobs[:, after] == knob
            times, without = (steady_ns[alike & which, after] for which in (crossings[:, after], ~crossings[:, after]))
            if len(without):
                beyond += (times - np.median(without)).tolist()
        if beyond and (time := median_estimate(beyond)).low > 0:
            found[pair] = time
    return found
