"""Profiling on devices, from the command line: which ones, for how long, and what the terminal shows meanwhile."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from approxlite.cli.knobs import check_has_knobs
from approxlite.cli.live import live_board
from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.errors import DeviceError, InputError, UnstableError
from approxlite.formats.profile import CampaignRow, EnergyGoal, PreparedRow, Profile, load_profile
from approxlite.formats.scale import Scale
from approxlite.model import load_model
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.energy import energies
from approxlite.profiler.campaign.energy_goal import Effort, Wish, design_of, efforts, energy_goal
from approxlite.profiler.campaign.energy_probe import Sources, energy_sources
from approxlite.profiler.campaign.farm import Job, Outcome, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.hosts import profile_hosts
from approxlite.profiler.campaign.journal import check_can_be_written
from approxlite.profiler.campaign.plan import Design, rounds_of
from approxlite.profiler.campaign.sustained_run import SustainedWish, sustain, sustained_runs
from approxlite.profiler.devices import adb
from approxlite.profiler.energy.from_rows import RowsEnergy
from approxlite.profiler.energy.meter import read_meter
from approxlite.profiler.energy.sustained import Sustained
from approxlite.profiler.inputs import placeholder_scales, set_random_inputs
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.summary import summarise
from approxlite.report.text import duration
from approxlite.runtime import Interpreter

SHORTEST_BLOCK_S, LONGEST_BLOCK_S = 0.02, 5.0
PER_BLOCK = 2.5
"""How long a block takes in all, as a multiple of what is counted: it is begun earlier and its operators are timed."""


@dataclass(frozen=True)
class ProfiledDevices:
    """One summarised campaign for each class of devices, and those that were given up, with why.

    energy, effort, sustained: by serial; empty where they were not asked for. paused: devices that wait for their next
    session. sustained: by configuration, or the reason by an empty one. prepared: by serial, how each was made ready
    last.
    """

    profiles: tuple[RecordedProfile, ...]
    given_up: dict[str, str]
    energy: dict[str, RowsEnergy]
    prepared: dict[str, PreparedRow] = field(default_factory=dict)
    effort: dict[str, Effort] = field(default_factory=dict)
    paused: tuple[str, ...] = ()
    sustained: dict[str, dict[str, Sustained | str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Energy:
    """How energy is measured: what was said beforehand, and on which devices not, with why. found: by a probe that was
    made just now."""

    design: Design
    goal: EnergyGoal | None
    refused: Mapping[str, str]
    found: Sources


def profile_on(
    devices: Sequence[str], model: Path, out: Path, agents: Path | None, *, seconds: float, seed: int,
    max_temp_c: float = 37.0, energy: Wish | None = None, meter: Path | None = None, cluster: str | None = None,
    sustained: SustainedWish | None = None, resume: bool = False,
) -> ProfiledDevices:  # fmt: skip
    """Measures and summarises; agents None: in the devices' service app. energy: how well joules shall be known, None
    for latencies alone. meter: file of an external meter, which may be there only after the campaign. sustained: runs
    after the campaign, None for none. resume: go on with a campaign that was begun before, or not at all.

    Raises InputError, DeviceError, FormatError, UnstableError where energy takes longer than is allowed, or
    KeyboardInterrupt when stopped.
    """
    if cluster is not None and (energy is not None or list(devices) != ["all"]):
        raise InputError("--cluster measures latency on every device of its hosts; give --device all and no --energy")
    if sustained is not None and (cluster is not None or meter is not None):
        raise InputError("--sustained goes with neither --cluster nor --meter; profile with it apart")
    if meter is not None and (energy is None or len(devices) != 1 or devices[0] == "all"):
        raise InputError("--meter tells the joules of one device; give --energy and one --device with it")
    if meter is not None and energy is not None and energy.sessions > 1:
        raise InputError(
            "--meter tells of one session, for a device's clock begins anew with each; leave --sessions out"
        )
    check_is_there(model)
    check_can_be_written(out)
    serials = [] if cluster is not None else chosen(devices)
    files = AgentFiles.found(model, agents) if agents is not None else AgentFiles.of_service(model)
    check_has_knobs(model)
    read = read_meter(meter) if meter is not None and meter.exists() else None
    design, scales, operators = _prepared(model, seconds, seed)
    gates = Gates(hottest_c=max_temp_c)
    if energy is not None:
        gates = Gates.for_energy(max_temp_c) if meter is None else Gates.for_meter(max_temp_c)
    with _ended_as_by_ctrl_c(), live_board() as look:
        measures = _Energy(design, None, {}, Sources({}, {}))
        if energy is not None:
            measures = _energy(serials, files, out, gates, look, operators, energy, meter, seed, design)
            if measures.goal is None:  # for latencies alone it may be full
                gates = Gates(hottest_c=max_temp_c)
        job = Job(
            files, measures.design, seed=seed, scales=scales, gates=gates, goal=measures.goal,
            probed=measures.found.probed, resume=resume and cluster is None,
        )  # fmt: skip
        if cluster is not None:
            outcome = profile_hosts(cluster, job, out, say=_say)
        else:
            outcome = profile_devices(serials, job, out, adb.reached, look=look)
        for why in outcome.given_up.values():
            _say(f"given up: {why}")
        told: dict[str, dict[str, Sustained | str]] = {}
        if sustained is not None and not outcome.paused:
            serials = [serial for serial in serials if serial not in outcome.given_up]
            told = _sustained(serials, job, outcome, out, sustained, look)
    profile = load_profile(out)
    campaigns = [each for each in profile.campaigns if each.campaign in outcome.campaigns]
    energy_of = {serial: RowsEnergy(refused=why) for serial, why in measures.refused.items()}
    effort: dict[str, Effort] = {}
    for each in campaigns:
        if each.energy is not None:
            energy_of = energies(profile, each.campaign, seed=seed, meter=read) | energy_of
            effort |= efforts(profile, each.campaign)
    if meter is not None and read is None:
        why = f"{meter} is not there yet; export all of the meter's samples to it and run the same command again"
        energy_of = {serial: RowsEnergy(refused=why) for serial in serials}
    summaries = []
    for each in campaigns:
        try:
            summaries.append(summarise(each, [row for row in profile.blocks if row.campaign == each.campaign]))
        except DeviceError:
            if not outcome.paused:
                raise  # with the next session there will be enough of them
    ready = _made_ready(profile, outcome.campaigns)
    return ProfiledDevices(tuple(summaries), outcome.given_up, energy_of, ready, effort, outcome.paused, told)


def _made_ready(profile: Profile, campaigns: Sequence[str]) -> dict[str, PreparedRow]:
    """By serial. Settings that were changed already when a campaign went on are told by the row before."""
    found: dict[str, PreparedRow] = {}
    for row in profile.prepared:
        if row.campaign in campaigns:
            settings = row.settings or (found[row.serial].settings if row.serial in found else ())
            found[row.serial] = row.model_copy(update={"settings": settings})
    return found


def _sustained(
    serials: Sequence[str], job: Job, outcome: Outcome, out: Path, wish: SustainedWish, look: Callable[[Board], None]
) -> dict[str, dict[str, Sustained | str]]:
    rate = f" at {wish.rate_hz:g} inferences a second" if wish.rate_hz else ""
    _say(f"sustained: exact and int8 for {duration(wish.run_s)} each{rate}, from cold on; what is done is not repeated")
    failed = sustain(serials, job, outcome.campaigns, out, wish, adb.reached, look=look)
    profile = load_profile(out)
    found: dict[str, dict[str, Sustained | str]] = {serial: {"": why} for serial, why in failed.items()}
    for campaign in outcome.campaigns:
        for serial, runs in sustained_runs(profile, campaign, wish).items():
            if serial in serials:
                found[serial] = found.get(serial, {}) | runs
    return found


def _energy(
    serials: Sequence[str], files: AgentFiles, out: Path, gates: Gates, look: Callable[[Board], None],
    operators: Sequence[OperatorWithKnobs], wish: Wish, meter: Path | None, seed: int, otherwise: Design,
) -> _Energy:  # fmt: skip
    """As the campaign in the file has it, so that it goes on; else by a probe of every device, or for the meter; and
    says how long it takes. `otherwise`: where no device has a source."""
    found = Sources({}, {})
    known = _begun(files.model, out, wish, serials, metered=meter is not None)
    if known is not None and known.energy is not None and known.energy.goal is not None:
        goal = known.energy.goal
        design, refused = design_of(known.energy, goal.rounds), {}
        if meter is None:
            why = "it was not among the devices that had an energy source when the campaign began"
            refused = {serial: why for serial in serials if serial not in goal.sources}
        if goal.total_s > wish.longest_s:
            raise UnstableError(
                f"the campaign in {out} takes about {duration(goal.total_s)} in all, and {duration(wish.longest_s)} "
                "are allowed; allow more with --max-secs"
            )
    elif meter is not None:
        (design, goal), refused = energy_goal(None, operators, wish, seed=seed), {}
    else:
        found = energy_sources(serials, files, adb.reached, gates=gates, look=look)
        refused = dict(found.refused)
        if not found.probed:
            return _Energy(otherwise, None, refused, found)
        design, goal = energy_goal(found, operators, wish, seed=seed)
    _say(_how_long(goal, design))
    if meter is not None:
        _say(f"the meter has to run from now to the end; its samples go to {meter}")
    return _Energy(design, goal, refused, found)


def _begun(model: Path, out: Path, wish: Wish, serials: Sequence[str], *, metered: bool) -> CampaignRow | None:
    """The last energy campaign in the file that is of this model and of some of these devices, and wishes the same."""
    digest = load_model(model).sha256
    for campaign in reversed(load_profile(out).campaigns if out.is_file() else ()):
        goal = campaign.energy.goal if campaign.energy is not None else None
        if goal is None or campaign.model.sha256 != digest:
            continue
        same = (goal.half_width, goal.sessions) == (wish.half_width, wish.sessions)
        if same and (not goal.sources if metered else goal.sources.keys() & set(serials)):
            return campaign
    return None


def _how_long(goal: EnergyGoal, design: Design) -> str:
    source = ", ".join(sorted(set(goal.sources.values())))
    sessions = f" in {goal.sessions} sessions" if goal.sessions > 1 else ""
    return (
        f"energy: ±{goal.half_width:.1%}{' by ' if source else ''}{source} in about {goal.pairs} rounds of blocks of "
        f"{design.block_s:.0f} s{sessions}, at most {duration(goal.total_s)} with probe and warm-up"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def check_is_there(model: Path) -> None:
    """Raises DeviceError: nothing can be measured on a device."""
    if not model.is_file():
        why = "a folder" if model.is_dir() else "no such file"
        raise DeviceError(f"{model}: {why}; give the .tflite file to profile")


def chosen(devices: Sequence[str]) -> list[str]:
    """Serials that adb knows; of several, some may not answer, which the campaign finds out without stopping others.

    Raises InputError, or DeviceError that says what is wrong with the only one, or which one nobody knows.
    """
    if "host" in devices:
        raise InputError("`--device host` goes alone; profile this computer into a file of its own")
    known = adb.listed()
    if "all" in devices:
        serials = sorted(known)
        if not serials:
            raise DeviceError("no device; connect one, turn on USB debugging, and see `approxlite devices`")
    else:
        serials = [adb.device(None).serial if name == "adb" else name for name in devices]
    if len(set(serials)) < len(serials):
        raise InputError("a device is named twice; name each once")
    for serial in serials:
        if len(serials) == 1 or serial not in known:
            adb.device(serial)
    return serials


def _prepared(model: Path, seconds: float, seed: int) -> tuple[Design, dict[str, Scale], Sequence[OperatorWithKnobs]]:
    """Blocks as long as fit into `seconds`, as many as it takes for intervals in any case; grids, and operators."""
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    set_random_inputs(interpreter, seed)
    blocks = sum(len(each.slots) for each in rounds_of(interpreter.operators, Design(), seed=seed))
    block_s = min(max(seconds / max(PER_BLOCK * blocks, 1), SHORTEST_BLOCK_S), LONGEST_BLOCK_S)
    return Design(block_s=block_s), placeholder_scales(interpreter), interpreter.operators


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
