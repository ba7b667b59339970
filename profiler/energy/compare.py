"""From measured rounds to what a configuration's energy is beside exact's; or why there is no such number."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import t as student

from approxlite.formats.errors import UnstableError
from approxlite.formats.interval import Estimate
from approxlite.profiler.energy.measured import Measured
from approxlite.profiler.energy.outcome import Comparison
from approxlite.profiler.energy.ratio import Pairs, mean_estimate, ratio_estimate

SAME_CONFIDENCE = 0.99
"""Of exact against itself: one sound campaign in a hundred is refused for nothing."""

APART = 4.0
"""Standard errors by which the ratios of two sessions may differ."""

LEAST_APART = 4
"""Pairs of a session below which its own spread is too uncertain to judge it by."""


def compared(measured: Measured, setting: str, seed: int) -> Comparison:
    """Raises UnstableError, one line, where the rounds do not bear a number. Nothing depends on earlier calls."""
    pairs = measured.pairs(setting)
    try:
        ratio = ratio_estimate(pairs, drawn(seed, len(pairs)))
        whole = ratio_estimate(measured.pairs(setting, beyond_idle=False), drawn(seed, -1))
    except ValueError as problem:
        raise UnstableError(f"no energy figure: {problem}; {len(measured.left_out())} blocks left out") from None
    same = same_estimate(measured.same(drawn(seed, -2)))
    if not same.low <= 1 <= same.high:
        raise UnstableError(
            f"no energy figure: exact against itself gives {same.value:.3f} ({same.low:.3f} to {same.high:.3f}); "
            "something disturbs this device, try again later"
        )
    _sessions_agree(pairs)
    return Comparison(
        configuration=setting,
        ratio=ratio,
        whole_ratio=whole,
        exact_mj=mean_estimate(pairs.exact * 1e3),
        setting_mj=mean_estimate(pairs.setting * 1e3),
        idle_w=mean_estimate(measured.idle_w()),
        same=same,
    )


def drawn(seed: int, stream: int) -> np.random.Generator:
    """For resampling; streams are numbers of pairs, so that a look does not depend on the looks before it."""
    return np.random.default_rng([seed, stream + 2])


def same_estimate(pairs: Pairs) -> Estimate:
    """Exact against itself, by Student's interval: too few pairs for a bootstrap. Raises UnstableError below three."""
    if pairs.freedom < 2:
        raise UnstableError("no energy figure: too few clean rounds to compare exact with itself")
    reach = float(student.isf((1 - SAME_CONFIDENCE) / 2, pairs.freedom)) * pairs.standard_error
    return Estimate(
        value=pairs.ratio, low=pairs.ratio - reach, high=pairs.ratio + reach, samples=len(pairs),
        confidence=SAME_CONFIDENCE,
    )  # fmt: skip


def _sessions_agree(pairs: Pairs) -> None:
    parts = [pairs.session == session for session in np.unique(pairs.session)]
    parts = [part for part in parts if part.sum() >= LEAST_APART]
    if len(parts) < 2:
        return
    alone = [Pairs.of(pairs.setting[part], pairs.exact[part]) for part in parts]
    for one in alone:
        for other in alone:
            if abs(one.ratio - other.ratio) > APART * math.hypot(one.standard_error, other.standard_error):
                raise UnstableError(
                    f"no energy figure: one session gives {one.ratio:.3f}, another {other.ratio:.3f}; measure again"
                )
