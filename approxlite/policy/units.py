"""What counts as one independent observation when answers of neighbours in time, or of one person, are alike.

Samples drawn one by one are units themselves, and the binomial test is exact. Answers of one person or recording are
alike, so a group counts once, by its own share of answers that differ: the claim is about the mean over groups. In one
long stream, answers `block` or more apart are taken for independent; then each choice of every `block`-th answer is an
independent sample of units / block answers, and the mean over all answers deviates no more than such a sample may
(Hoeffding 1963, section 5, by convexity): the stream counts as its length divided by `block`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from approxlite.policy.statistics import (
    mean_p_value,
    mean_upper_bound,
    p_value,
    samples_needed,
    units_needed,
    upper_bound,
)

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Units:
    """How samples, in the order of the data, make independent units.

    groups: (samples,) int, for "group" only. by: the array that named them. block: for "block" only, >= 2.
    """

    samples: int
    kind: Literal["sample", "group", "block"] = "sample"
    groups: NDArray[np.int64] | None = None
    by: str = ""
    block: int = 1

    @property
    def count(self) -> int:
        """How many independent units there are; 0 when a stream is shorter than a block."""
        if self.groups is not None:
            return len(np.unique(self.groups))
        return self.samples // self.block

    def share(self, differs: Bools) -> float:
        """The mean over units of the share of answers that differ; (samples,) bools."""
        if self.groups is None:
            return float(differs.mean())
        _, number = np.unique(self.groups, return_inverse=True)
        shares = np.bincount(number, weights=differs) / np.bincount(number)
        return float(shares.mean())

    def p_value(self, differs: Bools, epsilon: float) -> float:
        """Of the hypothesis that the true share is above `epsilon`."""
        if self.kind == "sample":
            return p_value(int(differs.sum()), self.samples, epsilon)
        return mean_p_value(self.share(differs), self.count, epsilon)

    def upper_bound(self, differs: Bools, delta: float) -> float:
        """Below which the true share lies with confidence 1 - delta."""
        if self.kind == "sample":
            return upper_bound(int(differs.sum()), self.samples, delta)
        return mean_upper_bound(self.share(differs), self.count, delta)

    def smallest_epsilon(self, delta: float) -> float:
        """The bound that this many units support when nothing differs."""
        return upper_bound(0, self.count, delta) if self.count else 1.0

    def needed(self, epsilon: float, delta: float, differs: Bools | None = None) -> int:
        """Fewest units in all that support `epsilon` if no answer differs but those that do."""
        if self.kind == "sample":
            return samples_needed(epsilon, delta, 0 if differs is None else int(differs.sum()))
        return units_needed(epsilon, delta, 0.0 if differs is None else self.share(differs) * self.count)

    def name(self, count: int) -> str:
        """So many units in words: "149 samples", "59 of `subject`", "2950 samples in a row"."""
        if self.kind == "group":
            return f"{count} different `{self.by}`"
        return f"{count * self.block} samples" + (" in a row" if self.kind == "block" else "")

    @property
    def assumption(self) -> str:
        """What has to be true of the data for the certificate to hold, in words."""
        if self.kind == "group":
            return f"each `{self.by}` was drawn independently of the others, however alike its own samples are"
        if self.kind == "block":
            return (
                "the stream stays what it is, and answers that lie "
                f"{self.block} or more samples apart are independent of one another"
            )
        return "the samples were drawn independently of one another"
