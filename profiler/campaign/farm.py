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
from approxlite.formats.profile import EnergyGoal
from approxlite.formats.provenance import ModelReference
from approxlite.formats.scale import Scale
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.greeting import Greeted, greeted
from approxlite.profiler.campaign.journal import CampaignJournal
from approxlite.profiler.campaign.on_device import Pace, run_threads
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.campaign.runner import Runner
from approxlite.profiler.campaign.shared import EVERY, Part, SharedCampaign
from approxlite.profiler.devices.faults import fault_from_adb
from approxlite.profiler.devices.link import Link
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.prove import Probed

LEAST_ROOM_BYTES = 1 << 20
"""A device with less holds no files of ours; alone, it is not tried."""


@dataclass(frozen=True)
class Job:
    """What is measured, on every device alike. parts: this host's share of the rounds, by class of devices; all of them
    where it has none. goal: where energy is told; probed: then, by serial, the sources that a probe has found. resume:
    whether only a campaign that was begun before is wanted."""

    files: AgentFiles
    design: Design = field(default_factory=Design)
    seed: int = 0
    threads: int = 1
    scales: Mapping[str, Scale] = field(default_factory=dict)
    gates: Gates = field(default_factory=Gates)
    parts: Mapping[str, Part] = field(default_factory=dict)
    goal: EnergyGoal | None = None
    probed: Mapping[str, Probed] = field(default_factory=dict)
    resume: bool = False

    def proven(self, serial: str) -> Proven | None:
        """Its energy source, where it was probed just now."""
        found = self.probed.get(serial)
        return None if found is None else found.proven


@dataclass(frozen=True)
class Outcome:
    """Names of the campaigns, which are in the journal with every block; and devices that were given up, with why.

    paused: devices that have measured a session of their energy, and wait for the next one.
    """

    campaigns: tuple[str, ...]
    given_up: dict[str, str]
    paused: tuple[str, ...] = ()


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
    second one leaves that to the devices' watchdogs. A device that does not answer, or that there is no agent for, is
    given up; the others measure. Raises DeviceError when blocks are left and no device is, FormatError when the journal
    cannot be written, and InputError where there is nothing to resume; what was measured is kept.
    """
    board, pace, stop = board or Board(), pace or Pace(), threading.Event()
    if len(set(serials)) < len(serials):
        raise InputError("a device is named twice; name each once")
    with ThreadPoolExecutor(max_workers=max(len(serials), 1)) as greeters:
        met = list(greeters.map(lambda serial: _met(serial, job, connect, board, stop), serials))
    described = [each for each in met if isinstance(each, Greeted)]
    sick = {serial: each for serial, each in zip(serials, met, strict=True) if isinstance(each, DeviceError)}
    free = described[0].description.free_bytes if len(described) == 1 else None
    if free is not None and free < LEAST_ROOM_BYTES:
        raise fault_from_adb("no space left", described[0].description.serial)
    if not described:
        raise _none_left(list(sick.values()), len(serials))
    with CampaignJournal(out) as journal:
        runners = [
            Runner(
                serial=each.description.serial, connect=connect, contents=each.contents, campaign=campaign, board=board,
                stop=stop, gates=job.gates, pace=pace, measures_energy=job.design.tells_energy,
                proven=job.proven(each.description.serial),
            )
            for campaign, members in _campaigns(described, job, journal)
            for each in members
        ]  # fmt: skip
        _run(runners, board, stop, look)
        return _outcome(runners, sick)


def _met(
    serial: str, job: Job, connect: Callable[[str], Link], board: Board, stop: threading.Event
) -> Greeted | DeviceError:
    try:
        return greeted(serial, job.files, connect, stop)
    except DeviceError as fault:
        board.say(serial, "failed", str(fault))
        return fault


def _campaigns(
    described: Sequence[Greeted], job: Job, journal: CampaignJournal
) -> list[tuple[SharedCampaign, list[Greeted]]]:
    """One campaign per class of devices, with its devices."""
    classes: dict[str, list[Greeted]] = defaultdict(list)
    for each in described:
        classes[each.description.device.fingerprint].append(each)
    found = []
    for members in classes.values():
        description, contents = members[0].description, members[0].contents
        serials, goal, design = [each.description.serial for each in members], job.goal, job.design
        if goal is not None and goal.sources and not goal.sources.keys() & set(serials):
            # Nobody here tells energy; what the latencies need is enough.
            goal, design = None, design.model_copy(update={"rounds": 0})
        digests = {key: hashlib.sha256(content).hexdigest() for key, content in contents.items()}
        model = ModelReference(sha256=digests.pop("model"), name=job.files.model.name)
        campaign = SharedCampaign(
            device=description.device, model=model, design=design, seed=job.seed, journal=journal,
            members=serials, goal=goal, probed=job.probed, scales=job.scales, agents=tuple(digests.values()),
            threads=job.threads, part=job.parts.get(description.device.fingerprint, EVERY),
        )  # fmt: skip
        if job.resume:
            journal.check_resumes(campaign.name)
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


def _none_left(failures: Sequence[ApproxError], devices: int) -> ApproxError:
    """Of one device what it says itself, of several how many and the first."""
    if devices == 1:
        return failures[0]
    return DeviceError(f"{len(failures)} of {devices} devices failed, so blocks are left; the first: {failures[0]}")


def _outcome(runners: Sequence[Runner], sick: Mapping[str, DeviceError]) -> Outcome:
    """sick: devices that never had a runner."""
    failed = {runner.serial: runner.failure for runner in runners if runner.failure is not None}
    failures: list[ApproxError] = [*failed.values(), *sick.values()]
    left = 0
    for campaign in {id(runner.campaign): runner.campaign for runner in runners}.values():
        left += 1 if campaign.queue is None else campaign.queue.left
    paused = tuple(runner.serial for runner in runners if runner.paused)
    if left and not paused:
        journal = next((each for each in failures if isinstance(each, FormatError)), None)
        raise journal or _none_left(failures or [DeviceError("no device is left")], len(runners) + len(sick))
    return Outcome(
        campaigns=tuple(dict.fromkeys(runner.campaign.name for runner in runners)),
        given_up={serial: str(failure) for serial, failure in {**failed, **sick}.items()},
        paused=paused,
    )
