"""One device in a campaign: prepared, warmed up, given rounds, asked for rows; through any fault, to the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from approxlite.formats.errors import ApproxError, DeviceError
from approxlite.profiler.blocks import AgentBlock, OpeningRow, PlannedBlock
from approxlite.profiler.campaign.agent import Poll
from approxlite.profiler.campaign.gates import DIE_MARGIN_C
from approxlite.profiler.campaign.on_device import DeviceInCampaign, StoppedError
from approxlite.profiler.campaign.plan import PREPARATION, Calls, RoundOfBlocks, planned, preparation
from approxlite.profiler.campaign.service_agent import agent_of
from approxlite.profiler.campaign.shared import SharedCampaign
from approxlite.profiler.devices.faults import PASSING, DeviceFullError, DeviceLostError
from approxlite.profiler.devices.link import Link

STEADY = 0.01
"""Relative change of three windows in a row below which a device counts as warm."""

WINDOWS = 3
MAX_WINDOWS = 12


@dataclass(kw_only=True)
class Runner(DeviceInCampaign):
    """The thread of one device. `failure`: why it ended before the campaign did, None if it did not."""

    campaign: SharedCampaign
    failure: ApproxError | None = None
    _lines: int = 0
    _prepared: int = 0
    _adopted: bool = False
    _calls: Calls | None = None
    _opening: OpeningRow | None = None
    _warming: list[AgentBlock] = field(default_factory=list)
    _block_s: float = 0.0

    def __post_init__(self) -> None:
        campaign = self.campaign
        self._agent = agent_of(campaign.name, self.contents, threads=campaign.threads, seed=campaign.seed)

    def run(self) -> None:
        """Until nothing is left, somebody stops it, or the device is given up."""
        try:
            self._through_faults(self._measure)
            self.board.say(self.serial, "done")
        except StoppedError:
            self.board.say(self.serial, "stopped")
        except ApproxError as failure:
            self.failure = failure
            given_up = isinstance(failure, (*PASSING, DeviceFullError))
            self.board.say(self.serial, "quarantined" if given_up else "failed", str(failure))
        finally:
            if self.campaign.queue is not None:
                self.campaign.queue.give_back(self.serial)
            self._leave()

    def _measure(self, link: Link) -> None:
        if not self._adopted:
            self._adopt(link)
        calls = self._calls or self._warmed_up(link)
        queue = self.campaign.open(self._known_opening())
        rounds: list[RoundOfBlocks] = []
        plan: list[PlannedBlock] = []
        while True:
            poll = self._poll(link)
            if poll.running and not queue.was_robbed(self.serial):
                if not queue.left:
                    break
                if not poll.guarded:  # the watchdog thought that the desk was dead
                    self._agent.guard(link, self._wanted, lease_s=self.pace.lease_s)
                if len(queue.held(self.serial)) < 2 and (more := queue.take(self.serial, steal=False)):
                    self._agent.plan(link, [*plan, *self._blocks(more, calls)])
                    plan += self._blocks(more, calls)
                self._sleep_while_measuring()
                continue
            if poll.running:
                self._agent.end(link)
            else:
                self._raise_why_ended(link, poll)
            before, rounds = rounds, queue.held(self.serial) or queue.take(self.serial, steal=True)
            if not queue.left:
                break
            if rounds and rounds == before and poll.ended is not None:
                raise DeviceError(
                    f"{self.serial}: the agent ends without measuring {len(rounds)} rounds; see its agent.log"
                )
            if not rounds:
                self.board.say(self.serial, "waiting", "other devices measure the last blocks")
                self._pause(self.pace.soon_s)
                continue
            self._pass_gates(link)
            plan = [self._preparation("approxlite"), *self._blocks(rounds, calls)]
            self._start(link, plan)
            self.board.say(self.serial, "measuring", f"{len(plan) - 1} blocks")
            self._pause(self.pace.soon_s)
        self.board.say(self.serial, "restoring settings")
        self._agent.end(link)
        self._agent.remove(link)

    def _adopt(self, link: Link) -> None:
        """Takes over what an earlier campaign of this name left: its rows; its agent is ended."""
        self.board.say(self.serial, "preparing", "files")
        self._agent.install(link, self.contents)
        self._agent.end(link)
        self._lines = 0
        poll = self._agent.poll(link, 0)
        if poll.opening is not None:
            self._opening = poll.opening
            self.campaign.open(poll.opening)
        self._take_in(poll)
        self._adopted = True

    def _warmed_up(self, link: Link) -> Calls:
        """How many inferences make a block, once the device is as fast as it stays."""
        self._pass_gates(link)
        windows: list[float] = []
        while len(windows) < MAX_WINDOWS:
            self.board.say(self.serial, "warming up", f"window {len(windows) + 1}")
            plan = [self._preparation(subject) for subject in ("approxlite", "stock") * WINDOWS]
            self._warming = []
            self._start(link, plan)
            self._wait_for_end(link)
            subjects = {block.block: block.subject for block in plan}
            found = {s: [b for b in self._warming if subjects.get(b.block) == s] for s in ("approxlite", "stock")}
            if not all(found.values()):
                raise DeviceLostError(f"{self.serial}: ended while it warmed up; it can be resumed")
            windows += [_latency(block) for block in found["approxlite"]]
            last = windows[-WINDOWS:]
            if max(last) - min(last) <= STEADY * min(last):
                break
        stock = median(_latency(block) for block in found["stock"])
        self._calls = Calls.lasting(self.campaign.design.block_s, median(windows[-WINDOWS:]), stock)
        return self._calls

    def _wait_for_end(self, link: Link) -> None:
        self._pause(self.pace.soon_s)
        while (poll := self._poll(link)).running:
            self._pause(self.pace.soon_s)
        self._raise_why_ended(link, poll)

    def _start(self, link: Link, plan: Sequence[PlannedBlock]) -> None:
        self._agent.start(link, plan, self._wanted, lease_s=self.pace.lease_s)

    def _poll(self, link: Link) -> Poll:
        poll = self._agent.poll(link, self._lines)
        self._take_in(poll)
        return poll

    def _take_in(self, poll: Poll) -> None:
        """Rows count as read only once they are in the journal."""
        new = self.campaign.record(self.serial, poll.blocks)
        self._lines = poll.lines
        self._opening = poll.opening or self._opening
        self._warming += [block for block in poll.blocks if block.block >= PREPARATION]
        self._prepared = max([self._prepared, *(b.block - PREPARATION + 1 for b in poll.blocks)])
        if poll.blocks:
            self._progress = True
        lasted = [b.end_ns - b.begin_ns for b in poll.blocks if b.begin_ns is not None and b.end_ns is not None]
        self._block_s = median(lasted) / 1e9 if lasted else self._block_s
        self.board.count(self.serial, blocks=new)

    def _sleep_while_measuring(self) -> None:
        """adb stays quiet for half of what is still planned: it disturbs what is measured."""
        queue = self.campaign.queue
        slots = sum(len(each.slots) for each in queue.held(self.serial)) if queue is not None else 0
        block_s = self._block_s or 2.5 * self.campaign.design.block_s
        self.board.say(self.serial, "measuring", f"{slots} blocks to go")
        self._pause(min(max(self.pace.soon_s, block_s, slots * block_s / 2), self.pace.longest_poll_s))

    def _blocks(self, rounds: Sequence[RoundOfBlocks], calls: Calls) -> list[PlannedBlock]:
        design, scales, hottest_c = (
            self.campaign.design,
            dict(self.campaign.scales),
            self.gates.hottest_c + DIE_MARGIN_C,
        )
        return [planned(slot, calls, design, scales, hottest_c=hottest_c) for each in rounds for slot in each.slots]

    def _preparation(self, subject: str) -> PlannedBlock:
        self._prepared += 1
        return preparation(self._prepared - 1, "stock" if subject == "stock" else "approxlite", self.pace.warm_s)

    def _known_opening(self) -> OpeningRow:
        if self._opening is None:
            raise DeviceError(f"{self.serial}: the agent wrote no opening row; it speaks another protocol")
        return self._opening


def _latency(block: AgentBlock) -> float:
    latency = block.latency_ns
    if latency is None:
        return 1.0
    return latency.median or latency.total / max(block.inferences, 1)
