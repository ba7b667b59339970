"""`approxlite profile`: the time of every knob of every operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.cli.knobs import check_has_knobs
from approxlite.cli.on_devices import ProfiledDevices, profile_on
from approxlite.formats.document import Document
from approxlite.formats.errors import InputError
from approxlite.formats.interval import Estimate
from approxlite.profiler.energy.from_rows import Refusal, RowsEnergy
from approxlite.profiler.energy.outcome import Comparison, SourceRecord
from approxlite.profiler.host import ENERGY_REFUSED
from approxlite.profiler.profile import profile_host
from approxlite.profiler.recorded import RecordedProfile
from approxlite.report.text import milliseconds, ratio_interval

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The profile to write, or to go on with.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="About how long to measure; on devices, one class of them.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="`host` is this computer; or a serial of `approxlite devices`, once for each; `adb` is the only one, "
        "`all` every one.",
    ),
]
Service = Annotated[
    bool, typer.Option("--service", help="Measure inside the service app of devices, as their apps run.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Only go on with a campaign that is in the file already.")]
Energy = Annotated[
    bool,
    typer.Option(
        "--energy",
        help="Measure joules too, where a device has a power source that proves itself; blocks last as long as that "
        "needs, so that a model takes an hour or more, and --seconds says nothing.",
    ),
]
Meter = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="With --energy: joules by an external meter's CSV file (docs/external-meters.md), which may be written "
        "after the campaign; the same command then reads it.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="With --device all: of every host of this dask.distributed cluster."),
]
MaxTemp = Annotated[
    float, typer.Option("--max-temp-c", min=20, max=60, help="Devices whose battery or skin is hotter cool down first.")
]


class KnobSummary(Document):
    """share: of the operator's exact time. dropped: a more exact knob that is no slower; this one is not chosen."""

    operator: str
    knob: str
    time_ms: Estimate
    share: float
    dropped: str | None


class ProfileSummary(Document):
    """The answer of `approxlite profile --json`; the measurements themselves are in the file."""

    profile: str
    campaign: str
    exact_ms: float
    exact_cost: Estimate
    stock_ms: float
    knobs: tuple[KnobSummary, ...]


class DeviceEnergy(Document):
    """Joules of one device. settings: configurations that every round has, beside exact. refused: why there are none.

    knob_mj: what a knob adds to an inference, in millijoules, by `operator=knob`; negative where it saves. not_told: by
    configuration, or "knobs", why there is no figure.
    """

    source: SourceRecord | None
    settings: tuple[Comparison, ...]
    knob_mj: dict[str, Estimate]
    refused: str
    not_told: dict[str, str]
    left_out: dict[str, int]


class DevicesSummary(Document):
    """The answer for devices: a campaign for each class of them, and devices that were given up, with why.

    energy: by serial; empty where it was not asked for.
    """

    campaigns: tuple[ProfileSummary, ...]
    given_up: dict[str, str]
    energy: dict[str, DeviceEnergy]


def profile(
    model: options.Model,
    out: Out,
    device: Where = None,
    seconds: Seconds = 10.0,
    seed: options.Seed = 0,
    agents: options.Agents = options.AGENTS,
    service: Service = False,
    energy: Energy = False,
    meter: Meter = None,
    cluster: Cluster = None,
    max_temp_c: MaxTemp = 37.0,
    resume: Resume = False,
    json: options.Json = False,
) -> None:
    """Measure the time of every knob of every operator inside whole-model runs, beside stock LiteRT.

    Interrupted, it goes on where it stopped when run again. Devices measure by themselves; equal ones share the work,
    and their settings are put back at the end, whatever happens.

    Example: `approxlite profile model.tflite --device host --out runs/profile.jsonl`
    """
    if resume and not out.is_file():
        raise InputError(f"{out}: no such file, so there is nothing to resume; leave --resume out to begin")
    devices = device or ["host"]
    if devices != ["host"]:
        found = profile_on(
            devices, model, out, None if service else agents, seconds=seconds, seed=seed, max_temp_c=max_temp_c,
            energy=energy, meter=meter, cluster=cluster,
        )  # fmt: skip
        _show_devices(out, found, json)
        return
    if cluster is not None:
        raise InputError("--cluster measures on devices; give --device all with it")
    if service:
        raise InputError("--service measures on devices; name one with --device")
    if energy or meter is not None:
        raise InputError(f"--energy needs a device: {ENERGY_REFUSED}")
    check_has_knobs(model)
    with Progress().stage("profile") as progress:
        measured = profile_host(model, out, budget_s=seconds, seed=seed, progress=progress)
    summary = _summary(out, measured)
    if json:
        print_json(summary)
        return
    _show(summary)


def _show_devices(out: Path, found: ProfiledDevices, json: bool) -> None:
    summary = DevicesSummary(
        campaigns=tuple(_summary(out, each) for each in found.profiles),
        given_up=found.given_up,
        energy={serial: _energy(each) for serial, each in found.energy.items()},
    )
    if json:
        print_json(summary)
        return
    for each, recorded in zip(summary.campaigns, found.profiles, strict=True):
        print_line(recorded.campaign.device.cpu)
        _show(each)
    for serial, energy in summary.energy.items():
        _show_energy(serial, energy)
    for serial, why in summary.given_up.items():
        print_line(f"given up: {serial}: {why}")


def _energy(told: RowsEnergy) -> DeviceEnergy:
    knobs = [] if isinstance(told.knobs, Refusal) else told.knobs
    not_told = {name: each.why for name, each in told.settings.items() if isinstance(each, Refusal)}
    if isinstance(told.knobs, Refusal) and not told.refused:
        not_told["knobs"] = told.knobs.why
    return DeviceEnergy(
        source=told.source,
        settings=tuple(each for each in told.settings.values() if isinstance(each, Comparison)),
        knob_mj={f"{each.operator}={each.knob}": each.change_mj for each in knobs},
        refused=told.refused,
        not_told=not_told,
        left_out=dict(told.left_out),
    )


def _show_energy(serial: str, energy: DeviceEnergy) -> None:
    if energy.refused or energy.source is None:
        print_line(f"{serial}: no joules: {energy.refused}")
        return
    if left_out := sum(energy.left_out.values()):
        print_line(f"{serial}: {left_out} disturbed blocks left out: {', '.join(sorted(energy.left_out))}")
    for name, why in energy.not_told.items():
        print_line(f"{serial}: no joules of {name}: {why}")
    knobs = [
        (*name.split("=", 1), f"{change.value:+.3g} mJ", f"[{change.low:+.3g}, {change.high:+.3g}]")
        for name, change in energy.knob_mj.items()
    ]
    if knobs:
        print_table(("operator", "knob", "energy", "95 %"), knobs, numbers=(2,))
    for each in energy.settings:
        print_line(
            f"{serial}: {each.configuration} takes {ratio_interval(each.ratio)} of exact's "
            f"{each.exact_mj.value:.3g} mJ an inference, beyond idle, by {' + '.join(energy.source.facilities)}"
        )


def _show(summary: ProfileSummary) -> None:
    rows = [
        (knob.operator, knob.knob, milliseconds(knob.time_ms.value), f"{knob.share:.2f}", _dropped(knob))
        for knob in summary.knobs
    ]
    print_table(("operator", "knob", "time", "of exact", ""), rows, numbers=(2, 3))
    print_line(
        f"exact {milliseconds(summary.exact_ms)}, stock LiteRT {milliseconds(summary.stock_ms)}, "
        f"ratio {ratio_interval(summary.exact_cost)}; written to {summary.profile}"
    )


def _summary(out: Path, measured: RecordedProfile) -> ProfileSummary:
    knobs = []
    for operator, times in measured.operators.items():
        exact = times["exact"].nanoseconds.value
        for knob, time in times.items():
            nanoseconds = time.nanoseconds
            knobs.append(
                KnobSummary(
                    operator=operator,
                    knob=knob,
                    time_ms=_scaled(nanoseconds, 1e-6),
                    share=nanoseconds.value / exact if exact else 1.0,
                    dropped=time.dropped,
                )
            )
    return ProfileSummary(
        profile=str(out),
        campaign=measured.campaign.campaign,
        exact_ms=measured.exact_cost.value * measured.stock_ns.value / 1e6,
        exact_cost=measured.exact_cost,
        stock_ms=measured.stock_ns.value / 1e6,
        knobs=tuple(knobs),
    )


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    scaled = {name: getattr(estimate, name) * factor for name in ("value", "low", "high")}
    return estimate.model_copy(update=scaled)


def _dropped(knob: KnobSummary) -> str:
    return f"never chosen: {knob.dropped} is more exact and no slower" if knob.dropped else ""
