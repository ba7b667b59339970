"""Arguments that several verbs share, so that they are spelled and explained once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import RootModel

from approxlite.formats.agreement import TOP_ONE, AgreementRule, Loss
from approxlite.formats.configuration import Configuration
from approxlite.formats.curve import unpack_scales
from approxlite.formats.data import Data, load_data
from approxlite.formats.document import parse_document, read_bytes
from approxlite.formats.errors import FormatError, InputError
from approxlite.formats.input_form import Normalisation
from approxlite.formats.policy import ClassMap, Policy
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.weights import needed_by, owners_of, unpack_calibrated, unpack_weights
from approxlite.formats.weights_file import MAX_WEIGHTS_BYTES
from approxlite.model import load_model
from approxlite.policy.quality import quality_of
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.faults import NoSuchDeviceError
from approxlite.runtime import Interpreter
from approxlite.runtime.library import MAX_THREADS

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
ScalePerModel = Annotated[
    str | None,
    typer.Option("--scale", metavar="F", help="Multiplies the input first, such as 0.00392156862 for bytes."),
]
Models = Annotated[
    list[Path], typer.Argument(metavar="MODEL...", help="The policy's .tflite files. They are read, never changed.")
]
ModelOptions = Annotated[
    list[Path], typer.Option("--model", metavar="MODEL", help="The .tflite file the policy is for; once for each.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides the split of the data and every random order.")]
Devices = Annotated[
    list[str] | None,
    typer.Option("--device", metavar="SERIAL", help="Of a device, as adb names it; once for each. Else the only one."),
]
AllDevices = Annotated[bool, typer.Option("--all", help="Every device that adb sees.")]
Agents = Annotated[
    Path,
    typer.Option(
        metavar="FOLDER",
        envvar="APPROXLITE_AGENTS",
        help="Programs for devices, as `scripts/build-agent` makes them: a folder per processor, such as `arm64-v8a`.",
    ),
]
AGENTS = Path("build/agent")
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
AgreementKind = Annotated[
    Loss,
    typer.Option(
        "--agreement",
        help="How answers are compared with exact's: by their top class, or by a loss for answers of any shape.",
    ),
]
Tolerance = Annotated[
    float, typer.Option(min=0.0, help="Largest loss of an answer that counts as exact's, in the output's own units.")
]
Quality = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="How answers are scored against `y` or `truth` of the data: top_one, top_five, mean_iou, psnr, "
        "keypoint_similarity, keypoint_distance, or package.module:function.",
    ),
]
Stream = Annotated[
    str,
    typer.Option(
        "--stream",
        metavar="ARRAY",
        help="An array of the data, such as `subject`, that says which samples belong together.",
    ),
]
Block = Annotated[
    int | None,
    typer.Option(metavar="N", help="Samples follow one another in time; N or more apart they are independent."),
]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The weights.bin beside a curve: calibrated numbers for --configuration."),
]
Threads = Annotated[
    int,
    typer.Option(min=1, max=MAX_THREADS, help="Threads of ours and of stock LiteRT alike."),
]


def load_normalised(model: Path, data: str, normalisation: Normalisation, stream: str = "") -> Data:
    """The data in the form that the model's input takes. Raises ModelError, DataError or InputError."""
    graph = load_model(model)
    if len(graph.inputs) != 1:
        raise InputError(f"{model}: takes {len(graph.inputs)} inputs; data is for models with one")
    tensor = graph.tensors[graph.inputs[0]]
    if normalisation == Normalisation():
        return load_data(data, tensor.shape, tensor.dtype, by=stream)
    own = normalisation
    return load_data(data, tensor.shape, tensor.dtype, mean=own.mean, std=own.std, scale=own.scale, by=stream)


def serials(devices: Sequence[str] | None, everything: bool) -> list[str]:
    """Of the devices that are meant, in their order, each once. Raises InputError or DeviceError."""
    if everything and devices:
        raise InputError("--all and --device exclude one another")
    if everything:
        found = sorted(adb.listed())
        if not found:
            raise NoSuchDeviceError("no device; connect one, turn on USB debugging, and see `approxlite devices`")
        return found
    return list(dict.fromkeys(devices or [adb.device(None).serial]))


def agreement(model: Path, kind: Loss, tolerance: float) -> AgreementRule:
    """The rule in the form that the model's answers take. Raises ModelError or InputError."""
    if kind == "top_one":
        if tolerance:
            raise InputError("--tolerance is for answers compared by a loss; give --agreement too")
        return TOP_ONE
    graph = load_model(model)
    shape = graph.tensors[graph.outputs[0]].shape
    if tolerance == 0:
        raise InputError(f"--agreement {kind} needs --tolerance, the largest loss that does not matter")
    return AgreementRule(loss=kind, tolerance=tolerance, classes=shape[-1] if kind == "label_share" else 1)


def checked_quality(name: str) -> str:
    """The name, if there is such a quality. Raises InputError."""
    quality_of(name)
    return name


def load(model: Path, data: str, mean: str | None, std: str | None, scale: float | None, stream: str = "") -> Data:
    """The data in the form that the model's input takes. Raises ModelError, DataError or InputError."""
    factor = None if scale is None else str(scale)
    return load_normalised(model, data, normalisations(mean, std, factor, 1)[0], stream)


def last_model(policy: Policy, models: Sequence[Path]) -> Path:
    """The one whose form data comes in. Raises ModelError, or InputError when the policy is not for these models."""
    wanted = policy.models[-1]
    for path in models:
        if load_model(path).sha256 == wanted.sha256:
            return path
    raise InputError(f"the policy is for {wanted.name} (sha256 {wanted.sha256[:12]}), which is not among the models")


def normalisations(mean: str | None, std: str | None, scale: str | None, models: int) -> list[Normalisation]:
    """Of each model: options that name one for all, or one per model between semicolons. Raises InputError."""
    means, stds, scales = (
        _per_model(text, name, models) for text, name in ((mean, "mean"), (std, "std"), (scale, "scale"))
    )
    found = []
    for one, deviation, factor in zip(means, stds, scales, strict=True):
        wrong = [name for name, each in (("std", deviation), ("scale", factor)) if each and 0 in each]
        if wrong:
            raise InputError(f"--{wrong[0]} of 0 leaves nothing of the input")
        found.append(Normalisation(tuple(one or (0.0,)), tuple(deviation or (1.0,)), (factor or [1.0])[0]))
    return found


def class_maps(path: Path | None, models: int) -> list[tuple[int, ...] | None]:
    """By model, from a JSON list: for each class of its answers the last model's, -1 for none; null where equal."""
    if path is None:
        return [None] * models
    maps = parse_document(_ClassMaps, read_bytes(path, InputError), str(path), InputError).root
    if len(maps) not in (models, models - 1):
        raise InputError(f"{path}: holds {len(maps)} lists, but there are {models} models")
    found = [*maps, *([None] * (models - len(maps)))]
    if found[-1] is not None:
        raise InputError(f"{path}: the last model's classes are what the others are mapped to; give null for it")
    return found


class _ClassMaps(RootModel[list[ClassMap]]):
    """--classes."""


def _per_model(text: str | None, name: str, models: int) -> list[list[float] | None]:
    parts = [None] if text is None else text.split(";")
    if len(parts) not in (1, models):
        raise InputError(f"--{name} names {len(parts)} models, but there are {models}; one for all, or one for each")
    found = [numbers(part or None, name) for part in parts]
    return found if len(found) == models else found * models


def numbers(text: str | None, name: str) -> list[float] | None:
    """`"0.5"` or `"0.485,0.456,0.406"` as numbers; raises InputError naming the option."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--{name} takes numbers separated by commas, got {text!r}") from None


def rung(model: Path, configuration: str, weights: Path | None, *, placeholders: bool) -> RungSpec:
    """The configuration resolved against the model, with what was calibrated for it.

    placeholders: whether knobs that bring weights along may do without, for time alone.
    Raises ModelError, ConfigurationError or FormatError, which is also raised for weights of another model.
    """
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    resolved = Configuration.parse(configuration, interpreter.operators)
    owners = owners_of(str(resolved))
    if weights is None:
        if owners and not placeholders:
            raise InputError(f"{owners[0].operator}={owners[0].atom} needs calibrated weights; give --weights")
        return RungSpec(configuration=str(resolved))
    where = str(weights)
    arrays = unpack_weights(read_bytes(weights, FormatError, MAX_WEIGHTS_BYTES), where)
    scales, calibrated = unpack_scales(arrays, where), unpack_calibrated(arrays, where)
    named = scales.keys() | {owner.operator for owner in calibrated}
    foreign = sorted(named - {operator.id for operator in interpreter.operators})
    if foreign:
        raise FormatError(f"{where}: is for another model, this one has no operator {foreign[0]}")
    if not placeholders:
        needed_by(str(resolved), "", calibrated, where)
    return rung_with(resolved, scales, weights)
