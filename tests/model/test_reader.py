"""A model is read as it is, and nothing that is no model gets further than one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from approxlite.cli.tiny_model import tiny_model
from approxlite.formats.errors import ModelError
from approxlite.model import load_model, read_model


def test_the_keyword_model_has_these_operators_in_this_order(examples: Path) -> None:
    model = load_model(examples / "keyword" / "keyword_float.tflite")
    assert [operator.id for operator in model.operators] == [
        "conv_2d_0",
        "depthwise_conv_2d_1",
        "conv_2d_2",
        "depthwise_conv_2d_3",
        "conv_2d_4",
        "depthwise_conv_2d_5",
        "conv_2d_6",
        "depthwise_conv_2d_7",
        "conv_2d_8",
        "average_pool_2d_9",
        "reshape_10",
        "fully_connected_11",
        "softmax_12",
    ]
    assert model.name == "keyword_float"
    assert model.sha256 == "e5004c6f1012246e33fa068d8488325538e0444073cd361f5a7edb40c73f12d2"
    assert [model.tensors[i].shape for i in model.inputs + model.outputs] == [(1, 49, 10, 1), (1, 12)]


def test_multiply_accumulates_are_those_of_the_layers(examples: Path) -> None:
    work = {o.id: o.multiply_accumulates for o in load_model(examples / "keyword" / "keyword_float.tflite").operators}
    positions = 25 * 5
    assert work["conv_2d_0"] == positions * 64 * (10 * 4 * 1)
    assert work["depthwise_conv_2d_1"] == positions * 64 * (3 * 3)
    assert work["conv_2d_2"] == positions * 64 * 64
    assert work["fully_connected_11"] == 64 * 12
    assert work["softmax_12"] == 0


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("keyword/keyword_float.tflite", "hybrid"),
        ("keyword/keyword_int8.tflite", "quantised"),
        ("activity/har_cnn_acc3_float.tflite", "float"),
    ],
)
def test_kind_says_which_operators_hold_8_bit_numbers(examples: Path, file: str, kind: str) -> None:
    model = load_model(examples / file)
    assert model.kind == kind
    assert model.ends_in_softmax
    assert not model.is_stateful


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^.*absent\.tflite: no such file$"):
        load_model(tmp_path / "absent.tflite")


def test_a_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"PK\x03\x04 a zip file", b"\x00" * 4096], ids=repr)
def test_what_is_no_model_is_named_so(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"^given: not a TensorFlow Lite model"):
        read_model(content, "given")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_model_cut_short_is_named_so(examples: Path, share: float) -> None:
    content = (examples / "keyword" / "keyword_float.tflite").read_bytes()
    with pytest.raises(ModelError, match=r"^given: (damaged or cut short|not a TensorFlow)[^\n]*$"):
        read_model(content[: int(len(content) * share)], "given")


def test_every_model_of_the_collection_has_the_recorded_work(collection: Path) -> None:
    for known in json.loads((collection / "models.json").read_text()):
        model = load_model(collection / known["file"])
        assert model.sha256 == known["sha256"], known["file"]
        assert model.multiply_accumulates == known["mac"], known["file"]


def test_a_name_that_is_no_text_is_refused_as_the_runtime_would_later() -> None:
    content = bytearray(tiny_model())
    place = content.index(b"features")
    content[place] = 0xEF
    with pytest.raises(ModelError, match="damaged model"):
        read_model(bytes(content))
