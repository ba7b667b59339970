"""Models of the larger collection, their samples, and the figures that calibration is held to on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.model.linear import LinearOperator

Samples = NDArray[Any]
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@dataclass(frozen=True)
class Model:
    """samples: of "tuning" or "test", from the collection's folder, as real numbers.

    counts: whether an operator is among those that figures are means of. most: largest mean disagreement, by knob, of
    one such operator. remaining: largest share of what Mobiprox's sampling of as many inputs does, by fraction, where
    bars were found on other photographs than there are here. recalibrated: largest share of a deep rung's disagreement
    that weights of its own may leave.
    """

    file: str
    samples: Callable[[Path, str], Samples]
    counts: Callable[[LinearOperator], bool] = lambda op: op.taps != (1, 1)
    most: Mapping[str, float] = field(default_factory=dict)
    remaining: Mapping[str, float] = field(default_factory=dict)
    recalibrated: float | None = None


def _array(name: str, array: str = "x") -> Callable[[Path, str], Samples]:
    def load(collection: Path, part: str) -> Samples:
        with np.load(collection / f"{name}_{part}.npz") as data:
            return np.asarray(data[array], np.float32)

    return load


def _persons(collection: Path, part: str) -> Samples:
    return np.concatenate([_array(f"vww/coco_person_{one}")(collection, part) for one in ("ccby", "ccnc")]) / 255


_photographs = _array("ic/caltech101_cifar_classes")
_words = _array("kws/speech_commands_mfcc", "x_float")


def _standardised(collection: Path, part: str) -> Samples:
    return (_photographs(collection, part) / 255 - MEAN) / STD


def _windows(collection: Path, part: str) -> Samples:
    return _array("har/hapt_windows")(collection, part)[:, :, np.newaxis]


def _pointwise(op: LinearOperator) -> bool:
    return op.taps == (1, 1) and not op.flat


def _wide(op: LinearOperator) -> bool:
    return _pointwise(op) and op.channels >= 64


MODELS: Mapping[str, Model] = {
    "keyword": Model("kws/kws_dscnn_float", _words, _pointwise, most={"rank:1/2": 0.082}),
    "keyword_int8": Model("kws/kws_dscnn_int8", _words, _pointwise),
    "har_cnn9": Model("har/har_cnn9_float", _windows, most={"inputs:3/4": 0.0005, "inputs:1/2": 0.0005}),
    "vww": Model("vww/vww_mobilenetv1_96_float", _persons, _wide, most={"rank:1/2": 0.011}),
    "resnet8": Model("ic/resnet8_float", _photographs, remaining={"3/4": 0.10, "1/2": 0.17}),
    "resnet8_large": Model("ic/resnet8_large_float", _photographs, remaining={"3/4": 0.13, "1/2": 0.22}),
    "resnet20": Model("ic/resnet20_float", _standardised, remaining={"3/4": 0.16, "1/2": 0.34}, recalibrated=0.61),
    "resnet20_int8": Model("ic/resnet20_int8", _standardised, remaining={"3/4": 0.16, "1/2": 0.34}, recalibrated=0.61),
    "resnet56": Model(
        "ic/resnet56_float", _standardised, most={"inputs:3/4": 0.002, "inputs:1/2": 0.003}, recalibrated=0.40
    ),
}
DEFAULT = ("keyword", "keyword_int8", "har_cnn9", "vww", "resnet8", "resnet20", "resnet20_int8")
"""What fits in about five minutes."""
