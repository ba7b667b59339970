"""Exact intervals and tests for shares, and bootstrap intervals for ratios of times.

References: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 1934 (exact intervals of a share); Hoeffding, "Probability inequalities for sums of bounded random
variables", JASA 1963 (means of shares, theorem 1, and of dependent terms, section 5); Efron, "Bootstrap methods",
Annals of Statistics 1979.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betaincinv

from approxlite.formats.interval import Estimate

CONFIDENCE = 0.95
RESAMPLES = 500


def share(count: int, samples: int, confidence: float = CONFIDENCE) -> Estimate:
    """`count` of `samples` >= 1, with its two-sided Clopper-Pearson interval."""
    tail = (1 - confidence) / 2
    low = float(betaincinv(count, samples - count + 1, tail)) if count > 0 else 0.0
    return Estimate(
        value=count / samples,
        low=low,
        high=upper_bound(count, samples, tail),
        samples=samples,
        confidence=confidence,
    )


def p_value(count: int, samples: int, epsilon: float) -> float:
    """Of the hypothesis that the true share is above `epsilon`: the chance of `count` or fewer at exactly epsilon."""
    return float(bdtr(count, samples, epsilon))


def upper_bound(count: int, samples: int, delta: float) -> float:
    """The smallest epsilon whose `p_value` is at most `delta`: the true share is below it with confidence 1 - delta."""
    return float(betaincinv(count + 1, samples - count, 1 - delta)) if count < samples else 1.0


def samples_needed(epsilon: float, delta: float, count: int = 0) -> int:
    """Fewest samples whose `p_value` is at most `delta` when `count` of them disagree. 0 < epsilon, delta < 1."""
    enough = count + 1
    while p_value(count, enough, epsilon) > delta:
        enough *= 2
    too_few = enough // 2
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if p_value(count, middle, epsilon) > delta:
            too_few = middle
        else:
            enough = middle
    return enough


def mean_p_value(mean: float, units: float, epsilon: float) -> float:
    """Of the hypothesis that the expectation is above `epsilon`, given the mean of `units` independent values in 0..1:
    a bound on the chance of such a mean or less. At a mean of 0 it equals the exact binomial one."""
    return 1.0 if mean >= epsilon else float(np.exp(-units * _divergence(mean, epsilon)))


def mean_upper_bound(mean: float, units: int, delta: float) -> float:
    """The smallest epsilon whose `mean_p_value` is at most `delta`."""
    low, high = mean, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if mean_p_value(mean, units, middle) <= delta else (middle, high)
    return high


def units_needed(epsilon: float, delta: float, total: float = 0.0) -> int:
    """Fewest units whose `mean_p_value` is at most `delta` when their values add up to `total`."""
    enough = int(np.ceil(total)) + 1
    while mean_p_value(min(1.0, total / enough), enough, epsilon) > delta:
        enough *= 2
    too_few = enough // 2 if enough > int(np.ceil(total)) + 1 else int(np.ceil(total))
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if mean_p_value(min(1.0, total / middle), middle, epsilon) > delta:
            too_few = middle
        else:
            enough = middle
    return enough


def _divergence(mean: float, other: float) -> float:
    """Kullback-Leibler divergence of two shares, 0 <= mean < other < 1 or other = 1."""
    if other >= 1:
        return np.inf
    zeros = (1 - mean) * np.log((1 - mean) / (1 - other))
    return float(zeros + (mean * np.log(mean / other) if mean > 0 else 0.0))


def ratio_of_times(times: NDArray[np.float64], reference: NDArray[np.float64], *, block: int, seed: int) -> Estimate:
    """Mean time per sample over the reference's, both (rounds, samples) of the same interleaved rounds, all > 0.

    A sample's time is its median over rounds, so a round that something else disturbed does not count. The interval
    resamples rounds and blocks of `block` neighbouring samples together, the same ones on both sides, because what
    disturbs the machine disturbs neighbours alike. It holds for these two interpreters: another pair, elsewhere in
    memory, may differ by a percent or two.
    """
    rounds, samples = times.shape
    random = np.random.default_rng(seed)
    starts = np.arange(0, samples, block)
    ratios = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        round_ = random.integers(rounds, size=rounds)
        begin = starts[random.integers(len(starts), size=len(starts))]
        sample = (begin[:, None] + np.arange(block)).ravel()
        chosen = np.ix_(round_, sample[sample < samples])
        ratios[i] = _mean_of_medians(times[chosen]) / _mean_of_medians(reference[chosen])
    low, high = np.quantile(ratios, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    value = _mean_of_medians(times) / _mean_of_medians(reference)
    return Estimate(value=value, low=min(float(low), value), high=max(float(high), value), samples=samples)


def _mean_of_medians(times: NDArray[np.float64]) -> float:
    return float(np.median(times, axis=0).mean())
