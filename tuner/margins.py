"""How far an answer is from flipping, and how often answers should flip on samples like those at hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

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


UNSURE = 0.35
"""How far a margin may be off, as a share of the spread of its sample's change over classes: about what is left of
predictions, and of changes on one sample when those of its like are asked for. Half and twice as much rank alike.
"""


def expected_disagreement(exact: Logits, logits: Logits, answers: NDArray[np.int64]) -> float:
    """The share of `answers`, exact's, expected to flip among samples like these: each by how likely a normal error
    of its margin takes it below zero. Counting says nothing between 0 and 1 of n, where most useful configurations lie.
    """
    change = logits - exact
    spread = UNSURE * (change - change.mean(axis=1, keepdims=True)).std(axis=1, dtype=np.float64)
    left = margins(logits, answers)
    return float(np.where(spread > 0, ndtr(-left / np.where(spread > 0, spread, 1)), left < 0).mean())
