"""Models of the larger collection that the tuner is benchmarked on, with the samples that are there to tune on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]


@dataclass(frozen=True)
class Model:
    """`load`: from the collection's folder to samples (N, ...) as the model's input takes them."""

    file: str
    load: Callable[[Path], Samples]


def _array(path: str, name: str = "x") -> Callable[[Path], Samples]:
    def load(collection: Path) -> Samples:
        with np.load(collection / path) as data:
            return np.asarray(data[name], np.float32)

    return load


def _changed(load: Callable[[Path], Samples], change: Callable[[Samples], Samples]) -> Callable[[Path], Samples]:
    return lambda collection: np.ascontiguousarray(change(load(collection)), np.float32)


def _persons(collection: Path) -> Samples:
    parts = [_array(f"vww/coco_person_{part}_tuning.npz")(collection) for part in ("ccby", "ccnc")]
    return np.concatenate(parts) / np.float32(255)


def _acceleration(x: Samples) -> Samples:
    return x[:, :, :3].transpose(0, 2, 1).reshape(-1, 128, 3)


def _standardised(x: Samples) -> Samples:
    return (x / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])


def _every(step: int) -> Callable[[Samples], Samples]:
    return lambda x: x[::step]


PHOTOGRAPHS = _array("ic/caltech101_cifar_classes_tuning.npz")
WINDOWS = _changed(_array("har/hapt_windows_tuning.npz"), _every(3))  # half overlapping: neighbours say little new

MODELS: Mapping[str, Model] = {
    "keyword": Model("kws/kws_dscnn_float.tflite", _array("kws/speech_commands_mfcc_tuning.npz", "x_float")),
    "har_cnn9": Model("har/har_cnn9_float.tflite", _changed(WINDOWS, lambda x: x[:, :, np.newaxis])),
    "har_cnn_acc3": Model("har/har_cnn_acc3_float.tflite", _changed(WINDOWS, _acceleration)),
    "resnet8": Model("ic/resnet8_float.tflite", PHOTOGRAPHS),
    "resnet20": Model("ic/resnet20_float.tflite", _changed(PHOTOGRAPHS, _standardised)),
    "vww": Model("vww/vww_mobilenetv1_96_float.tflite", _persons),
    "resnet8_large": Model("ic/resnet8_large_float.tflite", PHOTOGRAPHS),
    "resnet56": Model("ic/resnet56_float.tflite", _changed(PHOTOGRAPHS, _standardised)),
}
"""By name, the quickest to benchmark first but for the last."""
