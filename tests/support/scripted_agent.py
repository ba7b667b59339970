"""An agent without a device: it measures some blocks of its plan each time somebody looks, and fails if told to."""
# ruff: noqa: ARG002

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from approxlite.profiler.blocks import AgentBlock, AgentOperator, LatencyNs, OpeningRow, PlannedBlock, Surroundings
from approxlite.profiler.campaign.agent import Agent, Poll
from approxlite.profiler.devices.link import COMMAND_S, Completed, Link

OPENING = OpeningRow(
    operators=(AgentOperator(id="conv_2d_0", knobs=("exact", "int8"), multiply_accumulates=1),), boot_id="boot"
)
BLOCK_S = 10.0
TIME_S = 1.7e9
"""What the device's clock says, always: in November 2023."""


class ScriptedLink:
    """Answers each command with what the first key that it holds stands for; with nothing otherwise."""

    serial, stretch = "PHONE", 1.0

    def __init__(self, answers: Mapping[str, Callable[[], str]]) -> None:
        self._answers = answers

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        return Completed(next((say() for key, say in self._answers.items() if key in command), ""), 0)

    def push(self, content: bytes, target: str, *, mode: int = 0o644) -> None:
        pass

    def pull(self, source: str, *, offset: int = 0) -> bytes:
        return b""


class ScriptedAgent(Agent):
    """at_poll: called with the number of blocks measured so far before each look, to raise a fault. state: of the
    device at each block. blocks_per_poll: that it measures between two looks."""

    def __init__(
        self, *, at_poll: Callable[[int], None] = lambda _measured: None,
        state: Callable[[], Surroundings] = Surroundings, blocks_per_poll: int = 2,
    ) -> None:  # fmt: skip
        super().__init__("/folder")
        self._at_poll, self._state, self._blocks_per_poll = at_poll, state, blocks_per_poll
        self.rows: list[AgentBlock] = []
        self.starts = 0
        self.forgotten: set[int] = set()
        """Blocks that a plan no longer had while the agent was to measure them."""
        self._planned: list[PlannedBlock] = []
        self.runs = False

    @property
    def left(self) -> list[PlannedBlock]:
        done = {row.block for row in self.rows}
        return [block for block in self._planned if block.block not in done]

    def install(self, link: Link, contents: Mapping[str, bytes]) -> None:
        pass

    def release_others(self, link: Link) -> None:
        pass

    def start(self, link: Link, plan: Sequence[PlannedBlock], wanted: dict[str, str], *, lease_s: int) -> str:
        self.starts += 1
        self.holds_settings = True
        self._planned, self.runs = list(plan), True
        return ""

    def plan(self, link: Link, plan: Sequence[PlannedBlock]) -> None:
        self.forgotten |= {block.block for block in self.left} - {block.block for block in plan}
        self._planned = list(plan)

    def guard(self, link: Link, wanted: dict[str, str], *, lease_s: int) -> str:
        return ""

    def poll(self, link: Link, after: int) -> Poll:
        self._at_poll(len(self.rows))
        if self.runs:
            for block in self.left[: self._blocks_per_poll]:
                self.rows.append(self._measured(block))
            self.runs = bool(self.left)
        self.visits.now_s = 1.0 + (self.rows[-1].end_ns or 0) * 1e-9 if self.rows else None
        new = tuple(self.rows[after:])
        return Poll(
            lines=len(self.rows), running=self.runs, status=None, said="", guarded=True, opening=OPENING,
            blocks=new, boot_ids=("boot",) * len(new), boot_id="boot",
        )  # fmt: skip

    def end(self, link: Link) -> None:
        self.runs = False

    def restore(self, link: Link) -> None:
        self.holds_settings = False

    def remove(self, link: Link) -> None:
        self.restore(link)

    def _measured(self, block: PlannedBlock) -> AgentBlock:
        begin_ns, state = round((100 + 12 * len(self.rows)) * 1e9), self._state()
        idle = block.subject == "idle"
        return AgentBlock(
            block=block.block, begin_ns=begin_ns, end_ns=begin_ns + round(BLOCK_S * 1e9), time_s=TIME_S,
            inferences=0 if idle else 100, before=state, after=state,
            latency_ns=None if idle else LatencyNs(total=10**10, median=10**8),
        )  # fmt: skip
