"""One device in a campaign: prepared, warmed up, given rounds, asked for rows; through any fault, to the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from approxlite.formats.errors import ApproxError, DeviceError
from approxlite.formats.profile import ChangedSetting
from approxlite.profiler.blocks import AgentBlock, OpeningRow, PlannedBlock, Subject
from approxlite.profiler.campaign.agent import Poll
from approxlite.profiler.campaign.gaps import Gaps
from approxlite.profiler.campaign.gates import DIE_MARGIN_C, state_after
from approxlite.profiler.campaign.on_device import DeviceInCampaign, StoppedError
from approxlite.profiler.campaign.plan import PREPARATION, Calls, RoundOfBlocks, planned, preparation
from approxlite.profiler.campaign.queue import RoundQueue
from approxlite.profiler.campaign.service_agent import agent_of
from approxlite.profiler.campaign.settings import changes
from approxlite.profiler.campaign.shared import SharedCampaign
from approxlite.profiler.devices.clock import boot_and_time
from approxlite.profiler.devices.describe import state_of
from approxlite.profiler.devices.faults import PASSING, DeviceFullError, DeviceLostError, UnreadableRowsError
from approxlite.profiler.devices.link import Link
from approxlite.profiler.energy import warm_up as warming
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.warm_up import WarmUp

STEADY = 0.01
"""Relative change of three windows in a row below which a device counts as warm."""

WINDOWS = 3
MAX_WINDOWS = 12
"""A device that is not steady by then is measured all the same, for rounds compare what drifts alike; the journal and
the summary say so."""


@dataclass(kw_only=True)
class Runner(DeviceInCampaign):
    """The thread of one device. `failure`: why it ended before the campaign did, None if it did not; `paused`: it has
    measured a session, and another one is wanted. proven: the device's energy source, where it was probed. _plan: what
    the agent was last given of the rounds, which it goes on with through faults of the connection."""

    campaign: SharedCampaign
    proven: Proven | None = None
    failure: ApproxError | None = None
    paused: bool = False
    _lines: int = 0
    _prepared: int = 0
    _adopted: bool = False
    _calls: Calls | None = None
    _plan: list[PlannedBlock] = field(default_factory=list)
    _opening: OpeningRow | None = None
    _warming: list[AgentBlock] = field(default_factory=list)
    _block_s: float = 0.0
    _boot: str | None = None
    _session_begun: bool = False
    _rows_boot: str | None = None
    _settings: tuple[ChangedSetting, ...] = ()
    _unsteady: float | None = None
    _noted: bool = True
    _gaps: Gaps = field(init=False)

    def __post_init__(self) -> None:
        campaign = self.campaign
        self._agent = agent_of(campaign.name, self.contents, threads=campaign.threads, seed=campaign.seed)
        self._gaps = Gaps(campaign.design.work_s)

    def run(self) -> None:
        """Until nothing is left, somebody stops it, or the device is given up."""
        try:
            self._through_faults(self._measure)
            self.board.say(self.serial, "done", "with this session" if self.paused else "")
        except StoppedError:
            self.board.say(self.serial, "stopped")
        except ApproxError as failure:
            self.failure = failure
            given_up = isinstance(failure, (*PASSING, DeviceFullError, UnreadableRowsError))
            self.board.say(self.serial, "quarantined" if given_up else "failed", str(failure))
        finally:
            self.campaign.leave(self.serial)
            self._leave(set_aside=isinstance(self.failure, UnreadableRowsError))

    def _measure(self, link: Link) -> None:
        if not self._adopted:
            self._adopt(link)
        if self.campaign.goal is not None:
            self._begin_session(link)
        if self._is_over():
            self._end(link)
            return
        calls = self._calls or self._warmed_up(link)
        queue = self.campaign.open(self._known_opening())
        rounds: list[RoundOfBlocks] = []
        while True:
            poll = self._poll(link)
            if self._is_over():
                break
            self._hears(link, poll, self._plan)
            if poll.running and not queue.was_robbed(self.serial) and not self._has_left_gates(link, poll):
                if not poll.guarded:  # the watchdog thought that the desk was dead
                    self._take_settings(link)
                if len(queue.held(self.serial)) < 2 and (more := self._taken(queue, steal=False)):
                    self._plan += self._blocks(more, calls)  # first: a fault may hide that it arrived
                    self._agent.plan(link, self._plan)
                self._sleep_while_measuring()
                continue
            if poll.running:
                self._agent.end(link)
            else:
                if None not in (self._boot, poll.boot_id) and poll.boot_id != self._boot:
                    raise DeviceLostError(f"{self.serial}: it was started anew and has to warm up again")
                self._raise_why_ended(link, poll)
            before, rounds = rounds, queue.held(self.serial) or self._taken(queue, steal=True)
            if rounds and rounds == before and not poll.running:
                raise DeviceLostError(
                    f"{self.serial}: the agent ends without measuring {len(rounds)} rounds; see its agent.log"
                )
            if not rounds:
                self.board.say(self.serial, "waiting", "other devices measure the last blocks")
                self._pause(self.pace.soon_s)
                continue
            self._pass_gates(link)
            self._plan = [self._preparation("approxlite"), *self._blocks(rounds, calls)]
            self._start(link, self._plan)
            self.board.say(self.serial, "measuring", f"{len(self._plan) - 1} blocks")
            self._pause(self.pace.soon_s)
        self._end(link)

    def _has_left_gates(self, link: Link, poll: Poll) -> bool:
        """Whether the device got too hot or its battery too empty by measuring. Its newest row tells, without a further
        look at it; its sensors may have other names there than at the gates, so what they say is looked at again."""
        if not poll.blocks or self.gates.stops_for(state_after(poll.blocks[-1])) is None:
            return False
        stops_for = self.gates.stops_for(state_of(link))
        self._agent.visits.went_on()
        return stops_for is not None

    def _is_over(self) -> bool:
        """Whether this device need not measure on: nothing is left, or its energy is known well enough for today."""
        queue = self.campaign.queue or self.campaign.resumed()
        verdict = self.campaign.enough(self.serial)
        self.paused = verdict == "session"
        return verdict is not None or (queue is not None and not queue.left)

    def _taken(self, queue: RoundQueue, *, steal: bool) -> list[RoundOfBlocks]:
        return queue.take(self.serial, steal=steal, most=self.campaign.rounds_wanted(self.serial))

    def _begin_session(self, link: Link) -> None:
        """After a reboot a device is another one for a while: it warms up again. After any other fault it is not."""
        boot, time = boot_and_time(link)
        if self._session_begun and boot == self._boot:
            return
        if self._boot is not None and boot != self._boot:
            self._calls = None
        self._boot = boot
        self.campaign.resumed()
        self.campaign.begin_session(self.serial, boot, time)
        self._session_begun = True

    def _end(self, link: Link) -> None:
        self.board.say(self.serial, "restoring settings")
        self._agent.end(link)
        self._agent.remove(link)

    def _adopt(self, link: Link) -> None:
        """Takes over what an earlier campaign of this name left: its rows; its agent is ended."""
        self.board.say(self.serial, "preparing", "files")
        self._agent.install(link, self.contents)
        self._agent.release_others(link)
        self._agent.end(link)
        self._lines = 0
        poll = self._agent.poll(link, 0)
        if poll.opening is not None:
            self._opening = poll.opening
            self.campaign.open(poll.opening)
        self._take_in(poll)
        if poll.more:
            self._poll(link)
        self._adopted = True

    def _warmed_up(self, link: Link) -> Calls:
        """How many inferences make a block, once the device is as fast as it stays."""
        self._pass_gates(link)
        if self.campaign.goal is not None:
            self._calls = self._steady_in_power(link)
            return self._calls
        windows: list[float] = []
        while len(windows) < MAX_WINDOWS:
            self.board.say(self.serial, "warming up", f"window {len(windows) + 1}")
            subjects: tuple[Subject, ...] = ("approxlite", "stock") * WINDOWS
            plan = [self._preparation(subject) for subject in subjects]
            found = self._warmed(link, plan)
            windows += [_latency(block) for block in found["approxlite"]]
            last = windows[-WINDOWS:]
            change = max(last) / min(last) - 1
            self._unsteady, self._noted = (change if change > STEADY else None), False
            if self._unsteady is None:
                break
        stock = median(_latency(block) for block in found["stock"])
        self._calls = Calls.lasting(self.campaign.design.work_s, median(windows[-WINDOWS:]), stock)
        return self._calls

    def _steady_in_power(self, link: Link) -> Calls:
        """For energy: until latency and power are steady, in blocks of seconds rather than of tenths."""
        warm_up = WarmUp(self.proven)
        exact: Subject = "approxlite"
        subjects: list[Subject] = ["stock", *[exact] * (warming.WINDOW * warming.WINDOWS)]
        while not warm_up.is_over:
            blocks = len(warm_up.latencies_ns)
            self.board.say(self.serial, "warming up", f"block {blocks + 1}, of at most {warming.MOST_BLOCKS}")
            plan = [self._preparation(each, warming.BLOCK_S, warm_up.readings_s) for each in subjects]
            found = self._warmed(link, plan)
            warm_up.add(found["approxlite"])
            subjects = ["stock", *[exact] * warming.WINDOW]
        self._unsteady, self._noted = warm_up.unsteady, False
        recent = warm_up.latencies_ns[-warming.WINDOW :]
        return Calls.lasting(self.campaign.design.work_s, median(recent), median(map(_latency, found["stock"])))

    def _warmed(self, link: Link, plan: Sequence[PlannedBlock]) -> dict[str, list[AgentBlock]]:
        """Rows of a plan of preparations, by subject."""
        self._warming = []
        self._start(link, plan)
        self._wait_for_end(link, plan)
        found: dict[str, list[AgentBlock]] = {each.subject: [] for each in plan}
        subjects = {block.block: block.subject for block in plan}
        for row in self._warming:
            if row.block in subjects:
                found[subjects[row.block]].append(row)
        if not all(found.values()):
            raise DeviceLostError(f"{self.serial}: ended while it warmed up; it can be resumed")
        self._progress = True
        return found

    def _wait_for_end(self, link: Link, plan: Sequence[PlannedBlock]) -> None:
        self._pause(self.pace.soon_s)
        while (poll := self._poll(link)).running:
            self._hears(link, poll, plan)
            self._pause(self.pace.soon_s)
        self._raise_why_ended(link, poll)

    def _start(self, link: Link, plan: Sequence[PlannedBlock]) -> None:
        self._changed(self._begins(link, plan))

    def _changed(self, said: str) -> None:
        """Remembers what became of settings, which are journaled with the first block that is measured under them."""
        if changed := changes(said, self._wanted):
            self._settings, self._noted = changed, False

    def _poll(self, link: Link) -> Poll:
        poll = self._agent.poll(link, self._lines)
        self._take_in(poll)
        return self._poll(link) if poll.more else poll

    def _take_in(self, poll: Poll) -> None:
        """Rows count as read only once they are in the journal."""
        boots = [boot or self._rows_boot for boot in poll.boot_ids]
        new = self.campaign.record(self.serial, poll.blocks, boots)
        self._lines = poll.lines
        self._opening = poll.opening or self._opening
        self._rows_boot = self._opening.boot_id if self._opening is not None else None
        self._warming += [block for block in poll.blocks if block.block >= PREPARATION]
        self._prepared = max([self._prepared, *(b.block - PREPARATION + 1 for b in poll.blocks)])
        self._gaps.saw(poll.blocks)
        if new:  # each start has a block of preparation, also where the agent dies at the next
            self._progress = True
        lasted = [b.end_ns - b.begin_ns for b in poll.blocks if b.begin_ns is not None and b.end_ns is not None]
        self._block_s = median(lasted) / 1e9 if lasted else self._block_s
        self.board.count(self.serial, blocks=new)
        if new and not self._noted:
            self.campaign.note(self.serial, self._settings, self._unsteady)
            self._noted = True

    def _sleep_while_measuring(self) -> None:
        """adb stays quiet for half of what is still planned: it disturbs what is measured. Where energy is, it then
        waits for the next gap between two blocks, however long they are."""
        queue = self.campaign.queue
        slots = sum(len(each.slots) for each in queue.held(self.serial)) if queue is not None else 0
        block_s = self._block_s or 2.5 * self.campaign.design.block_s
        self.board.say(self.serial, "measuring", f"{slots} blocks to go")
        quiet_s = min(max(self.pace.soon_s, block_s, slots * block_s / 2), self.pace.longest_poll_s)
        now_s = self._agent.visits.now_s if self.measures_energy else None
        gap_s = None if now_s is None else self._gaps.wait_s(now_s, self._plan, quiet_s)
        self._pause(quiet_s if gap_s is None else min(gap_s, self.pace.longest_quiet_s))

    def _blocks(self, rounds: Sequence[RoundOfBlocks], calls: Calls) -> list[PlannedBlock]:
        design, scales, hottest_c = (
            self.campaign.design,
            dict(self.campaign.scales),
            self.gates.hottest_c + DIE_MARGIN_C,
        )
        return [planned(slot, calls, design, scales, hottest_c=hottest_c) for each in rounds for slot in each.slots]

    def _preparation(self, subject: Subject, seconds: float | None = None, readings_s: float = 0.0) -> PlannedBlock:
        self._prepared += 1
        lasts_s = self.pace.warm_s if seconds is None else seconds
        return preparation(self._prepared - 1, subject, lasts_s, readings_s=readings_s)

    def _known_opening(self) -> OpeningRow:
        if self._opening is None:
            raise DeviceError(f"{self.serial}: the agent wrote no opening row; it speaks another protocol")
        return self._opening


def _latency(block: AgentBlock) -> float:
    latency = block.latency_ns
    if latency is None:
        return 1.0
    return latency.median or latency.total / max(block.inferences, 1)
