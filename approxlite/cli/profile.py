"""`approxlite profile`: the time of every knob of every operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.cli.knobs import check_has_knobs
from approxlite.formats.document import Document
from approxlite.formats.errors import DeviceError
from approxlite.formats.interval import Estimate
from approxlite.profiler.profile import profile_host
from approxlite.profiler.recorded import RecordedProfile
from approxlite.report.text import milliseconds, ratio_interval

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The profile to write, or to go on with.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="About how long to measure.")]


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


def profile(
    model: options.Model,
    out: Out,
    device: options.Device = "host",
    seconds: Seconds = 10.0,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Measure the time of every knob of every operator inside whole-model runs, beside stock LiteRT.

    Interrupted, it goes on where it stopped when run again.

    Example: `approxlite profile model.tflite --device host --out runs/profile.jsonl`
    """
    check_device(device)
    check_has_knobs(model)
    with Progress().stage("profile") as progress:
        measured = profile_host(model, out, budget_s=seconds, seed=seed, progress=progress)
    summary = _summary(out, measured)
    if json:
        print_json(summary)
        return
    rows = [
        (knob.operator, knob.knob, milliseconds(knob.time_ms.value), f"{knob.share:.2f}", _dropped(knob))
        for knob in summary.knobs
    ]
    print_table(("operator", "knob", "time", "of exact", ""), rows, numbers=(2, 3))
    print_line(
        f"exact {milliseconds(summary.exact_ms)}, stock LiteRT {milliseconds(summary.stock_ms)}, "
        f"ratio {ratio_interval(summary.exact_cost)}; written to {out}"
    )


def check_device(device: str) -> None:
    """Raises DeviceError for any device but this computer."""
    if device != "host":
        raise DeviceError(f"no device '{device}'; `--device host` measures on this computer")


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
