"""A curve and its weights come back as they were saved, and only together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy
import pytest

from approxlite.formats.curve import load_curve, pack_scales, rung_of, save_curve, unpack_scales
from approxlite.formats.errors import ApproxError, FormatError
from approxlite.formats.scale import Scale
from approxlite.formats.weights import pack_weights, unpack_weights

CONTRACT = Path(__file__).parent.parent / "contract"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("curve.json", "weights.bin"):
        shutil.copy(CONTRACT / name, tmp_path)
    return tmp_path


def test_saving_what_was_loaded_gives_the_same_bytes(folder: Path) -> None:
    curve, weights = load_curve(folder / "curve.json")
    save_curve(folder / "again" / "curve.json", curve, weights)
    for name in ("curve.json", "weights.bin"):
        assert (folder / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_scales_keep_their_bits() -> None:
    scale = Scale(scale=0.1, zero_point=255)
    assert unpack_scales(unpack_weights(pack_weights(pack_scales({"conv_2d_7": scale})), "here")) == {
        "conv_2d_7": scale
    }
    assert numpy.float32(scale.scale) == numpy.float32(0.1)
    assert scale.scale == float(numpy.float32(0.1))


def test_a_rung_takes_the_scales_of_its_int8_operators_only(folder: Path) -> None:
    curve, weights = load_curve(folder / "curve.json")
    scales = unpack_scales(weights)
    assert rung_of(curve.points[0], scales).scales == {}
    assert rung_of(curve.points[1], scales).scales == scales


def test_weights_of_another_curve_are_refused(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(pack_weights({"other": numpy.zeros(3, numpy.float32)}))
    with pytest.raises(FormatError, match=r"weights\.bin: not the weights that .*curve\.json was saved with"):
        load_curve(folder / "curve.json")
    (folder / "weights.bin").unlink()
    with pytest.raises(FormatError, match=r"weights\.bin: no such file"):
        load_curve(folder / "curve.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version"),
        ({"points": []}, "points"),
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
        ({"numerics_version": "1"}, "numerics_version"),
        ({"created": "2026-01-02T03:04:05"}, "created"),
    ],
)
def test_a_curve_that_is_not_ours_is_refused_in_one_line(folder: Path, change: dict[str, object], message: str) -> None:
    path = folder / "curve.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(FormatError, match=message) as refusal:
        load_curve(path)
    assert "\n" not in str(refusal.value)


def test_a_curve_with_an_unknown_knob_is_refused(folder: Path) -> None:
    path = folder / "curve.json"
    path.write_text(path.read_text().replace("conv_2d_0=int8", "conv_2d_0=int4"))
    with pytest.raises(ApproxError, match="int4"):
        load_curve(path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x40" + b"\0" * 7 + b"{" * 64])
def test_damaged_weights_are_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(FormatError, match="damaged weights"):
        unpack_weights(content, "weights.bin")


@pytest.mark.parametrize(
    "arrays",
    [
        {"conv_2d_0.input_scale": numpy.array([0.5], numpy.float32)},
        {
            "conv_2d_0.input_scale": numpy.array([0.0], numpy.float32),
            "conv_2d_0.input_zero_point": numpy.array([1], numpy.int32),
        },
        {
            "conv_2d_0.input_scale": numpy.array([0.5, 1], numpy.float32),
            "conv_2d_0.input_zero_point": numpy.array([1], numpy.int32),
        },
    ],
)
def test_scales_that_cannot_be_are_refused(arrays: dict[str, numpy.ndarray]) -> None:
    with pytest.raises(FormatError, match="conv_2d_0"):
        unpack_scales(arrays)
