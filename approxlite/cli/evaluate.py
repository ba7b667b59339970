"""`approxlite evaluate`: what a configuration or a policy scores and costs on data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.formats.errors import InputError
from approxlite.formats.policy import load_policy
from approxlite.policy.evaluate import Evaluation, evaluate_configuration, evaluate_policy
from approxlite.report.text import milliseconds, percent, percent_interval, quality_name, ratio_interval, score_interval

PolicyOption = Annotated[Path | None, typer.Option("--policy", metavar="POLICY", help="Evaluate this policy.")]
Configuration = Annotated[str | None, typer.Option(metavar="C", help="Evaluate this configuration; exact if neither.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="About how long to measure time.")]


def evaluate(
    models: options.Models,
    data: options.DataOption,
    configuration: Configuration = None,
    weights: options.Weights = None,
    policy: PolicyOption = None,
    agreement: options.AgreementKind = "top_one",
    tolerance: options.Tolerance = 0.0,
    quality: options.Quality = "top_one",
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    seconds: Seconds = 5.0,
    threads: options.Threads = 1,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Run a configuration or a policy on every sample, in turns with exact and with stock LiteRT.

    Example: `approxlite evaluate model.tflite --policy runs/policy.approx --data test.npz`
    """
    if policy is not None and (configuration is not None or weights is not None):
        raise InputError("give --policy, or --configuration and --weights, not both")
    if policy is not None and agreement != "top_one":
        raise InputError("a policy says itself when answers agree; --agreement is for configurations")
    if policy is None and len(models) > 1:
        raise InputError(f"{len(models)} models are for --policy; a configuration is one model's")
    loaded = None if policy is None else load_policy(policy)
    model = models[-1] if loaded is None else options.last_model(loaded, models)
    rule = options.agreement(model, agreement, tolerance)
    options.checked_quality(quality)
    samples = options.load(model, data, mean, std, scale)
    with Progress().stage("evaluate") as progress:

        def say(done: float) -> None:
            progress("taking turns", done)

        if loaded is not None:
            result = evaluate_policy(
                loaded,
                models,
                samples,
                seconds=seconds,
                seed=seed,
                threads=threads,
                quality=quality,
                progress=say,
            )
        else:
            rung = options.rung(model, configuration or "exact", weights, placeholders=False)
            result = evaluate_configuration(
                rung,
                model,
                samples,
                agreement=rule,
                seconds=seconds,
                seed=seed,
                threads=threads,
                quality=quality,
                progress=say,
            )
    if json:
        print_json(result)
    else:
        _print(result, "exact" if configuration is None else configuration, policy)


def _print(result: Evaluation, configuration: str, policy: Path | None) -> None:
    rows = [
        (
            configuration if policy is None else str(policy),
            score_interval(result.accuracy, result.quality),
            percent_interval(result.agreement),
            milliseconds(result.cost.mean_ms),
            ratio_interval(result.cost.ratio_to_stock_interval),
        )
    ]
    for other in result.beside:
        if other.name == configuration and policy is None:
            continue  # exact beside itself
        accuracy, agreement = score_interval(other.accuracy, result.quality), percent_interval(other.agreement)
        rows.append(
            (other.name, accuracy, agreement, milliseconds(other.mean_ms), ratio_interval(other.ratio_to_stock))
        )
    print_table(("", quality_name(result.quality), "same answer as exact", "time", "share of stock float"), rows)
    if policy is not None:
        answers = ", ".join(f"rung {rung} {percent(part)}" for rung, part in enumerate(result.rungs) if part > 0)
        print_line(f"answers: {answers}")
    print_line(f"on {result.samples} samples of {result.data}, {result.rounds} rounds; 95 % intervals within this run")
