"""Answers that differ in the way people and streams make them differ, with a true share that is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm


def persons(random: np.random.Generator, count: int, samples: int, share: float) -> NDArray[np.bool_]:
    """(count * samples,): whose answers differ with a probability of one's own, `share` on average."""
    own = random.beta(0.9 * share / (1 - share), 0.9, count)
    return random.random((count, samples)).ravel() < np.repeat(own, samples)


def bursts(random: np.random.Generator, samples: int, share: float, memory: float) -> NDArray[np.bool_]:
    """(samples,): where a hidden state, each time `memory` of what it was, is beyond what it is `share` of the time."""
    noise = random.normal(size=samples) * np.sqrt(1 - memory**2)
    state = np.empty(samples)
    state[0] = random.normal()
    for i in range(1, samples):
        state[i] = memory * state[i - 1] + noise[i]
    return np.asarray(state > norm.isf(share))
