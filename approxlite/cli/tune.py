"""`approxlite tune`: the configurations that nothing else beats."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.formats.curve import Curve
from approxlite.formats.errors import DeviceError
from approxlite.formats.profile import load_profile
from approxlite.model import load_model
from approxlite.profiler.live import LiveHost
from approxlite.profiler.summary import recorded
from approxlite.report.text import percent, percent_interval, ratio_interval
from approxlite.tuner.tune import EVALUATIONS, MIN_SAMPLES, seconds_per_sample
from approxlite.tuner.tune import tune as find_curve
from approxlite.tuner.workers import ClusterWorkers, LocalWorkers, Workers

ProfileFile = Annotated[Path, typer.Option("--profile", metavar="FILE", help="What `approxlite profile` wrote.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The curve to write; weights.bin goes beside it.")]
Device = Annotated[
    str | None,
    typer.Option(metavar="DEVICE", help="Time the chosen configurations there too; without, the profile predicts."),
]

Evaluations = Annotated[int, typer.Option(min=2, help="Configurations that are really run and timed.")]
WorkerCount = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes that run them; by default as many as pay.")
]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Run them on this dask.distributed cluster instead.")
]
Cache = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Keep outputs there; a tuning that was killed goes on from them.")
]

RunningWorkers = LocalWorkers | ClusterWorkers

WORTH_STARTING_S = 8.0
"""Seconds of work below which starting processes takes longer than it saves."""


def tune(
    model: options.Model,
    data: options.DataOption,
    profile: ProfileFile,
    out: Out,
    device: Device = None,
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    agreement: options.AgreementKind = "top_one",
    tolerance: options.Tolerance = 0.0,
    quality: options.Quality = "top_one",
    stream: options.Stream = "",
    evaluations: Evaluations = EVALUATIONS,
    workers: WorkerCount = None,
    cluster: Cluster = None,
    cache: Cache = None,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Find the curve: calibrate, learn what each knob does to the answers, search, evaluate near the front.

    Half of the data is kept for certification and not looked at; with --stream, whole persons or recordings are.

    Models whose answer is no single class: `--agreement label_share --tolerance 0.02` lets 2 % of the labels of a
    picture differ, `--agreement mean_absolute --tolerance 0.01` values by 0.01 on average.

    Example: `approxlite tune model.tflite --data tuning.npz --profile runs/profile.jsonl --out runs/curve.json`
    """
    if device not in (None, "host"):
        raise DeviceError(
            f"tune times on this computer only; `approxlite profile --device {device}` measures there, and with that "
            "profile and no --device, tune goes by what it predicts"
        )
    rule = options.agreement(model, agreement, tolerance)
    samples = options.load(model, data, mean, std, scale, stream)
    measured = recorded(load_profile(profile), load_model(model).sha256)
    seconds = seconds_per_sample(measured) * min(len(samples), MIN_SAMPLES)
    running = _workers(workers, cluster, seconds)
    with Progress().stage("tune") as progress, ExitStack() as stack:
        curve = find_curve(
            model,
            samples,
            measured,
            seed=seed,
            out=out,
            measure=LiveHost(model, seed=seed) if device is not None else None,
            evaluations=evaluations,
            cache=cache,
            rule=rule,
            quality=options.checked_quality(quality),
            workers=None if running is None else _entered(stack, running),
            progress=progress,
        )
    if json:
        print_json(curve)
    else:
        _print(curve, out)


def _workers(count: int | None, cluster: str | None, seconds: float) -> RunningWorkers | None:
    """None where this process alone is quicker than starting others would be."""
    if cluster is not None:
        return ClusterWorkers(cluster)
    if count is None:
        count = (os.cpu_count() or 1) if seconds > WORTH_STARTING_S else 1
    return LocalWorkers(count) if count > 1 else None


def _print(curve: Curve, out: Path) -> None:
    rows = [
        (
            ratio_interval(point.cost),
            percent_interval(point.disagreement),
            percent(point.predicted_disagreement),
            point.configuration,
        )
        for point in curve.points
    ]
    print_table(("share of stock float", "differs from exact", "predicted", "configuration"), rows)
    print_line(f"{curve.how_found}; written to {out}")


def _entered(stack: ExitStack, running: RunningWorkers) -> Workers:
    workers: Workers = stack.enter_context(running)  # type: ignore[assignment]
    return workers
