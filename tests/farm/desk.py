"""The desk of a farm as a program of its own, to be killed: `python -m farm.desk JOURNAL AGENT MODEL SERIAL...`.

AGENT: the farm's simulated one, or a folder of native ones as scripts/build-agent fills it.

A campaign against simulated agents, at the pace of tests. Prints one line of JSON: seconds, and by device its
blocks, round trips and faults.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from io import StringIO
from pathlib import Path

from rich.console import Console

from approxlite.cli.live import table_of
from approxlite.formats.errors import ApproxError
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.farm import Job, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.on_device import Pace
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.adb import AdbDevice
from approxlite.profiler.devices.link import COMMAND_S, Completed

NO_ROOM = "no room left on the device"

PACE = Pace(
    soon_s=0.1,
    longest_poll_s=5.0,
    longest_quiet_s=5.0,
    gate_s=0.2,
    backoff_s=0.1,
    longest_backoff_s=1.0,
    patience=40,
    full_patience=40,
    lease_s=4,
    warm_s=0.02,
)


class CountedDevice(AdbDevice):
    """Counts what goes over adb, and gives a command that hangs less time than one would at work."""

    def __init__(self, round_trips: Counter[str], serial: str) -> None:
        reached = adb.reached(serial)
        super().__init__(adb.client(), reached.serial)
        self._round_trips = round_trips

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        self._round_trips[self.serial] += 1
        return super().run(command, timeout_s=timeout_s * adb.COMMAND_S / COMMAND_S)

    def push(self, content: bytes, target: str, *, mode: int = 0o644) -> None:
        self._round_trips[self.serial] += 1  # the check after it counts by itself
        super().push(content, target, mode=mode)


class _Waiting:
    """A live table that nobody sees costs what one that is seen does."""

    def __init__(self) -> None:
        self._console = Console(file=StringIO(), force_terminal=True, width=120)

    def __call__(self, board: Board) -> None:
        self._console.print(table_of(board))
        self._console.file = StringIO()


class _SpeakingBoard(Board):
    """Says on stderr when a device has no room, for those who filled it."""

    def say(self, serial: str, doing: str, why: str = "") -> None:
        super().say(serial, doing, why)
        if NO_ROOM in why:
            print(why, file=sys.stderr, flush=True)


def _look(board: Board) -> None:
    if os.environ.get("FARM_VERBOSE"):
        print([(each.doing, each.why, each.blocks, each.faults) for each in board.all()], file=sys.stderr, flush=True)


def main(journal: str, agent: str, model: str, *serials: str) -> int:
    adb.COMMAND_S = float(os.environ.get("FARM_COMMAND_S", "20"))
    board, round_trips, idle = _SpeakingBoard(), Counter[str](), bool(os.environ.get("FARM_IDLE"))
    programs = {abi: {"agent": Path(agent)} for abi in ("arm64-v8a", "x86_64")}
    native = Path(agent).is_dir()
    files = AgentFiles.found(Path(model), Path(agent)) if native else AgentFiles(Path(model), programs)
    # As one that tells energy, which switches charging off: that has to come back, too.
    design = Design(
        sweeps=int(os.environ.get("FARM_SWEEPS", "6")),
        block_s=float(os.environ.get("FARM_BLOCK_S", "0.05")),
        idle=True,
        readings_ms=20.0,
    )
    job = Job(files, design, gates=Gates(hottest_c=20.0 if idle else 60.0))
    begin = time.monotonic()
    try:
        outcome = profile_devices(
            serials,
            job,
            Path(journal),
            lambda serial: CountedDevice(round_trips, serial),
            board=board,
            pace=Pace() if idle else PACE,
            look=_Waiting() if idle else _look,
        )
    except ApproxError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    standings = {each.serial: [each.blocks, round_trips[each.serial], each.faults] for each in board.all()}
    answer = {"seconds": time.monotonic() - begin, "standings": standings, "given_up": outcome.given_up}
    print(json.dumps({**answer, "cpu_s": time.process_time()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
