"""`approxlite tune`: the configurations that nothing else beats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.cli.profile import check_device
from approxlite.formats.curve import Curve
from approxlite.formats.profile import load_profile
from approxlite.model import load_model
from approxlite.profiler.live import LiveHost
from approxlite.profiler.summary import recorded
from approxlite.report.text import percent, percent_interval, ratio_interval
from approxlite.tuner.tune import tune as find_curve

ProfileFile = Annotated[Path, typer.Option("--profile", metavar="FILE", help="What `approxlite profile` wrote.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The curve to write; weights.bin goes beside it.")]
Device = Annotated[
    str | None,
    typer.Option(metavar="DEVICE", help="Time the chosen configurations there too; without, the profile predicts."),
]


def tune(
    model: options.Model,
    data: options.DataOption,
    profile: ProfileFile,
    out: Out,
    device: Device = None,
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Find the curve: calibrate, learn what each knob does to the answers, search, evaluate near the front.

    Half of the data is kept for certification and not looked at.

    Example: `approxlite tune model.tflite --data tuning.npz --profile runs/profile.jsonl --out runs/curve.json`
    """
    if device is not None:
        check_device(device)
    samples = options.load(model, data, mean, std, scale)
    measured = recorded(load_profile(profile), load_model(model).sha256)
    with Progress().stage("tune") as progress:
        measure = LiveHost(model, seed=seed) if device is not None else None
        curve = find_curve(model, samples, measured, seed=seed, out=out, measure=measure, progress=progress)
    if json:
        print_json(curve)
    else:
        _print(curve, out)


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
