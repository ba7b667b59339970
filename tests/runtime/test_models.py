"""Promise 2 on real models: exact is stock's answer, on every sample of the test split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.library import variants

IMAGENET_MEAN, IMAGENET_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def load(collection: Path, model: str) -> NDArray[np.float32]:
    """The whole test split as the model expects it."""

    def array(path: str, name: str = "x") -> NDArray[Any]:
        with np.load(collection / path) as data:
            return np.asarray(data[name])

    if model.startswith("har"):
        return array("har/hapt_windows_test.npz").astype("f4")[:, :, np.newaxis]
    if model.startswith("vww"):
        images = [array(f"vww/coco_person_{part}_test.npz") for part in ("ccby", "ccnc")]
        return (np.concatenate(images) / 255).astype("f4")
    images = array("ic/caltech101_cifar_classes_test.npz")
    if "resnet20" in model:
        return ((images / 255 - IMAGENET_MEAN) / IMAGENET_STD).astype("f4")
    return images.astype("f4")


def both(model: Path, x: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    return interpreter.run_many(x), StockInterpreter(model).run_many(x)


@pytest.mark.parametrize(
    "model",
    [
        "ic/resnet8_float.tflite",
        "ic/resnet20_float.tflite",
        "vww/vww_mobilenetv1_96_float.tflite",
        "har/har_cnn9_float.tflite",
    ],
)
def test_exact_is_stocks_answer_on_the_whole_test_split(collection: Path, model: str) -> None:
    ours, stock = both(collection / model, load(collection, model))
    assert np.abs(ours - stock).max() <= 1e-5 * np.abs(stock).max()
    differing = ours.argmax(axis=1) != stock.argmax(axis=1)
    top_two = np.sort(stock, axis=1)[:, -2:]
    assert not np.any(differing & (top_two[:, 1] - top_two[:, 0] > 1e-5)), "another top-1 where stock has no tie"


def test_exact_agrees_with_stock_on_a_hybrid_model_but_for_stocks_own_quantisation(examples: Path) -> None:
    with np.load(examples / "keyword" / "test.npz") as data:
        x = data["x_float"]
    ours, stock = both(examples / "keyword" / "keyword_float.tflite", x)
    assert np.mean(ours.argmax(axis=1) == stock.argmax(axis=1)) >= 0.99


def test_every_variant_gives_the_same_bits_on_the_keyword_model(examples: Path) -> None:
    with np.load(examples / "keyword" / "tuning.npz") as data:
        x = data["x_float"][:8]
    ladder = ["exact", "all=int8", "all=rows:1/2", "all=int8+checker:1/2", "all=sample:2/3"]
    outputs = {}
    for variant in variants():
        interpreter = Interpreter(examples / "keyword" / "keyword_float.tflite", ladder, variant=variant)
        interpreter.allocate_tensors()
        for rung, configuration in enumerate(ladder):
            interpreter.rung = rung
            outputs[variant, configuration] = interpreter.run_many(x).tobytes()
    for (variant, configuration), output in outputs.items():
        assert output == outputs["reference", configuration], f"{variant} differs at {configuration}"
