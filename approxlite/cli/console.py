"""What verbs print: answers on stdout, ready for a pipe; progress on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from approxlite.report.text import duration, percent

UNLIMITED = 100_000
"""Tables are never cut to the terminal: a configuration has to survive being copied."""


def print_json(document: BaseModel) -> None:
    """One JSON document on stdout."""
    print(document.model_dump_json(indent=1))


def print_line(line: str) -> None:
    """A sentence on stdout."""
    print(line)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> None:
    """A table on stdout; the columns whose positions are in `numbers` are aligned to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold", show_header=any(head))
    for position, name in enumerate(head):
        table.add_column(name, justify="right" if position in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(width=UNLIMITED, highlight=False)
    with console.capture() as printed:
        console.print(table)
    print("\n".join(line.rstrip() for line in printed.get().splitlines()))


class Progress:
    """Says on stderr what is going on: a line that moves in a terminal, elsewhere one line per finished stage."""

    def __init__(self) -> None:
        self._width = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[str, float], None]]:
        """Times one stage; what it yields is told what is happening and which share of the stage is done."""
        begin = time.monotonic()
        self._moving(name)
        try:
            yield lambda what, share: self._moving(f"{name}: {what}{_remaining(time.monotonic() - begin, share)}")
        except BaseException:
            if self._width:
                print(file=sys.stderr)  # the line that says what went wrong begins on its own
            raise
        self.say(f"{name}: {duration(time.monotonic() - begin)}")

    def say(self, line: str) -> None:
        """A line that stays."""
        moved = f"\r{line:<{self._width}}" if self._width else line
        print(moved, file=sys.stderr, flush=True)
        self._width = 0

    def _moving(self, line: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)


def _remaining(spent: float, share: float) -> str:
    if not 0.02 < share < 1:
        return ""
    return f", {percent(share, 0)}, about {duration(spent / share * (1 - share))} left"
