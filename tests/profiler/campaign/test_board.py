"""What devices are doing, told by many threads at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from approxlite.profiler.campaign.board import Board

TIMES = 3000


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_nothing_that_is_counted_is_lost() -> None:
    board = Board()

    def count() -> None:
        for _ in range(TIMES):
            board.count("PHONE", blocks=1, faults=2)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(TIMES):
        board.say("PHONE", "measuring", "blocks")
    for thread in threads:
        thread.join()
    standing = board.of("PHONE")
    assert (standing.blocks, standing.faults, standing.doing) == (4 * TIMES, 8 * TIMES, "measuring")
