"""Profiling on devices, from the command line: which ones, for how long, and what the terminal shows meanwhile."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from approxlite.cli.knobs import check_has_knobs
from approxlite.cli.live import live_board
from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.errors import DeviceError, InputError
from approxlite.formats.profile import load_profile
from approxlite.formats.scale import Scale
from approxlite.model import load_model
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.energy import (
    EnergyDesign,
    energies,
    energy_design,
    metered_design,
    resumed_design,
)
from approxlite.profiler.campaign.farm import Job, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.hosts import profile_hosts
from approxlite.profiler.campaign.plan import Design, rounds_of
from approxlite.profiler.devices import adb
from approxlite.profiler.energy.from_rows import RowsEnergy
from approxlite.profiler.energy.meter import read_meter
from approxlite.profiler.inputs import placeholder_scales, set_random_inputs
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.schedule import rounds_per_sweep
from approxlite.profiler.summary import summarise
from approxlite.report.text import duration
from approxlite.runtime import Interpreter

SHORTEST_BLOCK_S, LONGEST_BLOCK_S = 0.02, 5.0
ENERGY_ROUNDS = 12
"""Fewer give no interval where some are left out."""

PER_BLOCK = 2.5
"""How long a block takes in all, as a multiple of what is counted: it is begun earlier and its operators are timed."""


@dataclass(frozen=True)
class ProfiledDevices:
    """One summarised campaign for each class of devices, and those that were given up, with why.

    energy: by serial; empty where it was not asked for.
    """

    profiles: tuple[RecordedProfile, ...]
    given_up: dict[str, str]
    energy: dict[str, RowsEnergy]


def profile_on(
    devices: Sequence[str], model: Path, out: Path, agents: Path | None, *, seconds: float, seed: int,
    max_temp_c: float = 37.0, energy: bool = False, meter: Path | None = None, cluster: str | None = None,
) -> ProfiledDevices:  # fmt: skip
    """Measures and summarises; agents None: in the devices' service app. meter: file of an external meter, which may be
    there only after the campaign.

    Raises InputError, DeviceError, FormatError, or KeyboardInterrupt when stopped.
    """
    if cluster is not None and (energy or list(devices) != ["all"]):
        raise InputError("--cluster measures latency on every device of its hosts; give --device all and no --energy")
    if meter is not None and (not energy or len(devices) != 1 or devices[0] == "all"):
        raise InputError("--meter tells the joules of one device; give --energy and one --device with it")
    check_is_there(model)
    serials = [] if cluster is not None else chosen(devices)
    files = AgentFiles.found(model, agents) if agents is not None else AgentFiles.of_service(model)
    check_has_knobs(model)
    read = read_meter(meter) if meter is not None and meter.exists() else None
    design, scales, sweeps, operators = _prepared(model, seconds, seed)
    gates = Gates(hottest_c=max_temp_c)
    if energy:
        gates = Gates.for_energy(max_temp_c) if meter is None else Gates.for_meter(max_temp_c)
    with _ended_as_by_ctrl_c(), live_board() as look:
        found = EnergyDesign(None, {}, {})
        if energy:
            found = _energy_design(serials, files, out, gates, look, metered=meter is not None)
        if found.design is not None:
            design = found.design.model_copy(update={"sweeps": sweeps})
            _say_how_long(operators, design, found, seed, meter)
        job = Job(files, design, seed=seed, scales=scales, gates=gates)
        if cluster is not None:
            outcome = profile_hosts(cluster, job, out, say=lambda line: print(line, file=sys.stderr, flush=True))
        else:
            outcome = profile_devices(serials, job, out, adb.reached, look=look)
    profile = load_profile(out)
    campaigns = [each for each in profile.campaigns if each.campaign in outcome.campaigns]
    energy_of = {serial: RowsEnergy(refused=why) for serial, why in found.refused.items()}
    for each in campaigns:
        if each.energy is not None:
            energy_of = energies(profile, each.campaign, seed=seed, meter=read) | energy_of
    if meter is not None and read is None:
        why = f"{meter} is not there yet; export all of the meter's samples to it and run the same command again"
        energy_of = {serial: RowsEnergy(refused=why) for serial in serials}
    return ProfiledDevices(
        tuple(summarise(c, [row for row in profile.blocks if row.campaign == c.campaign]) for c in campaigns),
        outcome.given_up,
        energy_of,
    )


def _energy_design(
    serials: Sequence[str], files: AgentFiles, out: Path, gates: Gates, look: Callable[[Board], None], *, metered: bool
) -> EnergyDesign:
    """As the campaign in the file has it, so that it goes on; else by a probe of every device, or for the meter."""
    digest = load_model(files.model).sha256
    earlier = load_profile(out).campaigns if out.is_file() else ()
    for campaign in reversed(earlier):
        if campaign.energy is not None and campaign.model.sha256 == digest:
            return EnergyDesign(resumed_design(campaign.energy.block_s, campaign.energy.readings_ms), {}, {})
    if metered:
        return EnergyDesign(metered_design(), {}, {})
    return energy_design(serials, files, adb.reached, gates=gates, look=look)


def _say_how_long(
    operators: Sequence[OperatorWithKnobs], design: Design, found: EnergyDesign, seed: int, meter: Path | None
) -> None:
    """Of one device alone; several share it."""
    slots = [slot for each in rounds_of(operators, design, seed=seed) for slot in each.slots]
    seconds = sum(design.block_s * (1.0 if slot.subject == "idle" else PER_BLOCK) for slot in slots)
    source = ", ".join(sorted(set(found.sources.values())))
    print(
        f"energy: {len(slots)} blocks of {design.block_s:.0f} s{' by ' if source else ''}{source}, about "
        f"{duration(seconds)} on one device",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    if meter is not None:
        print(f"the meter has to run from now to the end; its samples go to {meter}", file=sys.stderr, flush=True)


def check_is_there(model: Path) -> None:
    """Raises DeviceError: nothing can be measured on a device."""
    if not model.is_file():
        raise DeviceError(f"{model}: no such file; give the .tflite file to profile")


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


def _prepared(
    model: Path, seconds: float, seed: int
) -> tuple[Design, dict[str, Scale], int, Sequence[OperatorWithKnobs]]:
    """Blocks as long as fit into `seconds`, as many as it takes for intervals in any case; grids, sweeps for energy,
    and operators."""
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    set_random_inputs(interpreter, seed)
    blocks = sum(len(each.slots) for each in rounds_of(interpreter.operators, Design(), seed=seed))
    block_s = min(max(seconds / max(PER_BLOCK * blocks, 1), SHORTEST_BLOCK_S), LONGEST_BLOCK_S)
    sweeps = max(Design().sweeps, -(-ENERGY_ROUNDS // rounds_per_sweep(interpreter.operators)))
    return Design(block_s=block_s), placeholder_scales(interpreter), sweeps, interpreter.operators


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
