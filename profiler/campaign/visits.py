"""When the desk talked to a device, on the device's own clock, and which blocks that disturbed.

Each poll leaves its time on the device, so that a desk that dies takes none with it; until when the desk then went on
talking, it knows itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from approxlite.profiler.blocks import AgentBlock

FILE = "visits"
KEPT = 100
"""Times that a poll brings back. Rows come soon after their blocks, so that older ones have none left to mark."""

ASIDE_S = 0.2
"""Before a poll reads the clock its shell was started, and after it its shell ends."""

STAMP = f'read up rest < /proc/uptime && echo "$up" >> {{folder}}/{FILE}'
"""For the device's shell: leaves the time there, in seconds of CLOCK_BOOTTIME."""

SHOW = f"$(tail -n {KEPT} {{folder}}/{FILE} 2> /dev/null) now=$(cut -d' ' -f1 /proc/uptime 2> /dev/null)"
"""For the device's shell: words that `Visits.told` reads."""


@dataclass
class Visits:
    """Of one device since it started. Belongs to one thread. now_s: the device's clock at the end of the last poll,
    None where it has none that a shell may read."""

    now_s: float | None = None
    _at: float = 0.0
    _spans: dict[float, float] = field(default_factory=dict)

    def told(self, words: Sequence[str]) -> None:
        """What a poll printed, which has just come back."""
        begins = sorted(each for each in map(_seconds, words) if each is not None)
        now_s = next((_seconds(word[4:]) for word in words if word.startswith("now=")), None)
        if now_s is not None and self.now_s is not None and now_s < self.now_s:
            self._spans.clear()  # it started anew, and so did its clock
        self.now_s, self._at = now_s, time.monotonic()
        for begin in begins:
            self._spans.setdefault(begin, begin)
        if begins and now_s is not None:
            self._spans[begins[-1]] = max(self._spans[begins[-1]], now_s)
        self._spans = dict(sorted(self._spans.items())[-KEPT:])

    def went_on(self) -> None:
        """The desk has talked until this moment; the last visit lasted that long."""
        if self._spans and self.now_s is not None:
            last = max(self._spans)
            self._spans[last] = max(self._spans[last], self.now_s + time.monotonic() - self._at)

    def marked(self, block: AgentBlock) -> AgentBlock:
        """With the visits that lie within it."""
        if block.begin_ns is None or block.end_ns is None:
            return block
        begin_s, end_s = block.begin_ns * 1e-9 - ASIDE_S, block.end_ns * 1e-9 + ASIDE_S
        within = [round(begin * 1e9) for begin, end in self._spans.items() if begin <= end_s and end >= begin_s]
        return block.model_copy(update={"visits_ns": tuple(within)}) if within else block


def _seconds(word: str) -> float | None:
    """None for what is no time of a clock that has run for less than a century."""
    return float(word) if len(word) < 16 and word.replace(".", "", 1).isdecimal() else None
