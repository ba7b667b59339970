"""Several ways of answering the same samples, taking turns sample block by sample block, in an order drawn anew.

Speed drifts with frequency, heat and neighbours. What runs in the same fraction of a second shares that drift, and a
ratio of times cancels it.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import UnstableError
from approxlite.policy.statistics import ratio_of_times

BLOCK = 16
"""Samples that one subject answers before the next has its turn on them."""

WARM_UP_MS = 3.0
"""Uncounted running at the begin of a turn. The subject before has left its data in the caches and its clock frequency,
which wide vector instructions lower for milliseconds: without this, stock took 77 µs beside exact and 69 µs alone."""

UNSTABLE = 0.5
"""Width of the interval of a ratio, as a share of its value, above which no number is given."""

PATIENCE = 3
"""How many times as long an unsteady machine is measured before giving up."""

Run = Callable[[NDArray[Any]], float]
"""Answers one sample and returns the milliseconds that took."""


def take_steady_turns(
    subjects: Mapping[str, Run],
    x: NDArray[Any],
    *,
    ours: str,
    reference: str,
    seconds: float,
    seed: int,
    progress: Callable[[float], None] = lambda _share: None,
) -> dict[str, NDArray[np.float64]]:
    """`take_turns`, once more and longer if it leaves the time of `ours` as a share of that of `reference` uncertain.

    Raises UnstableError when even that does not settle.
    """
    for patience in (1, PATIENCE):
        times = take_turns(subjects, x, seconds=patience * seconds, seed=seed, progress=progress)
        ratio = ratio_of_times(times[ours], times[reference], block=BLOCK, seed=seed)
        if ratio.high - ratio.low <= UNSTABLE * ratio.value:
            return times
    raise UnstableError(
        f"{ours} took {ratio.low:.2f} to {ratio.high:.2f} of the time of {reference}, too uncertain to be reported; "
        "end other programs and run the same command again, what is done is kept"
    )


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
    Each turn begins with runs that do not count, for `WARM_UP_MS`, on the samples of the turn.
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
            block = range(first, min(first + BLOCK, len(x)))
            for name in order.sample(names, len(names)):
                run = subjects[name]
                _warm_up(run, x[first : block.stop])
                for sample in block:
                    times[name][sample] = run(x[sample])
        for name in names:
            rounds[name].append(times[name])
        taken += 1
        progress(min(1.0, max(taken / max_rounds, (time.monotonic() - begin) / seconds if seconds > 0 else 1.0)))
    return {name: np.stack(each) for name, each in rounds.items()}


def _warm_up(run: Run, x: NDArray[Any]) -> None:
    begin = time.perf_counter()
    for sample in itertools.cycle(x):
        run(sample)
        if time.perf_counter() - begin >= WARM_UP_MS / 1e3:
            return
