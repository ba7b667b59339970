"""`approxlite certify`: the cheapest candidate that can be proven to change few answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line
from approxlite.cli.policy import stages_text
from approxlite.formats.policy import load_policy, save_policy
from approxlite.policy.certify import certify as certified

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of over POLICY.")]


def certify(
    policy: options.PolicyFile,
    model: options.ModelOptions,
    data: options.DataOption,
    epsilon: options.Epsilon = 0.05,
    delta: options.Delta = 0.05,
    out: Out = None,
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    stream: options.Stream = "",
    block: options.Block = None,
    json: options.Json = False,
) -> None:
    """Certify that at most EPSILON of the policy's answers differ from exact, with confidence 1 - DELTA.

    Of the data that the policy was tuned on, only the part that tuning never saw is used. No labels are needed. Exits
    with 5, and writes nothing, when the data cannot support the claim. Samples of one person or recording are alike:
    with --stream each counts once; with --block samples N apart in one long recording count.

    Example: `approxlite certify runs/policy.approx --model model.tflite --data tuning.npz --epsilon 0.05 --delta 0.05`
    """
    loaded = load_policy(policy)
    samples = options.load(options.last_model(loaded, model), data, mean, std, scale, stream)
    with Progress().stage("certify"):
        result = certified(loaded, model, samples, epsilon=epsilon, delta=delta, block=block)
    save_policy(out or policy, result)
    assert result.certificate is not None
    if json:
        print_json(result.certificate)
    else:
        print_line(result.certificate.statement)
        print_line(f"runs: {stages_text(result.stages)}; written to {out or policy}")
