"""Profiling on devices, from the command line: which ones, for how long, and what the terminal shows meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from approxlite.cli.live import live_board
from approxlite.formats.errors import DeviceError, InputError
from approxlite.formats.profile import load_profile
from approxlite.formats.scale import Scale
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.farm import Job, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.plan import Design, rounds_of
from approxlite.profiler.devices import adb
from approxlite.profiler.inputs import placeholder_scales, set_random_inputs
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.summary import summarise
from approxlite.runtime import Interpreter

SHORTEST_BLOCK_S, LONGEST_BLOCK_S = 0.02, 5.0
PER_BLOCK = 2.5
"""How long a block takes in all, as a multiple of what is counted: it is begun earlier and its operators are timed."""


@dataclass(frozen=True)
class ProfiledDevices:
    """One summarised campaign for each class of devices, and those that were given up, with why."""

    profiles: tuple[RecordedProfile, ...]
    given_up: dict[str, str]


def profile_on(
    devices: Sequence[str], model: Path, out: Path, agents: Path, *, seconds: float, seed: int, max_temp_c: float
) -> ProfiledDevices:
    """Measures and summarises. Raises InputError, DeviceError, FormatError, or KeyboardInterrupt when stopped."""
    serials = chosen(devices)
    files = AgentFiles.found(model, agents)
    design, scales = _prepared(model, seconds, seed)
    job = Job(files, design, seed=seed, scales=scales, gates=Gates(hottest_c=max_temp_c))
    with _ended_as_by_ctrl_c(), live_board() as look:
        outcome = profile_devices(serials, job, out, adb.reached, look=look)
    profile = load_profile(out)
    profiles = [
        summarise(campaign, [row for row in profile.blocks if row.campaign == campaign.campaign])
        for campaign in profile.campaigns
        if campaign.campaign in outcome.campaigns
    ]
    return ProfiledDevices(tuple(profiles), outcome.given_up)


def chosen(devices: Sequence[str]) -> list[str]:
    """Serials of devices that answer. Raises InputError, or DeviceError that says what is wrong with which."""
    if "host" in devices:
        raise InputError("`--device host` goes alone; profile this computer into a file of its own")
    if "all" in devices:
        serials = sorted(adb.listed())
        if not serials:
            raise DeviceError("no device; connect one, turn on USB debugging, and see `approxlite devices`")
    else:
        serials = [adb.device(None).serial if name == "adb" else name for name in devices]
    return [adb.device(serial).serial for serial in serials]


def _prepared(model: Path, seconds: float, seed: int) -> tuple[Design, dict[str, Scale]]:
    """Blocks as long as fit into `seconds`; as many as it takes for intervals in any case."""
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    set_random_inputs(interpreter, seed)
    blocks = sum(len(each.slots) for each in rounds_of(interpreter.operators, Design(), seed=seed))
    block_s = min(max(seconds / max(PER_BLOCK * blocks, 1), SHORTEST_BLOCK_S), LONGEST_BLOCK_S)
    return Design(block_s=block_s), placeholder_scales(interpreter)


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """A terminal that closes, or a service manager, restores devices as well."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    names = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(name, interrupt) for name in names]
    try:
        yield
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
