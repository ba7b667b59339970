"""What every device is doing, on stderr: a table that moves in a terminal, elsewhere a line whenever that changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from approxlite.profiler.campaign.board import Board
from approxlite.report.text import duration, percent

REFRESHES_PER_S = 4


@contextmanager
def live_board() -> Iterator[Callable[[Board], None]]:
    """What it yields is shown a board several times a second."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    with Live(console=Console(stderr=True), refresh_per_second=REFRESHES_PER_S, auto_refresh=False) as live:
        yield lambda now: live.update(table_of(now), refresh=True)


def table_of(board: Board) -> Table:
    left = board.left_s()
    title = "" if left is None else f"{percent(board.share, 0)}, about {duration(left)} left"
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), title=title or None, title_justify="left")
    for name in ("device", "blocks", "faults", "doing", ""):
        table.add_column(name, justify="right" if name in ("blocks", "faults") else "left")
    for each in board.all():
        table.add_row(each.serial, str(each.blocks), str(each.faults), each.doing, Text(each.why))
    return table


def _lines() -> Callable[[Board], None]:
    """A device's line once what it does or waits for is another."""
    said: dict[str, tuple[str, str]] = {}

    def look(board: Board) -> None:
        for each in board.all():
            # While it waits or measures only the numbers change.
            key = (each.doing, "" if each.doing in ("waiting", "measuring", "warming up") else each.why)
            if said.get(each.serial) != key:
                said[each.serial] = key
                print(f"{each.serial}: {each.doing}{', ' if each.why else ''}{each.why}", file=sys.stderr, flush=True)

    return look
