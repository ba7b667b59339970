"""`approxlite demo`: optimize a model, then compare every way of running it on data that tuning has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.optimize import carry_out
from approxlite.cli.pipeline import Plan
from approxlite.policy.candidates import AIM

DataArgument = Annotated[str, typer.Argument(metavar="DATA", help="To tune and certify on, as --data elsewhere.")]
TestArgument = Annotated[str | None, typer.Argument(metavar="[TEST_DATA]", help="To compare on, if there is more.")]
Int8 = Annotated[Path | None, typer.Option(metavar="FILE", help="The same network as a quantised .tflite file.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes; finished stages are kept.")]


def demo(
    model: options.Model,
    data: DataArgument,
    test_data: TestArgument = None,
    int8: Int8 = None,
    out: Out = Path("runs/demo"),
    epsilon: options.Epsilon = 0.05,
    delta: options.Delta = 0.05,
    aim: options.Aim = AIM,
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Optimize a model and compare stock float, stock int8, exact, the best single rung and the policy.

    Example: `approxlite demo model.tflite tuning.npz test.npz --int8 model_int8.tflite`
    """
    plan = Plan(
        model=model,
        data=options.load(model, data, mean, std, scale),
        out=out,
        epsilon=epsilon,
        delta=delta,
        aim=aim,
        seed=seed,
        int8=int8,
        test=None if test_data is None else options.load(model, test_data, mean, std, scale),
    )
    carry_out(plan, json=json)
