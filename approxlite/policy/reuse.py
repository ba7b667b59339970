"""Which answers are given again because the input hardly changed, and how many of them are not exact's any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import PolicyError
from approxlite.policy.outcomes import Inference, Outcomes
from approxlite.runtime.agreement import Agreement
from approxlite.runtime.input_change import InputChange

Indices = NDArray[np.intp]


def sources(
    x: NDArray[Any], input_rms: float | None, reuse_change: float, groups: NDArray[np.int64] | None = None
) -> Indices:
    """(samples,): for each sample the one whose answer it is given, itself where it runs; as a session does.

    x: (samples, ...) in order of time. groups: recordings, at each of which a session begins anew; None: one recording.
    """
    change = InputChange(input_rms)
    found = np.arange(len(x))
    ran = -1
    for i, sample in enumerate(x):
        if groups is not None and i and groups[i] != groups[i - 1]:
            change = InputChange(input_rms)
        if change.of(sample) < reuse_change:  # unknown changes are none
            found[i] = ran
        else:
            change.keep(sample)
            ran = i
    return found


def disagrees(outcomes: Outcomes, inferences: Sequence[Inference], given: Indices) -> NDArray[np.bool_]:
    """(samples,): whether the answer that each sample is given, that of sample `given`, is not exact's to it.

    Raises PolicyError for answers that are not class scores: they are not kept.
    """
    if not outcomes.has_scores:
        raise PolicyError("answers given again are certified by their top class only; build without reuse")
    compare = Agreement(outcomes.agreement)
    exact = outcomes.outputs[outcomes.exact_rung]
    rungs = np.array([inference.rung for inference in inferences])[given]
    differs = np.zeros(outcomes.samples, np.bool_)
    for rung in np.unique(rungs):
        which = np.flatnonzero(rungs == rung)
        answers = outcomes.outputs[rung][given[which]]
        differs[which] = compare.differs(exact[which], answers, outcomes.class_map(int(rung)))
    return differs
