"""Several ways of running a model, timed side by side in short blocks of random order.

Speed drifts with frequency, heat and neighbours. Subjects timed minutes apart would measure that drift; subjects timed
in the same fraction of a second, round after round, share it, and their ratio within a round cancels it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

BLOCK_MS = 5.0
"""Aimed-for length of a block: long enough to fill caches, short enough that a round shares one machine state."""

MIN_CALLS = 3
WARM_UP_MS = 50.0

UNCOUNTED_MS = 3.0
"""Running at the begin of a block that is not counted: the subject before has left its data in the caches and its clock
frequency, which wide vector instructions lower for milliseconds."""


@dataclass(frozen=True)
class Subject:
    """Something to time: `prepare` runs untimed before each block, `invoke` is what the clock sees, nothing else."""

    name: str
    invoke: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Block:
    """One subject's calls in one round."""

    subject: str
    calls: int
    total_ns: int
    median_ns: int


def rounds(subjects: Sequence[Subject], *, seed: int, block_ms: float = BLOCK_MS) -> Iterator[dict[str, Block]]:
    """Endless rounds; each holds one block of every subject, in an order drawn anew.

    The first round comes after a warm-up of about 50 ms per subject, which also decides how many calls make a block.
    Every block starts with untimed calls, for `UNCOUNTED_MS`.
    """
    if len({subject.name for subject in subjects}) != len(subjects):
        raise ValueError("two subjects with one name")
    order = random.Random(seed)
    calls = {subject.name: _calls_per_block(subject, block_ms) for subject in subjects}
    while True:
        round_ = {}
        for subject in order.sample(subjects, len(subjects)):
            round_[subject.name] = _block(subject, calls[subject.name])
        yield round_


def rounds_for(
    seconds: float,
    subjects: Sequence[Subject],
    *,
    seed: int,
    min_rounds: int = 10,
    block_ms: float = BLOCK_MS,
) -> list[dict[str, Block]]:
    """Rounds until `seconds` have passed, warm-up included, but at least `min_rounds`."""
    deadline = time.monotonic() + seconds
    taken: list[dict[str, Block]] = []
    for round_ in rounds(subjects, seed=seed, block_ms=block_ms):
        taken.append(round_)
        if len(taken) >= min_rounds and time.monotonic() >= deadline:
            break
    return taken


def _calls_per_block(subject: Subject, block_ms: float) -> int:
    subject.prepare()
    samples: list[int] = []
    begin = time.perf_counter_ns()
    while len(samples) < MIN_CALLS or time.perf_counter_ns() - begin < WARM_UP_MS * 1e6:
        samples.append(_timed(subject.invoke))
    return max(MIN_CALLS, round(block_ms * 1e6 / max(1, median(samples))))


def _block(subject: Subject, calls: int) -> Block:
    subject.prepare()
    begin = time.perf_counter_ns()
    subject.invoke()
    while time.perf_counter_ns() - begin < UNCOUNTED_MS * 1e6:
        subject.invoke()
    samples = [_timed(subject.invoke) for _ in range(calls)]
    return Block(subject.name, calls, sum(samples), round(median(samples)))


def _timed(invoke: Callable[[], object]) -> int:
    begin = time.perf_counter_ns()
    invoke()
    return time.perf_counter_ns() - begin
