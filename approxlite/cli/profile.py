"""`approxlite profile`: the time of every knob of every operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.cli.energy import DeviceEnergy, next_session, show_energy, show_sustained, told_energy
from approxlite.cli.knobs import check_has_knobs
from approxlite.cli.on_devices import ProfiledDevices, profile_on
from approxlite.formats.document import Document
from approxlite.formats.errors import DeviceError, InputError
from approxlite.formats.interval import Estimate
from approxlite.profiler.campaign.energy_goal import Wish
from approxlite.profiler.campaign.sustained_run import SustainedWish
from approxlite.profiler.energy.sustained import Sustained
from approxlite.profiler.host import ENERGY_REFUSED
from approxlite.profiler.profile import profile_host
from approxlite.profiler.recorded import RecordedProfile
from approxlite.report.text import milliseconds, ratio_interval

LEAST_RATE_HZ = 1 / 60
"""Of a sustained run: what an agent's plan allows between two inferences."""

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
        "needs, so that a model takes an hour or more, and --seconds says nothing. How long is said beforehand.",
    ),
]
HalfWidth = Annotated[
    float,
    typer.Option(
        "--half-width", min=0.5, max=50.0, metavar="PERCENT",
        help="With --energy: stop when the 95 % intervals of joules beside exact reach this far to either side.",
    ),
]  # fmt: skip
MaxSecs = Annotated[
    float,
    typer.Option(
        "--max-secs", min=60.0, metavar="SECONDS",
        help="With --energy: refuse to begin where that takes longer, probe and warm-up included.",
    ),
]  # fmt: skip
Sessions = Annotated[
    int,
    typer.Option(
        min=1, max=20,
        help="With --energy: divide the measurement into so many sessions. Run the same command for each, with the "
        "device started anew or rested for six hours between them.",
    ),
]  # fmt: skip
SustainedFor = Annotated[
    float | None,
    typer.Option(
        "--sustained", min=2.0, max=600.0, metavar="MINUTES",
        help="After that, exact and int8 for so many minutes each, from cold on: how much slower, and with --energy "
        "how much thirstier, the last minute is than the first.",
    ),
]  # fmt: skip
Rate = Annotated[
    float,
    typer.Option(
        min=0.0, max=10_000.0, metavar="HZ",
        help="With --sustained: inferences a second, as the app has; 0 is one after the other.",
    ),
]  # fmt: skip
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


class DevicesSummary(Document):
    """The answer for devices: a campaign for each class of them, and devices that were given up, with why.

    energy, sustained: by serial; empty where they were not asked for. paused: devices whose next session is still to
    come. not_sustained: why a run shows nothing. refused_settings, unsteady: by serial, settings that a device did not
    let be changed, and by what share its latency still changed when it was measured; empty where all is well.
    """

    campaigns: tuple[ProfileSummary, ...]
    given_up: dict[str, str]
    energy: dict[str, DeviceEnergy]
    paused: tuple[str, ...]
    sustained: dict[str, tuple[Sustained, ...]]
    not_sustained: dict[str, tuple[str, ...]]
    refused_settings: dict[str, tuple[str, ...]]
    unsteady: dict[str, float]


def profile(
    model: options.Model,
    out: Out,
    device: Where = None,
    seconds: Seconds = 10.0,
    seed: options.Seed = 0,
    agents: options.Agents = options.AGENTS,
    service: Service = False,
    energy: Energy = False,
    half_width: HalfWidth = 3.0,
    max_secs: MaxSecs = 12 * 3600.0,
    sessions: Sessions = 1,
    sustained: SustainedFor = None,
    rate: Rate = 0.0,
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
    wish = Wish(half_width / 100, max_secs, sessions)
    if not energy and wish != Wish():
        raise InputError("--half-width, --max-secs and --sessions say how joules are measured; give --energy with them")
    if rate > 0 and sustained is None:
        raise InputError("--rate is that of a sustained run; give --sustained with it")
    if 0 < rate < LEAST_RATE_HZ:
        raise InputError(f"--rate {rate:g}: agents pause for a minute at most; give {LEAST_RATE_HZ:.4f} or more")
    devices = device or ["host"]
    if devices != ["host"]:
        found = profile_on(
            devices, model, out, None if service else agents, seconds=seconds, seed=seed, max_temp_c=max_temp_c,
            energy=wish if energy else None, meter=meter, cluster=cluster, resume=resume,
            sustained=None if sustained is None else SustainedWish(sustained * 60, rate),
        )  # fmt: skip
        _show_devices(out, found, json)
        if energy and found.given_up:
            raise DeviceError(
                f"no more joules of {', '.join(found.given_up)}; run the same command again once it is well"
            )
        return
    if cluster is not None:
        raise InputError("--cluster measures on devices; give --device all with it")
    if service:
        raise InputError("--service measures on devices; name one with --device")
    if sustained is not None:
        raise InputError("--sustained measures on devices; name one with --device")
    if energy or meter is not None:
        raise InputError(f"--energy needs a device: {ENERGY_REFUSED}")
    check_has_knobs(model)
    with Progress().stage("profile") as progress:
        measured = profile_host(model, out, budget_s=seconds, seed=seed, progress=progress, resume=resume)
    summary = _summary(out, measured)
    if json:
        print_json(summary)
        return
    _show(summary)


def _show_devices(out: Path, found: ProfiledDevices, json: bool) -> None:
    summary = DevicesSummary(
        campaigns=tuple(_summary(out, each) for each in found.profiles),
        given_up=found.given_up,
        energy={serial: told_energy(each, found.effort.get(serial)) for serial, each in found.energy.items()},
        paused=found.paused,
        sustained={s: tuple(r for r in runs.values() if not isinstance(r, str)) for s, runs in found.sustained.items()},
        not_sustained={s: tuple(r for r in runs.values() if isinstance(r, str)) for s, runs in found.sustained.items()},
        refused_settings={serial: each.refused for serial, each in found.prepared.items() if each.refused},
        unsteady={serial: each.unsteady for serial, each in found.prepared.items() if each.unsteady is not None},
    )
    if json:
        print_json(summary)
        return
    for each, recorded in zip(summary.campaigns, found.profiles, strict=True):
        print_line(recorded.campaign.device.cpu)
        _show(each)
    for serial, energy in summary.energy.items():
        show_energy(serial, energy)
    for serial, runs in summary.sustained.items():
        show_sustained(serial, runs, summary.not_sustained[serial])
    for serial in summary.paused:
        print_line(f"{serial}: {next_session(summary.energy.get(serial))}")
    for serial, names in summary.refused_settings.items():
        print_line(f"{serial}: does not let be changed while it measures: {', '.join(names)}")
    for serial, change in summary.unsteady.items():
        print_line(f"{serial}: was not steady when it was measured: its latency still changed by {change:.0%}")


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
