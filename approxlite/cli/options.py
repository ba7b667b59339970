"""Arguments that several verbs share, so that they are spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.formats.configuration import Configuration
from approxlite.formats.curve import MAX_WEIGHTS_BYTES, unpack_scales, unpack_weights
from approxlite.formats.data import Data, load_data
from approxlite.formats.document import read_bytes
from approxlite.formats.errors import FormatError, InputError
from approxlite.formats.rung import RungSpec
from approxlite.model import load_model
from approxlite.runtime import Interpreter

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A .tflite file. It is read, never changed.")]
ModelOption = Annotated[Path, typer.Option("--model", metavar="MODEL", help="The .tflite file the policy is for.")]
PolicyFile = Annotated[Path, typer.Argument(metavar="POLICY", help="A policy.approx file.")]
DataOption = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DATA",
        help="An .npz file with `x` (batch first) and optionally labels `y`, or `package.module:function`.",
    ),
]
Mean = Annotated[
    str | None,
    typer.Option(metavar="M[,M...]", help="Subtracted from the input, after --scale; one number or one per channel."),
]
Std = Annotated[
    str | None,
    typer.Option(metavar="S[,S...]", help="Divides the input, after --mean; one number or one per channel."),
]
Scale = Annotated[
    float | None, typer.Option(metavar="F", help="Multiplies the input first, such as 0.00392156862 for bytes.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides the split of the data and every random order.")]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="Where to measure: `host` is this computer.")]
Epsilon = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Share of answers that may differ from the exact model's.")
]
Delta = Annotated[float, typer.Option(min=0.0, max=1.0, help="Probability with which the certificate may be wrong.")]
Aim = Annotated[
    float,
    typer.Option(min=0.0, max=1.0, help="Largest disagreement, estimated while tuning, of a rule worth certifying."),
]
ConfigurationOption = Annotated[
    str,
    typer.Option(metavar="C", help="One knob per operator, such as `conv_2d_3=int8+rows:1/2,conv_2d_7=int8`."),
]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The weights.bin beside a curve: calibrated scales for --configuration."),
]


def load(model: Path, data: str, mean: str | None, std: str | None, scale: float | None) -> Data:
    """The data in the form that the model's input takes. Raises ModelError, DataError or InputError."""
    graph = load_model(model)
    if len(graph.inputs) != 1:
        raise InputError(f"{model}: takes {len(graph.inputs)} inputs; data is for models with one")
    tensor = graph.tensors[graph.inputs[0]]
    return load_data(data, tensor.shape, tensor.dtype, mean=numbers(mean, "mean"), std=numbers(std, "std"), scale=scale)


def numbers(text: str | None, name: str) -> list[float] | None:
    """`"0.5"` or `"0.485,0.456,0.406"` as numbers; raises InputError naming the option."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--{name} takes numbers separated by commas, got {text!r}") from None


def rung(model: Path, configuration: str, weights: Path | None) -> RungSpec:
    """The configuration resolved against the model, with the calibrated scales of its int8 operators.

    Raises ModelError, ConfigurationError or FormatError, which is also raised for weights of another model.
    """
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    resolved = Configuration.parse(configuration, interpreter.operators)
    if weights is None:
        return RungSpec(configuration=str(resolved))
    where = str(weights)
    scales = unpack_scales(unpack_weights(read_bytes(weights, FormatError, MAX_WEIGHTS_BYTES), where), where)
    foreign = sorted(scales.keys() - {operator.id for operator in interpreter.operators})
    if foreign:
        raise FormatError(f"{where}: is for another model, this one has no operator {foreign[0]}")
    int8 = {name for name, knob in resolved.entries if "int8" in knob.atoms}
    return RungSpec(configuration=str(resolved), scales={name: scale for name, scale in scales.items() if name in int8})
