"""A device that measures a list of blocks for itself, beside no other: a probe, or a sustained run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from approxlite.profiler.blocks import AgentBlock, OpeningRow, PlannedBlock
from approxlite.profiler.campaign.on_device import DeviceInCampaign
from approxlite.profiler.devices.faults import DeviceLostError
from approxlite.profiler.devices.link import Link


class AgentEndedError(DeviceLostError):
    """The agent is not there any more, as after a reboot; what it was about to measure is not measured."""


@dataclass(kw_only=True)
class MeasuredAlone(DeviceInCampaign):
    """Belongs to one thread."""

    _lines: int = 0
    _found: dict[int, AgentBlock] = field(default_factory=dict)
    _opening: OpeningRow | None = None

    def _followed(
        self, link: Link, blocks: Sequence[PlannedBlock], take: Callable[[], None] = lambda: None
    ) -> list[AgentBlock]:
        """Rows of blocks that the agent has been started on; `take` is called after each look at `_found`.

        adb is quiet until all is measured: it draws power too. Raises AgentEndedError where the agent ended before.
        """
        while True:
            left_s = sum(block.seconds for block in blocks if block.block not in self._found)
            self._pause(self._quiet_s(left_s))
            poll = self._agent.poll(link, self._lines)
            self._lines = poll.lines
            self._opening = poll.opening or self._opening
            self._found |= {row.block: row for row in poll.blocks}
            self._progress = self._progress or bool(poll.blocks)
            self._hears(link, poll, blocks)
            take()
            if all(block.block in self._found for block in blocks):
                return [self._found[block.block] for block in blocks]
            if not poll.running and not poll.more:
                self._raise_why_ended(link, poll)
                self._progress = False  # it begins anew, maybe to end in the same place
                raise AgentEndedError(f"{self.serial}: ended before it had measured all; it can be resumed")
