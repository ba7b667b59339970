"""Tells what knobs cost apart from how fast the machine's clock ran while they were measured.

A block of inferences runs fast or slow as a whole: neighbours and heat slow it down at random, and wide floating-point
arithmetic lowers the clock of many processors by as much as a knob saves. Blocks set many operators at once, so both
can be told apart: what all operators of a block share is the machine, what a knob's blocks share is the knob.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

ALTERNATIONS = 20
"""Between the two; enough for any campaign that dealt every knob a few times."""

STEPS = 25
"""Of the fitted curve, over shares from 0 to 1."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def slowdowns(times_ns: Floats, knobs: NDArray[np.intp], dealt: Bools, reference: Bools) -> Floats:
    """(blocks,): how much slower each block ran than the `reference` blocks typically did, as a logarithm.

    times_ns: (blocks, operators), above 0. knobs: the same shape, which knob each operator had, numbered from 0.
    dealt: blocks whose knobs were drawn at random; the others, where a knob always meets the same neighbours, could
    not tell the two apart, and count for a knob only if it was never dealt.
    Alternates averages over the blocks of each knob and over the operators of each block, the latter weighted by their
    time; the last time medians, which a disturbed operator does not move.
    """
    logarithms = np.log(times_ns)
    groups = [
        (operator, blocks, blocks & dealt if (blocks & dealt).any() else blocks)
        for operator in range(times_ns.shape[1])
        for blocks in (knobs[:, operator] == knob for knob in np.unique(knobs[:, operator]))
    ]
    slow = np.zeros(len(times_ns))
    for alternation in range(ALTERNATIONS):
        last = alternation == ALTERNATIONS - 1
        left = logarithms - slow[:, None]
        effects = np.empty_like(left)
        for operator, blocks, telling in groups:
            values = left[telling, operator]
            effects[blocks, operator] = np.median(values) if last else values.mean()
        rest = logarithms - effects
        slow = _weighted_medians(rest, times_ns) if last else np.average(rest, axis=1, weights=times_ns)
        slow -= np.median(slow[reference])
    return slow


def _weighted_medians(values: Floats, weights: Floats) -> Floats:
    """Of each row."""
    rows = np.arange(len(values))
    order = np.argsort(values, axis=1)
    heights = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    middle = (heights < heights[:, -1:] / 2).sum(axis=1)
    medians: Floats = values[rows, order[rows, middle]]
    return medians


@dataclass(frozen=True)
class ClockCurve:
    """Slowdown (logarithm) by the share of time in wide floating-point arithmetic: never falling, flat at the ends."""

    shares: tuple[float, ...]
    slowdowns: tuple[float, ...]

    def factor(self, share: float, reference: float) -> float:
        """How much longer the same work takes at `share` than at `reference`, both 0..1."""
        at, beside = np.interp([share, reference], self.shares, self.slowdowns)
        return float(np.exp(at - beside))


def fit_clock(shares: Floats, slow: Floats) -> ClockCurve:
    """From at least one block: medians of blocks of similar share, made never to fall."""
    step = np.floor(shares * STEPS)
    steps = [step == number for number in np.unique(step)]
    medians = np.array([np.median(slow[blocks]) for blocks in steps])
    weights = np.array([np.count_nonzero(blocks) for blocks in steps], np.float64)
    return ClockCurve(
        shares=tuple(float(np.median(shares[blocks])) for blocks in steps),
        slowdowns=tuple(isotonic_regression(medians, weights=weights).x.tolist()),
    )
