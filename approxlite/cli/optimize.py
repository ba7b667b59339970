"""`approxlite optimize`: from an unmodified model to a certified policy and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json
from approxlite.cli.on_devices import chosen
from approxlite.cli.pipeline import Optimized, Plan, Smaller
from approxlite.cli.pipeline import optimize as run_all
from approxlite.cli.results import print_results
from approxlite.formats.document import Document
from approxlite.formats.errors import InputError
from approxlite.formats.policy import Certificate
from approxlite.policy.candidates import AIM
from approxlite.report.results import Results

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes; finished stages are kept.")]
Models = Annotated[
    list[Path], typer.Argument(metavar="MODEL...", help=".tflite files, the best last. They are read, never changed.")
]
Classes = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="JSON: for each model a list with the last model's number of each of its classes, -1 for none, or null.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="DEVICE",
        help="Where to profile: `host` is this computer; or a serial of `approxlite devices`, or `adb`, the only one.",
    ),
]
Seconds = Annotated[float, typer.Option(min=0.1, help="About how long to profile.")]


class OptimizeSummary(Document):
    """The answer of `approxlite optimize --json`."""

    policy: str
    report: str
    certificate: Certificate | None
    results: Results
    skipped: tuple[str, ...]


def optimize(
    models: Models,
    data: options.DataOption,
    out: Out,
    device: Device = "host",
    agents: options.Agents = options.AGENTS,
    epsilon: options.Epsilon = 0.05,
    delta: options.Delta = 0.05,
    aim: options.Aim = AIM,
    agreement: options.AgreementKind = "top_one",
    tolerance: options.Tolerance = 0.0,
    classes: Classes = None,
    quality: options.Quality = "top_one",
    stream: options.Stream = "",
    block: options.Block = None,
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.ScalePerModel = None,
    seconds: Seconds = 10.0,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Profile, tune, build, certify and report. Run it again to go on where it stopped.

    Writes profile.jsonl, curve.json, weights.bin, policy.approx and report.html. Several models of the same task, the
    best last, make one policy: an input goes to a small one first, and on to the best when that is unsure. Inputs come
    in the last model's form; where others are normalised otherwise, give --mean, --std or --scale once for each, with
    semicolons between. 8-bit models put inputs on their own grids.

    With --device SERIAL the policy is chosen by times of that device, as its profile predicts them; what the results
    show is timed on this computer.

    Example: `approxlite optimize model.tflite --data tuning.npz --out runs/first --epsilon 0.05`
    """
    if device == "all" or (device != "host" and len(models) > 1):
        raise InputError("--device takes one device and one model; times of several models are compared here only")
    if device != "host":
        (device,) = chosen([device])
    *smaller, model = models
    each = options.normalisations(mean, std, scale, len(models))
    maps = options.class_maps(classes, len(models))
    plan = Plan(
        model=model,
        data=options.load_normalised(model, data, each[-1], stream),
        smaller=tuple(
            Smaller(path, class_map, own.form_beside(each[-1]))
            for path, class_map, own in zip(smaller, maps, each, strict=False)
        ),
        agreement=options.agreement(model, agreement, tolerance),
        quality=options.checked_quality(quality),
        block=block,
        out=out,
        epsilon=epsilon,
        delta=delta,
        aim=aim,
        seed=seed,
        seconds=seconds,
        device=device,
        agents=agents,
    )
    carry_out(plan, json=json)


def carry_out(plan: Plan, *, json: bool) -> None:
    """Runs the plan and prints the answer: JSON, or tables for a person."""
    optimized = run(plan)
    if json:
        print_json(summary(plan, optimized))
    else:
        print_results(optimized, plan)


def run(plan: Plan) -> Optimized:
    """Runs the plan and says on stderr how long each stage took, or why it was skipped."""
    progress = Progress()
    return run_all(
        plan, progress.stage, lambda stage: progress.say(f"{stage}: done before, with the same inputs; skipped")
    )


def summary(plan: Plan, optimized: Optimized) -> OptimizeSummary:
    """For --json."""
    return OptimizeSummary(
        policy=str(plan.out / "policy.approx"),
        report=str(optimized.report),
        certificate=optimized.policy.certificate,
        results=optimized.results,
        skipped=optimized.skipped,
    )
