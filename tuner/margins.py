"""How far an answer is from flipping, and how often answers should flip on samples nobody has seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]
"""(samples, classes)."""

Margins = NDArray[np.float64]
"""(samples,): the logit of the exact answer less that of its best rival; negative where the answer has flipped."""


def margins(logits: Logits, answers: NDArray[np.int64]) -> Margins:
    """Of `answers`, (samples,), in logits of at least two classes."""
    rows = np.arange(len(logits))
    rivals = logits.astype(np.float64)
    own = rivals[rows, answers].copy()
    rivals[rows, answers] = -np.inf
    best: Margins = own - rivals.max(axis=1)
    return best


def expected_disagreement(exact: Margins, approximate: Margins) -> float:
    """The share of answers that flip when any sample's margin may meet any sample's change of margin.

    Counting flips says nothing between 0 and 1 of n, where most useful configurations lie; this has n² pairs to go by.
    Changes are paired as multiples of the square root of their margin, because clear answers are also moved further.
    """
    roots = np.sqrt(np.maximum(exact, np.finfo(np.float32).tiny))
    changes = np.sort((approximate - exact) / roots)
    return float(np.searchsorted(changes, -roots, side="left").mean() / len(changes))
