"""Rounds go to devices in such a way that all are measured, whoever comes, dies or steals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from approxlite.profiler.campaign.plan import NUMBERS_PER_ROUND, RoundOfBlocks, Slot
from approxlite.profiler.campaign.queue import RoundQueue


def rounds(count: int, blocks: int = 3) -> list[RoundOfBlocks]:
    return [
        RoundOfBlocks(n, tuple(Slot(n * NUMBERS_PER_ROUND + i, "approxlite", "exact") for i in range(blocks)))
        for n in range(count)
    ]


def blocks_of(taken: list[RoundOfBlocks]) -> list[int]:
    return [slot.block for each in taken for slot in each.slots]


@given(st.integers(1, 40), st.integers(1, 6), st.randoms(use_true_random=False))
def test_every_block_is_measured_whatever_devices_do(count: int, devices: int, order: object) -> None:
    assert hasattr(order, "choice")
    queue = RoundQueue(rounds(count), (), devices)
    alive, measured = [f"d{i}" for i in range(devices)], set()
    while queue.left:
        serial = order.choice(alive)
        if len(alive) > 1 and order.random() < 0.1:
            alive.remove(serial)
            queue.give_back(serial)
            continue
        held = queue.held(serial) or queue.take(serial, steal=True)
        done = blocks_of(held)[: order.randrange(1, 5)]
        measured |= set(done)
        queue.measured(done)
    assert measured == set(blocks_of(rounds(count)))


def test_a_device_alone_gets_everything_at_once() -> None:
    assert len(RoundQueue(rounds(20), (), 1).take("a", steal=True)) == 20


def test_what_an_earlier_campaign_measured_is_not_given_out_again() -> None:
    queue = RoundQueue(rounds(2), {0, 1, 2, NUMBERS_PER_ROUND}, 1)
    assert blocks_of(queue.take("a", steal=True)) == [NUMBERS_PER_ROUND + 1, NUMBERS_PER_ROUND + 2]


def test_an_idle_device_takes_what_another_has_not_begun() -> None:
    queue = RoundQueue(rounds(9), (), 1)
    queue.take("slow", steal=True)
    assert [each.number for each in queue.take("idle", steal=True)] == [5, 6, 7, 8]
    assert queue.was_robbed("slow")
    assert not queue.was_robbed("slow")
    assert [each.number for each in queue.held("slow")] == [0, 1, 2, 3, 4]


def test_nobody_is_robbed_of_the_round_under_way() -> None:
    queue = RoundQueue(rounds(1), (), 2)
    queue.take("a", steal=True)
    assert queue.take("b", steal=True) == []


def test_a_device_that_is_given_up_leaves_its_rounds_to_others() -> None:
    queue = RoundQueue(rounds(3), (), 1)
    queue.take("dead", steal=True)
    queue.measured([0])
    queue.give_back("dead")
    assert blocks_of(queue.take("alive", steal=True))[0] == 1
    assert queue.left == 8
