"""Subjects take turns in every round, only `invoke` is on the clock, and drift that all share cancels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest

from approxlite.profiler import interleave
from approxlite.profiler.estimates import median_estimate
from approxlite.profiler.interleave import Subject, rounds, rounds_for


class Clock:
    """Stands still unless a subject works; `speed` slows everything alike."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.speed = 1.0

    def perf_counter_ns(self) -> int:
        return self.now_ns

    def monotonic(self) -> float:
        return self.now_ns / 1e9

    def work(self, nanoseconds: int) -> Callable[[], None]:
        def run() -> None:
            self.now_ns += round(nanoseconds * self.speed)

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(interleave, "time", made)
    return made


def test_every_round_has_one_block_of_each_subject(clock: Clock) -> None:
    subjects = [Subject(name, clock.work(100_000)) for name in "abc"]
    taken = list(islice(rounds(subjects, seed=0), 20))
    assert all(set(round_) == {"a", "b", "c"} for round_ in taken)
    assert len({tuple(round_) for round_ in taken}) > 1, "the order is never drawn anew"


def test_preparing_is_not_timed(clock: Clock) -> None:
    subject = Subject("a", clock.work(100_000), prepare=clock.work(9_000_000))
    block = next(rounds([subject], seed=0))["a"]
    assert block.median_ns == 100_000
    assert block.total_ns == block.calls * 100_000


def test_a_block_is_about_as_long_as_asked(clock: Clock) -> None:
    fast, slow = Subject("fast", clock.work(50_000)), Subject("slow", clock.work(40_000_000))
    round_ = next(rounds([fast, slow], seed=0, block_ms=5))
    assert round_["fast"].calls == 100
    assert round_["slow"].calls == interleave.MIN_CALLS


def test_drift_cancels_in_the_ratio(clock: Clock) -> None:
    subjects = [Subject("ours", clock.work(100_000)), Subject("stock", clock.work(200_000))]
    ratios = []
    for number, round_ in enumerate(islice(rounds(subjects, seed=0), 12)):
        clock.speed = 1 + number / 4
        if len({*(block.median_ns for block in round_.values())}) == 2:
            ratios.append(round_["ours"].median_ns / round_["stock"].median_ns)
    assert median_estimate(ratios).value == pytest.approx(0.5)


def test_the_asked_for_time_is_kept_but_enough_rounds_are_taken(clock: Clock) -> None:
    subjects = [Subject("a", clock.work(1_000_000))]
    begin = clock.monotonic()
    assert len(rounds_for(2.0, subjects, seed=0)) > 10
    assert clock.monotonic() - begin == pytest.approx(2.0, rel=0.05)
    assert len(rounds_for(0.001, subjects, seed=0, min_rounds=10)) == 10


def test_two_subjects_with_one_name_are_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="one name"):
        next(rounds([Subject("a", clock.work(1)), Subject("a", clock.work(1))], seed=0))


def test_the_median_lies_between_its_order_statistics() -> None:
    estimate = median_estimate([float(i) for i in range(100)])
    assert (estimate.value, estimate.low, estimate.high, estimate.samples) == (49.5, 39, 60, 100)


def test_few_samples_give_their_whole_range() -> None:
    estimate = median_estimate([3.0, 1.0, 2.0])
    assert (estimate.value, estimate.low, estimate.high) == (2, 1, 3)


def test_the_median_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        median_estimate([])
