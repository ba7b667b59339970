"""`approxlite bench`: one configuration beside stock LiteRT, taking turns in one process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line
from approxlite.model import load_model
from approxlite.profiler.bench import Bench
from approxlite.profiler.bench import bench as run_bench
from approxlite.report.text import milliseconds

Against = Annotated[
    Path | None, typer.Option(metavar="OTHER.tflite", help="Run this file on stock LiteRT instead of MODEL.")
]
Seconds = Annotated[float, typer.Option(min=0.1, help="About how long to measure.")]


def bench(
    model: options.Model,
    configuration: options.ConfigurationOption = "exact",
    weights: options.Weights = None,
    against: Against = None,
    seconds: Seconds = 3.0,
    threads: options.Threads = 1,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Time one configuration beside stock LiteRT with XNNPACK, in short blocks of random order.

    Example: `approxlite bench model.tflite --configuration all=int8 --against model_int8.tflite`
    """
    load_model(model)  # says more about a damaged file
    rung = options.rung(model, configuration, weights, placeholders=True)
    with Progress().stage("bench"):
        result = run_bench(model, rung, against=against, seconds=seconds, threads=threads, seed=seed)
    if json:
        print_json(result)
    else:
        print_line(_sentence(result))


def _sentence(result: Bench) -> str:
    ratio = result.ratio
    threads = "one thread" if result.threads == 1 else f"{result.threads} threads"
    return (
        f"{result.configuration}: {milliseconds(result.ours_ms)}, stock LiteRT on {result.against}: "
        f"{milliseconds(result.stock_ms)}, ratio {ratio.median:.3f} [{ratio.low:.3f}, {ratio.high:.3f}] over "
        f"{result.rounds} rounds of {result.instances} pairs of interpreters, on {threads}"
    )
