"""When each device of an energy campaign has measured enough, by the rows that are in the journal."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from approxlite.formats.errors import UnstableError
from approxlite.formats.profile import BlockRow, EnergyGoal, IdleRow
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.campaign.plan import Design, RoundOfBlocks
from approxlite.profiler.energy.design import EXACT, IDLE
from approxlite.profiler.energy.from_rows import measured_of
from approxlite.profiler.energy.measured import RoundBlock
from approxlite.profiler.energy.planning import Plan, Stop
from approxlite.profiler.energy.stopping import Stopping

Verdict = Stop | Literal["session"]
"""Session: enough of it, and another one is wanted."""

STOCK = "stock"

APART = timedelta(hours=6)
"""Rows of one boot that are farther apart are of two sessions: the device rested, on another day or most of one."""

PAUSE_S = 900.0
"""A device that was not measured for as long was paused by a person; that is no time of the campaign's."""

MeasuredRow = BlockRow | IdleRow


def plan_of(goal: EnergyGoal, block_s: float) -> Plan:
    """block_s: of a design, with the part that does not count."""
    return Plan(block_s - goal.settle_s, goal.settle_s, goal.pairs, goal.total_s, goal.blocks, goal.overhead_s)


def round_block(row: MeasuredRow) -> RoundBlock | None:
    """None for a row that no device's agent wrote."""
    if row.agent_row is None:
        return None
    condition = IDLE if isinstance(row, IdleRow) else STOCK if row.subject == "stock" else row.configuration
    return RoundBlock(AgentBlock.model_validate(row.agent_row), condition, row.round, row.session)


def round_blocks(rows: Iterable[MeasuredRow]) -> list[RoundBlock]:
    return [each for each in map(round_block, rows) if each is not None]


def measuring_s(blocks: Sequence[RoundBlock]) -> float:
    """Time that one device's blocks took, with what was between them; pauses of a person do not count."""
    total = 0.0
    for session in {each.session for each in blocks}:
        rows = [each.row for each in blocks if each.session == session and each.row.begin_ns is not None]
        spans = sorted((row.begin_ns or 0, row.end_ns or row.begin_ns or 0, row.waited_s) for row in rows)
        total += sum((end - begin) * 1e-9 for begin, end, _ in spans) + sum(span[2] for span in spans[:1])
        gaps = ((after[0] - before[1]) * 1e-9 for before, after in pairwise(spans))
        total += sum(gap for gap in gaps if 0 <= gap <= PAUSE_S)
    return total


@dataclass
class _OfDevice:
    stopping: Stopping
    rows: list[RoundBlock] = field(default_factory=list)
    probe: Sequence[AgentBlock] = ()
    sessions: list[tuple[str | None, datetime | None]] = field(default_factory=list)
    looked_at: tuple[int, int] = (-1, -1)
    verdict: Verdict | None = None
    spent_s: float = 0.0


class EnergyJudge:
    """Takes rows as they are journalled. Any number of threads, but one for each device.

    settings: whose intervals count, as conditions of round blocks. least_rounds: of a campaign in any case.
    """

    def __init__(
        self, goal: EnergyGoal, design: Design, rounds: Sequence[RoundOfBlocks], settings: Sequence[str], *, seed: int,
        least_rounds: int,
    ) -> None:  # fmt: skip
        self.goal = goal
        self._plan, self._settings, self._seed, self._least = (
            plan_of(goal, design.block_s),
            settings,
            seed,
            least_rounds,
        )
        self._blocks_of = {each.number: len(each.slots) for each in rounds}
        self._devices: dict[str, _OfDevice] = {}
        self._lock = threading.Lock()

    def session_of(self, serial: str, boot_id: str | None, time: datetime) -> int:
        """Which session of the device a row of that boot and time belongs to, from 0."""
        known = self._of(serial).sessions
        for session, (boot, last) in reversed(list(enumerate(known))):
            if boot == boot_id and (last is None or abs(time - last) <= APART):
                known[session] = (boot, time if last is None else max(time, last))
                return session
        known.append((boot_id, time))
        return len(known) - 1

    def begin_session(self, serial: str, boot_id: str | None, time: datetime) -> None:
        """The device is about to measure, in that boot, at `time` by its own clock, as rows have theirs. Its first row
        tells when the session began."""
        known = self._of(serial).sessions
        if not any(boot == boot_id and (last is None or abs(time - last) <= APART) for boot, last in known):
            known.append((boot_id, None))

    def add(self, row: MeasuredRow) -> None:
        """In the order of the journal."""
        block = round_block(row)
        if row.serial is None or block is None:
            return
        device = self._of(row.serial)
        device.sessions += [(row.boot_id, row.time)] * (row.session + 1 - len(device.sessions))
        device.sessions[row.session] = (row.boot_id, row.time)
        device.rows.append(block)

    def add_probe(self, serial: str, blocks: Sequence[AgentBlock]) -> None:
        """By which the device's source proved itself."""
        self._of(serial).probe = blocks

    def verdict(self, serial: str) -> Verdict | None:
        """None: it measures on. Once it has measured enough, that stays so."""
        device = self._of(serial)
        whole = self._whole_rounds(device)
        session = max(len(device.sessions) - 1, 0)
        if device.verdict in ("width", "time") or device.looked_at == (session, len(whole)):
            return device.verdict
        device.looked_at = (session, len(whole))
        rows = [each for each in device.rows if (each.session, each.round) in whole]
        device.spent_s = self.goal.overhead_s + measuring_s(rows)
        if device.stopping.session_is_over(session, len(whole)):
            device.verdict = "session"
        elif not device.stopping.has_time(device.spent_s):
            device.verdict = "time"
        else:
            device.verdict = "width" if self._is_narrow(device, session, len(whole)) else None
        return device.verdict

    def rounds_wanted(self, serial: str) -> int | None:
        """More of them in this session; None: any number."""
        device = self._of(serial)
        until = device.stopping.rounds_until(max(len(device.sessions) - 1, 0))
        return None if until is None else max(until - len(self._whole_rounds(device)), 0)

    def spent_s(self, serial: str) -> float:
        """At the last verdict."""
        return self._of(serial).spent_s

    def _is_narrow(self, device: _OfDevice, session: int, rounds: int) -> bool:
        try:
            _, measured = measured_of(device.rows, device.probe)
        except UnstableError:
            return False
        return device.stopping.is_narrow(session, rounds, measured)

    def _whole_rounds(self, device: _OfDevice) -> set[tuple[int, int]]:
        """(session, number) of rounds of which the device has measured every block."""
        found: dict[tuple[int, int], set[int]] = defaultdict(set)
        for each in device.rows:
            found[each.session, each.round].add(each.row.block)
        return {key for key, blocks in found.items() if len(blocks) >= self._blocks_of.get(key[1], 1)}

    def _of(self, serial: str) -> _OfDevice:
        with self._lock:
            if serial not in self._devices:
                stopping = Stopping(
                    self._plan, self._settings, self.goal.half_width, self._seed, self.goal.sessions, self._least
                )
                self._devices[serial] = _OfDevice(stopping)
            return self._devices[serial]


def wanted_settings(rounds: Sequence[RoundOfBlocks]) -> tuple[str, ...]:
    """Conditions that every round has beside exact and idle."""
    kept: set[str] | None = None
    for each in rounds:
        there = {STOCK if slot.subject == "stock" else slot.configuration for slot in each.slots}
        kept = there if kept is None else kept & there
    return tuple(sorted((kept or set()) - {EXACT}))
