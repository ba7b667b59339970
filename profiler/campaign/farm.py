"""Many devices at once: one queue for those that are equal, a thread for each, and one journal."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from approxlite.formats.errors import ApproxError, DeviceError, FormatError, InputError
from approxlite.formats.provenance import ModelReference
from approxlite.formats.scale import Scale
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.journal import CampaignJournal
from approxlite.profiler.campaign.on_device import Pace, run_threads
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.campaign.runner import Runner
from approxlite.profiler.campaign.shared import EVERY, Part, SharedCampaign
from approxlite.profiler.devices.describe import Description, describe
from approxlite.profiler.devices.faults import PASSING, fault_from_adb
from approxlite.profiler.devices.link import Link

GREETINGS = 3
LEAST_ROOM_BYTES = 1 << 20
"""A device with less holds no files of ours; alone, it is not tried."""


@dataclass(frozen=True)
class Job:
    """What is measured, on every device alike. parts: this host's share of the rounds, by class of devices; all of them
    where it has none."""

    files: AgentFiles
    design: Design = field(default_factory=Design)
    seed: int = 0
    threads: int = 1
    scales: Mapping[str, Scale] = field(default_factory=dict)
    gates: Gates = field(default_factory=Gates)
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """Names of the campaigns, which are in the journal with every block; and devices that were given up, with why."""

    campaigns: tuple[str, ...]
    given_up: dict[str, str]


def profile_devices(
    serials: Sequence[str],
    job: Job,
    out: Path,
    connect: Callable[[str], Link],
    *,
    board: Board | None = None,
    pace: Pace | None = None,
    look: Callable[[Board], None] = lambda _board: None,
) -> Outcome:
    """Measures on all of the devices until every block is in the journal `out`; goes on with what is there.

    `look` is called twice a second. Ctrl-C ends agents, restores settings and raises KeyboardInterrupt; a
    second one leaves that to the devices' watchdogs. Raises DeviceError when blocks are left and no device is, and
    FormatError when the journal cannot be written; what was measured is kept.
    """
    board, pace, stop = board or Board(), pace or Pace(), threading.Event()
    if len(set(serials)) < len(serials):
        raise InputError("a device is named twice; name each once")
    with ThreadPoolExecutor(max_workers=max(len(serials), 1)) as greeters:
        described = list(greeters.map(lambda serial: _greeted(serial, connect, stop), serials))
    free = described[0].free_bytes if len(described) == 1 else None
    if free is not None and free < LEAST_ROOM_BYTES:
        raise fault_from_adb("no space left", serials[0])
    with CampaignJournal(out) as journal:
        runners = [
            Runner(
                serial=description.serial, connect=connect, contents=contents, campaign=campaign, board=board,
                stop=stop, gates=job.gates, pace=pace, measures_energy=job.design.tells_energy,
            )
            for campaign, members in _campaigns(described, job, journal)
            for description, contents in members
        ]  # fmt: skip
        _run(runners, board, stop, look)
        return _outcome(runners)


def _greeted(serial: str, connect: Callable[[str], Link], stop: threading.Event) -> Description:
    """What the device is. A fault that may pass gets a second chance."""
    for attempt in range(GREETINGS):
        try:
            return describe(connect(serial))
        except PASSING:
            if attempt == GREETINGS - 1:
                raise
            stop.wait(1.0)
    raise AssertionError


def _campaigns(
    described: Sequence[Description], job: Job, journal: CampaignJournal
) -> list[tuple[SharedCampaign, list[tuple[Description, dict[str, bytes]]]]]:
    """One campaign per class of devices, with its devices and what they are given."""
    classes: dict[str, list[tuple[Description, dict[str, bytes]]]] = defaultdict(list)
    for description in described:
        contents = job.files.for_device(description.serial, description.abis)
        classes[description.device.fingerprint].append((description, contents))
    found = []
    for members in classes.values():
        description, contents = members[0]
        digests = {key: hashlib.sha256(content).hexdigest() for key, content in contents.items()}
        model = ModelReference(sha256=digests.pop("model"), name=job.files.model.name)
        campaign = SharedCampaign(
            device=description.device, model=model, design=job.design, seed=job.seed, journal=journal,
            devices=len(members), scales=job.scales, agents=tuple(digests.values()), threads=job.threads,
            part=job.parts.get(description.device.fingerprint, EVERY),
        )  # fmt: skip
        found.append((campaign, members))
    return found


def _run(runners: Sequence[Runner], board: Board, stop: threading.Event, look: Callable[[Board], None]) -> None:
    campaigns = list({id(runner.campaign): runner.campaign for runner in runners}.values())
    already: dict[int, int] = {}

    def each_time(board: Board) -> None:
        for campaign in campaigns:
            if campaign.queue is not None and id(campaign) not in already:
                already[id(campaign)] = campaign.queue.left
        board.total = sum(already.values())
        look(board)
        if any(isinstance(runner.failure, FormatError) for runner in runners):
            stop.set()

    threads = [threading.Thread(target=runner.run, name=runner.serial, daemon=True) for runner in runners]
    run_threads(threads, board, stop, each_time)


def _outcome(runners: Sequence[Runner]) -> Outcome:
    failures: list[ApproxError] = [runner.failure for runner in runners if runner.failure is not None]
    left = 0
    for campaign in {id(runner.campaign): runner.campaign for runner in runners}.values():
        left += 1 if campaign.queue is None else campaign.queue.left
    if left:
        journal = next((each for each in failures if isinstance(each, FormatError)), None)
        first = journal or (failures[0] if failures else DeviceError("no device is left"))
        if len(runners) == 1 or journal is not None:
            raise first
        raise DeviceError(f"{len(failures)} of {len(runners)} devices failed, so blocks are left; the first: {first}")
    return Outcome(
        campaigns=tuple(dict.fromkeys(runner.campaign.name for runner in runners)),
        given_up={runner.serial: str(runner.failure) for runner in runners if runner.failure is not None},
    )
