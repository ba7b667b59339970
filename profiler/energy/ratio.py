"""How a setting's energy compares with exact's: a ratio of means over pairs, and intervals of it.

A pair is what both cost in one round, minutes apart at most, less the idle power of that round. What drifts more slowly
than a round is long cancels in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from approxlite.formats.interval import Estimate
from approxlite.profiler.energy.readings import Floats

RESAMPLES = 1999
LEAST_PAIRS = 8


@dataclass(frozen=True)
class Pairs:
    """(n,) each, in order of time: what setting and exact cost, of either sign if noise is large, and the session."""

    setting: Floats
    exact: Floats
    session: Floats

    @classmethod
    def of(cls, setting: ArrayLike, exact: ArrayLike, session: ArrayLike | None = None) -> Pairs:
        """Raises ValueError where lengths differ."""
        settings, exacts = np.asarray(setting, float), np.asarray(exact, float)
        sessions = np.zeros(len(settings)) if session is None else np.asarray(session, float)
        if not len(settings) == len(exacts) == len(sessions):
            raise ValueError(f"pairs of {len(settings)}, {len(exacts)} and {len(sessions)} values")
        return cls(settings, exacts, sessions)

    def __len__(self) -> int:
        return len(self.setting)

    @property
    def ratio(self) -> float:
        return float(self.setting.sum() / self.exact.sum())

    @property
    def residuals(self) -> Floats:
        """What each pair adds to the error of the ratio, without the means of sessions; by the delta method."""
        apart = (self.setting - self.ratio * self.exact) / self.exact.mean()
        for session in np.unique(self.session):
            apart[self.session == session] -= apart[self.session == session].mean()
        return np.asarray(apart)

    @property
    def freedom(self) -> int:
        return len(self) - len(np.unique(self.session))

    @property
    def standard_error(self) -> float:
        return float(np.sqrt((self.residuals**2).sum() / max(self.freedom, 1) / len(self)))


def ratio_estimate(pairs: Pairs, random: np.random.Generator, confidence: float = 0.95) -> Estimate:
    """Symmetric studentised bootstrap over pairs within sessions (Hall 1988, J. R. Stat. Soc. B 50, 35-45).

    Unlike percentiles it allows for the spread being estimated too, which matters for a dozen pairs. Both sides are
    equally long: a dozen pairs, one of them disturbed a little, say too little of how the error leans, and with sides
    of their own intervals cover less than they say. Raises ValueError for fewer than `LEAST_PAIRS` pairs, or where
    exact cannot be told from idle.
    """
    if len(pairs) < LEAST_PAIRS:
        raise ValueError(f"{len(pairs)} pairs; at least {LEAST_PAIRS} are needed")
    if not pairs.exact.mean() > 4 * pairs.exact.std(ddof=1) / math.sqrt(len(pairs)):
        raise ValueError("exact inference cannot be told from idle")
    ratio, error = pairs.ratio, pairs.standard_error
    if error == 0:
        return Estimate(value=ratio, low=ratio, high=ratio, samples=len(pairs), confidence=confidence)
    counts = _drawn(pairs, random)
    x, y = pairs.setting, pairs.exact
    drawn_x, drawn_y = counts @ x, counts @ y
    ratios = drawn_x / drawn_y
    squares = np.zeros(len(counts))
    for session in np.unique(pairs.session):
        here = pairs.session == session
        part, size = counts[:, here], int(here.sum())
        mean = (part @ x[here] - ratios * (part @ y[here])) / size
        total = part @ x[here] ** 2 - 2 * ratios * (part @ (x[here] * y[here])) + ratios**2 * (part @ y[here] ** 2)
        squares += total - size * mean**2
    errors = np.sqrt(np.maximum(squares, 0) / max(pairs.freedom, 1) / len(pairs)) * len(pairs) / drawn_y
    usable = errors > error * 1e-3
    apart = np.abs(ratios[usable] - ratio) / errors[usable]
    reach = float(np.quantile(apart, confidence)) * error
    low, high = ratio - reach, ratio + reach
    return Estimate(value=ratio, low=low, high=high, samples=len(pairs), confidence=confidence)


def _drawn(pairs: Pairs, random: np.random.Generator) -> Floats:
    """(resamples, n): how often each pair is drawn; each session keeps its size."""
    counts = np.zeros((RESAMPLES, len(pairs)))
    for session in np.unique(pairs.session):
        here = np.flatnonzero(pairs.session == session)
        counts[:, here] = random.multinomial(len(here), np.full(len(here), 1 / len(here)), size=RESAMPLES)
    return counts


def mean_estimate(values: Floats, confidence: float = 0.95) -> Estimate:
    """Of values that are about normal, such as means of blocks: Student's interval."""
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    reach = float(student.ppf((1 + confidence) / 2, len(values) - 1)) * error
    mean = float(values.mean())
    return Estimate(value=mean, low=mean - reach, high=mean + reach, samples=len(values), confidence=confidence)


def running_interval(pairs: Pairs, confidence: float = 0.95, *, best_at: int = 24) -> tuple[float, float]:
    """An interval that may be looked at after every pair, and acted upon: all of them together hold with `confidence`.

    An asymptotic confidence sequence (Waudby-Smith et al. 2021, equation 9), narrowest around `best_at` pairs, and
    about half as wide again as one that is looked at once. This is what a person watching a campaign is shown.
    """
    rho2 = _rho2(1 - confidence, best_at)
    n = len(pairs)
    deviation = pairs.standard_error * math.sqrt(n)
    # Few pairs: the spread is itself uncertain; Student's quantile over the normal one allows for it.
    tail = 0.5 * (1 - confidence) / 2
    small = float(student.isf(tail, max(pairs.freedom, 1)) / student.isf(tail, 10**6))
    wealth = math.log(math.sqrt(n * rho2 + 1) / (1 - confidence))
    reach = small * deviation * math.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * wealth)
    return pairs.ratio - reach, pairs.ratio + reach


def _rho2(alpha: float, best_at: int) -> float:
    """Its equation for the time at which the sequence shall be narrowest."""
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / best_at


def half_width(estimate: Estimate) -> float:
    """As a share of the value."""
    return (estimate.high - estimate.low) / 2 / abs(estimate.value) if estimate.value else math.inf
