"""False alarms, and how many canaries it takes to find a change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from figures import Figure, in_words, median
from worlds import World

from approxlite.policy.statistics import share
from approxlite.runtime.guard import Guard

EPSILON, WORSE = 0.02, 0.05
ANSWERS = 1_000_000
_BLOCK = 100_000
_CERTIFICATE = bytes(32)
_CANARIES_BAR = 400


def false_alarms(world: World, runs: int, disagreement: float, seed: tuple[int, int]) -> Figure:
    """Share of guards that alarm within a million answers of which `disagreement` are not exact's.

    seed: another one for each world, whose runs would otherwise be right and wrong in the same places.
    """
    alarms = 0
    for run in range(runs):
        random = np.random.default_rng((*seed, run))
        with Guard(world.settings, _CERTIFICATE, EPSILON, seed=int(random.integers(2**63))) as guard:
            for _ in range(ANSWERS // _BLOCK):
                guard.replay(*world.answers(_BLOCK, disagreement, random))
            alarms += guard.status().latched
    found = share(alarms, runs)
    return Figure(
        f"False alarms within {ANSWERS:.0e} inferences, epsilon {EPSILON:.0%}, alpha {world.settings.alpha:.0%}",
        f"{world.name}; true disagreement {disagreement:.0%}",
        f"{alarms} of {runs} runs: {found.value:.2%} [{found.low:.2%}, {found.high:.2%}]",
        f"at most {world.settings.alpha:.0%}: missed if the interval lies above",
        found.low <= world.settings.alpha,
    )


def detection(world: World, runs: int, good: int, disagreement: float, seed: int, bar: bool) -> Figure:
    """Canaries from a change to `WORSE` until the alarm, after `good` answers of which `disagreement` were not exact's.

    Guards that alarmed before the change are left out, and counted.
    """
    canaries, answers, early = [], [], 0
    for run in range(runs):
        random = np.random.default_rng((seed, run))
        with Guard(world.settings, _CERTIFICATE, EPSILON, seed=int(random.integers(2**63))) as guard:
            for size in _blocks(good):
                guard.replay(*world.answers(size, disagreement, random))
            before = guard.status()
            if before.latched:
                early += 1
                continue
            while not guard.status().latched:
                guard.replay(*world.answers(20_000, WORSE, random))
            after = guard.status()
            canaries.append(after.canaries - before.canaries)
            answers.append(after.answers - before.answers)
    time = f"after {good:.0e} inferences at {disagreement:.0%}" if good else "from the start"
    lost = f", {early} alarmed before" if early else ""
    return Figure(
        f"Canaries from a change to {WORSE:.0%} disagreement until the alarm, epsilon {EPSILON:.0%}",
        f"{world.name}; {time}",
        f"median {in_words(canaries)} canaries, {in_words(answers)} inferences, "
        f"9 in 10 within {np.quantile(canaries, 0.9):.0f}; {len(canaries)} runs{lost}",
        f"median {_CANARIES_BAR}" if bar else "none",
        median(canaries)[0] <= _CANARIES_BAR if bar else None,
    )


def _blocks(total: int) -> Iterator[int]:
    while total > 0:
        yield min(total, _BLOCK)
        total -= _BLOCK
