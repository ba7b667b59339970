"""Several ways of answering the same samples, taking turns sample block by sample block, in an order drawn anew.

Speed drifts with frequency, heat and neighbours. What runs in the same fraction of a second shares that drift, and a
ratio of times cancels it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 8
"""Samples that one subject answers before the next has its turn on them."""

Run = Callable[[NDArray[Any]], float]
"""Answers one sample and returns the milliseconds that took."""


def take_turns(
    subjects: Mapping[str, Run],
    x: NDArray[Any],
    *,
    seconds: float,
    seed: int,
    min_rounds: int = 3,
    max_rounds: int = 50,
    progress: Callable[[float], None] = lambda _share: None,
) -> dict[str, NDArray[np.float64]]:
    """(rounds, samples) milliseconds by subject. Rounds go on for about `seconds`, but there are `min_rounds` at least.

    Every subject answers every sample once a round, in the same order.
    Each turn begins with one run that does not count, because the subject before has used the caches.
    `progress` is told which share is done.
    """
    order = random.Random(seed)
    names = list(subjects)
    rounds: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    begin = time.monotonic()
    taken = 0
    while taken < min_rounds or (time.monotonic() - begin < seconds and taken < max_rounds):
        times = {name: np.zeros(len(x)) for name in names}
        for first in range(0, len(x), BLOCK):
            for name in order.sample(names, len(names)):
                run = subjects[name]
                run(x[first])
                for sample in range(first, min(first + BLOCK, len(x))):
                    times[name][sample] = run(x[sample])
        for name in names:
            rounds[name].append(times[name])
        taken += 1
        progress(min(1.0, max(taken / max_rounds, (time.monotonic() - begin) / seconds if seconds > 0 else 1.0)))
    return {name: np.stack(each) for name, each in rounds.items()}
