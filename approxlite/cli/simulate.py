"""`approxlite simulate`: what a policy would do on a data set, input by input."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.formats.errors import InputError
from approxlite.formats.policy import load_policy
from approxlite.formats.trace import save_trace
from approxlite.policy.simulate import Summary, what_if
from approxlite.policy.simulate import simulate as simulated
from approxlite.policy.simulation.devices import device_model
from approxlite.policy.simulation.scenario import Scenario
from approxlite.report.text import percent, percent_interval, ratio_interval

_WORDS = {"first_stage": "the policy's own, nothing presses", "late": "most often in time, none is surely"}

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write trace.jsonl, a line per input.")]
Device = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="What to simulate on: here (times as recorded), phone, watch, or a device-model.json.",
    ),
]
Period = Annotated[float, typer.Option(min=0.0, help="Milliseconds from input to input; 0: as fast as they are done.")]
Hours = Annotated[
    float | None, typer.Option(min=0.0, help="Hours to live through, samples again and again; else each sample once.")
]
Order = Annotated[
    str, typer.Option(metavar="stream|drawn", help="Samples in the order of the data, or shuffled each time round.")
]
Joules = Annotated[
    float | None, typer.Option(min=0.0, help="An energy budget of the whole device that the rule has to keep.")
]
Deadline = Annotated[float | None, typer.Option(min=0.0, help="Milliseconds in which an input is to be answered.")]
Headroom = Annotated[
    float | None, typer.Option(min=0.0, help="Thermal headroom to stay below, such as 0.85; 1 is severe.")
]


def simulate(
    policy: options.PolicyFile,
    model: options.ModelOptions,
    data: options.DataOption,
    out: Out = None,
    device: Device = "here",
    period_ms: Period = 0.0,
    hours: Hours = None,
    order: Order = "stream",
    joules_per_hour: Joules = None,
    deadline_ms: Deadline = None,
    headroom_limit: Headroom = None,
    seed: options.Seed = 0,
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    json: options.Json = False,
) -> None:
    """Run every rung on every input once, then live through hours of use with the policy's rule on a made-up device.

    Example: `approxlite simulate runs/policy.approx --model model.tflite --data test.npz --out runs/trace.jsonl
    --device phone --period-ms 66 --hours 8 --joules-per-hour 2500`
    """
    loaded = load_policy(policy)
    if order not in ("stream", "drawn"):
        raise InputError(f"--order {order}: say stream or drawn")
    scenario = Scenario(
        device_model(device),
        period_ms=period_ms,
        hours=hours,
        deadline_ms=math.nan if deadline_ms is None else deadline_ms,
        order="stream" if order == "stream" else "drawn",
        seed=seed,
    )
    asked = {"energy_j_per_hour": joules_per_hour, "deadline_ms": deadline_ms, "headroom_limit": headroom_limit}
    rule = what_if(loaded, scenario.device, {name: value for name, value in asked.items() if value is not None})
    samples = options.load(options.last_model(loaded, model), data, mean, std, scale)
    with Progress().stage("simulate"):
        simulation = simulated(loaded, model, samples, scenario, rule)
    if out is not None:
        save_trace(out, simulation.rows)
    summary = simulation.summary
    if json:
        print_json(summary)
        return
    for line in in_words(summary):
        print_line(line)
    rows = [
        (
            str(each.rung),
            percent(share),
            percent(each.agreement),
            f"{each.cost:.3f}",
            loaded.ladder[each.rung].configuration,
        )
        for each, share in zip(summary.alone, summary.rungs, strict=True)
    ]
    heads = ("rung", "answers", "agrees alone", "cost alone", "configuration")
    print_table(heads, rows, numbers=(1, 2, 3))
    if out is not None:
        print_line(f"written to {out}")


def in_words(summary: Summary) -> list[str]:
    """What happened, a line each."""
    lines = [
        f"{summary.samples} inputs: same answer as exact {percent_interval(summary.agreement)}, "
        f"accuracy {percent_interval(summary.accuracy)}, expected share of stock float time "
        f"{ratio_interval(summary.expected_cost)}; a clairvoyant would need {summary.oracle:.3f}"
    ]
    reasons = ((_WORDS.get(reason, reason.replace("_", " ")), share) for reason, share in summary.reasons.items())
    lines.append(
        "candidate chosen: "
        + ", ".join(f"{words} {percent(share)}" for words, share in reasons)
        + (f"; answers given again {percent(summary.reused)}" if summary.reused else "")
    )
    if summary.late is not None:
        lines.append(f"answered too late: {percent(summary.late)}")
    if summary.joules_per_hour is not None:
        warm = "" if summary.temperature_c is None else f", {summary.temperature_c:.1f} degrees Celsius"
        charge = "" if summary.battery is None else f", battery {percent(summary.battery)}"
        lines.append(f"{summary.device}, {summary.hours:.2f} h: {summary.joules_per_hour:.0f} J/h{charge}{warm}")
    if summary.guard is not None:
        lines.append(f"guard: {summary.guard.canaries} answers checked, alarm: {summary.guard.alarm.replace('_', ' ')}")
    return lines
