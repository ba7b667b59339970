"""`approxlite simulate`: what a policy would do on a data set, input by input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.formats.policy import load_policy
from approxlite.formats.trace import save_trace
from approxlite.policy.simulate import simulate as simulated
from approxlite.report.text import percent, percent_interval, ratio_interval

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write trace.jsonl, a line per input.")]


def simulate(
    policy: options.PolicyFile,
    model: options.ModelOptions,
    data: options.DataOption,
    out: Out = None,
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    json: options.Json = False,
) -> None:
    """Run every rung on every input once and replay the policy's rule over the outputs.

    Example: `approxlite simulate runs/policy.approx --model model.tflite --data test.npz --out runs/trace.jsonl`
    """
    loaded = load_policy(policy)
    samples = options.load(options.last_model(loaded, model), data, mean, std, scale)
    with Progress().stage("simulate"):
        simulation = simulated(loaded, model, samples)
    if out is not None:
        save_trace(out, simulation.rows)
    summary = simulation.summary
    if json:
        print_json(summary)
        return
    print_line(
        f"{summary.samples} inputs: same answer as exact {percent_interval(summary.agreement)}, "
        f"accuracy {percent_interval(summary.accuracy)}, expected share of stock float time "
        f"{ratio_interval(summary.expected_cost)}"
    )
    rows = [
        (str(number), percent(share), loaded.ladder[number].configuration)
        for number, share in enumerate(summary.rungs)
        if share > 0
    ]
    print_table(("rung", "answers", "configuration"), rows, numbers=(1,))
    if out is not None:
        print_line(f"written to {out}")
