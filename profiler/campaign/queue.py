"""The rounds of a campaign, and which of its devices has which."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence

from approxlite.profiler.campaign.plan import RoundOfBlocks

SHARE = 2
"""A device takes one part in this many times the number of devices of what is left: large parts first, so that devices
work undisturbed, and small ones at the end, so that all end together."""


class RoundQueue:
    """Deals rounds to the devices of one class. Any number of threads; devices go by their serials."""

    def __init__(self, rounds: Sequence[RoundOfBlocks], done: Collection[int], devices: int) -> None:
        """`done`: numbers of blocks that need not be measured again."""
        self._lock = threading.Lock()
        self._missing = {each.number: {slot.block for slot in each.slots} - set(done) for each in rounds}
        self._rounds = {each.number: each for each in rounds}
        self._free = [number for number in sorted(self._missing) if self._missing[number]]
        self._held: dict[str, list[int]] = {}
        self._robbed: set[str] = set()
        self._devices = max(devices, 1)

    @property
    def left(self) -> int:
        """Blocks nobody has measured yet."""
        with self._lock:
            return sum(map(len, self._missing.values()))

    @property
    def whole(self) -> int:
        """Rounds of which every block has been measured."""
        with self._lock:
            return sum(not missing for missing in self._missing.values())

    def held(self, serial: str) -> list[RoundOfBlocks]:
        """What the device still has to measure of its rounds, in order: only the blocks that are missing."""
        with self._lock:
            return [self._unmeasured(number) for number in self._held.get(serial, [])]

    def take(self, serial: str, *, steal: bool, most: int | None = None) -> list[RoundOfBlocks]:
        """More rounds for a device; when none are free and it would stand idle otherwise, `steal`: the later half of
        what the device with the most still has.

        most: that the device may hold then. Empty when there is nothing to take, or nothing worth taking.
        """
        with self._lock:
            room = len(self._free) if most is None else max(most - len(self._held.get(serial, [])), 0)
            if self._free:
                share = 1 if self._devices == 1 else SHARE * self._devices
                count = min(-(-len(self._free) // share), room)
                taken, self._free = self._free[:count], self._free[count:]
            else:
                taken = self._stolen(serial, room if most is not None else None) if steal else []
            self._held.setdefault(serial, []).extend(taken)
            return [self._unmeasured(number) for number in taken]

    def measured(self, blocks: Collection[int]) -> None:
        """These blocks are in the journal, whoever measured them."""
        with self._lock:
            for missing in self._missing.values():
                missing -= set(blocks)
            for other in self._held:
                self._held[other] = [number for number in self._held[other] if self._missing[number]]

    def was_robbed(self, serial: str) -> bool:
        """Whether rounds of the device went to another since this was last asked."""
        with self._lock:
            robbed = serial in self._robbed
            self._robbed.discard(serial)
            return robbed

    def give_back(self, serial: str) -> None:
        """The device measures no more; others take its rounds."""
        with self._lock:
            self._free = sorted([*self._held.pop(serial, []), *self._free])
            self._devices = max(self._devices - 1, 1)

    def finish(self) -> None:
        """No more is wanted than has been measured."""
        with self._lock:
            self._missing = {number: set() for number in self._missing}
            self._free, self._held = [], {}

    def _stolen(self, thief: str, most: int | None) -> list[int]:
        """Never the round that is being measured, which comes first."""
        others = [(len(numbers), serial) for serial, numbers in self._held.items() if serial != thief]
        longest, victim = max(others, default=(0, ""))
        count = (longest - 1) // 2 if most is None else min((longest - 1) // 2, most)
        if count < 1:
            return []
        numbers = self._held[victim]
        self._held[victim], stolen = numbers[:-count], numbers[-count:]
        self._robbed.add(victim)
        return stolen

    def _unmeasured(self, number: int) -> RoundOfBlocks:
        missing = self._missing[number]
        return RoundOfBlocks(number, tuple(slot for slot in self._rounds[number].slots if slot.block in missing))
