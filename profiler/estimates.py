"""Medians with an interval that assumes nothing about how timings are distributed."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.special import bdtr

from approxlite.formats.interval import Estimate

CONFIDENCE = 0.95


def median_estimate(samples: Sequence[float]) -> Estimate:
    """The median of at least one sample, between two order statistics that cover it with 95 % confidence.

    The number of samples below the true median is binomial with one half, whatever their distribution. Fewer than six
    samples cannot reach 95 %; the interval is then their whole range.
    """
    ordered = sorted(samples)
    count = len(ordered)
    if count == 0:
        raise ValueError("the median of no samples")
    below = max(sum(bool(bdtr(k, count, 0.5) < (1 - CONFIDENCE) / 2) for k in range(count)), 1)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Estimate(
        value=middle, low=ordered[below - 1], high=ordered[count - below], samples=count, confidence=CONFIDENCE
    )
