"""curve.json and weights.bin: the configurations of a model that nothing else beats, and what they need to run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy
from numpy.typing import NDArray
from pydantic import Field

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.configuration import Configuration
from approxlite.formats.document import Document, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import FormatError
from approxlite.formats.interval import Estimate
from approxlite.formats.provenance import ModelReference, Sha256, SplitRecord, Time
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.scale import Scale
from approxlite.formats.weights import Weights, pack_weights, unpack_weights
from approxlite.formats.weights_file import MAX_WEIGHTS_BYTES, RungName, WeightsFile


class Residuals(Document):
    """How far predictions were from measurements, over the points that were measured."""

    samples: Annotated[int, Field(ge=0)]
    mean: float
    mean_absolute: float
    largest_absolute: float
    rank_correlation: float | None = None  # Spearman's, of predicted and measured; None if either does not vary
    slope: float | None = None  # measured over predicted, least squares through 0


class CurvePoint(Document):
    """One configuration. Costs are shares of stock LiteRT float time in the same interleaved run."""

    configuration: str  # canonical
    rung: RungName = ""  # what weights of its own are filed under; "" where it uses those that all points share
    predicted_cost: float
    predicted_disagreement: float
    cost: Estimate | None  # measured
    disagreement: Estimate | None  # measured on the search samples, against the exact configuration
    accuracy: Estimate | None = None  # mean quality measured on the search samples, where there is a truth


class Curve(Document):
    """Non-dominated configurations, most expensive first."""

    version: Literal[1] = 1
    created: Time
    tool_version: str
    model: ModelReference
    device_class: str
    numerics_version: int
    split: SplitRecord
    weights_sha256: Sha256  # of weights.bin beside this file
    points: Annotated[tuple[CurvePoint, ...], Field(min_length=1)]
    predictor_residuals: Residuals
    cost_residuals: Residuals
    how_found: str
    agreement: AgreementRule = TOP_ONE  # when two answers are the same
    quality: str = "top_one"  # what `accuracy` is the mean of: a name, or package.module:function


def save_curve(path: str | os.PathLike[str], curve: Curve, weights: Weights) -> None:
    """Writes weights.bin beside `path`, then the curve, which carries the sha256 of the weights."""
    content = pack_weights(weights)
    save_atomically(weights_path(path), content)
    bound = curve.model_copy(update={"weights_sha256": hashlib.sha256(content).hexdigest()})
    save_atomically(path, bound.model_dump_json(indent=1).encode() + b"\n")


def load_curve(path: str | os.PathLike[str]) -> tuple[Curve, Weights]:
    """The curve and the arrays of the weights.bin beside it, which has to be the one it was saved with."""
    curve = parse_document(Curve, read_bytes(path, FormatError), os.fspath(path))
    for point in curve.points:
        Configuration.parse(point.configuration)
    beside = weights_path(path)
    content = read_bytes(beside, FormatError, MAX_WEIGHTS_BYTES)
    if hashlib.sha256(content).hexdigest() != curve.weights_sha256:
        raise FormatError(f"{beside}: not the weights that {os.fspath(path)} was saved with; tune again")
    return curve, unpack_weights(content, os.fspath(beside))


def weights_path(path: str | os.PathLike[str]) -> Path:
    """weights.bin beside a curve."""
    return Path(path).parent / "weights.bin"


def pack_scales(scales: Mapping[str, Scale]) -> Weights:
    """`<operator id>.input_scale` (float32[1]) and `<operator id>.input_zero_point` (int32[1]) of each operator."""
    weights: Weights = {}
    for operator, scale in scales.items():
        weights[f"{operator}.input_scale"] = numpy.array([scale.scale], numpy.float32)
        weights[f"{operator}.input_zero_point"] = numpy.array([scale.zero_point], numpy.int32)
    return weights


def unpack_scales(weights: Mapping[str, NDArray[Any]], where: str = "weights.bin") -> dict[str, Scale]:
    """The scales among `weights`, by operator id. Raises FormatError."""
    scales: dict[str, Scale] = {}
    for name, values in weights.items():
        operator, _, field = name.rpartition(".")
        if field != "input_scale":
            continue
        zero_point = weights.get(f"{operator}.input_zero_point")
        if zero_point is None or values.shape != (1,) or zero_point.shape != (1,):
            raise FormatError(f"{where}: '{name}' has no zero point or is not a single number; tune again")
        try:
            scales[operator] = Scale(scale=float(values[0]), zero_point=int(zero_point[0]))
        except ValueError:
            raise FormatError(
                f"{where}: '{operator}' has scale {values[0]}, zero point {zero_point[0]}; tune again"
            ) from None
    return scales


def rung_of(point: CurvePoint, scales: Mapping[str, Scale], weights: Path | WeightsFile | None = None) -> RungSpec:
    """The point as the engine runs it: with the scales of its int8 operators, and with `weights` if it uses any."""
    return rung_with(Configuration.parse(point.configuration), scales, weights, point.rung)
