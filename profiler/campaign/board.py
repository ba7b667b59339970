"""What every device is doing and why it waits, for whoever shows it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Standing:
    """One device. doing: a word such as "measuring"; why: more on it, such as "cooling 38.4 → 37.0 °C"."""

    serial: str
    doing: str = "starting"
    why: str = ""
    blocks: int = 0
    faults: int = 0


@dataclass
class Board:
    """Standings by serial. Any number of threads."""

    total: int = 0
    _standings: dict[str, Standing] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _begin: float = field(default_factory=time.monotonic)

    def say(self, serial: str, doing: str, why: str = "") -> None:
        with self._lock:
            old = self._standings.get(serial, Standing(serial))
            self._standings[serial] = replace(old, doing=doing, why=why)

    def count(self, serial: str, *, blocks: int = 0, faults: int = 0) -> None:
        with self._lock:
            old = self._standings.get(serial, Standing(serial))
            self._standings[serial] = replace(old, blocks=old.blocks + blocks, faults=old.faults + faults)

    def of(self, serial: str) -> Standing:
        with self._lock:
            return self._standings.get(serial, Standing(serial))

    def all(self) -> list[Standing]:
        with self._lock:
            return sorted(self._standings.values(), key=lambda standing: standing.serial)

    @property
    def share(self) -> float:
        """Of all blocks, measured in this run or before, 0..1."""
        return min(1.0, sum(standing.blocks for standing in self.all()) / self.total) if self.total else 0.0

    def left_s(self) -> float | None:
        """At the pace so far; None before there is one."""
        share = self.share
        return (time.monotonic() - self._begin) * (1 - share) / share if share > 0.02 else None
