"""A data set arrives in the form the model takes, or one line says why it does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy
import pytest

from approxlite.formats.data import load_data
from approxlite.formats.errors import DataError

SHAPE = (1, 4, 3)


def saved(folder: Path, **arrays: Any) -> Path:
    path = folder / "set.npz"
    numpy.savez(path, **arrays)
    return path


def samples(dtype: str = "float32", count: int = 5) -> Any:
    return numpy.arange(count * 12).reshape(count, 4, 3).astype(dtype)


def test_x_and_y_are_loaded(tmp_path: Path) -> None:
    data = load_data(saved(tmp_path, x=samples(), y=numpy.arange(5, dtype=numpy.uint8)), SHAPE, "float32")
    assert data.x.shape == (5, 4, 3)
    assert data.y is not None
    assert data.y.tolist() == [0, 1, 2, 3, 4]
    assert data.y.dtype == numpy.int64
    assert (len(data), data.name) == (5, "set.npz")


@pytest.mark.parametrize("dtype", ["float16", "float64", "uint8", "int16"])
def test_a_float_model_takes_any_numbers(tmp_path: Path, dtype: str) -> None:
    data = load_data(saved(tmp_path, x=samples(dtype)), SHAPE, "float32")
    assert data.x.dtype == numpy.float32
    assert data.y is None
    assert numpy.array_equal(data.x, samples())


def test_the_bundled_set_serves_the_float_and_the_int8_model(examples: Path) -> None:
    path = examples / "keyword" / "tuning.npz"
    assert load_data(path, (1, 49, 10, 1), "float32").x.dtype == numpy.float32
    assert load_data(path, (1, 49, 10, 1), "int8").x.dtype == numpy.int8


def test_axes_of_size_one_may_differ(tmp_path: Path) -> None:
    assert load_data(saved(tmp_path, x=samples()), (1, 4, 1, 3), "float32").x.shape == (5, 4, 1, 3)
    assert load_data(saved(tmp_path, x=samples()[..., None]), SHAPE, "float32").x.shape == (5, 4, 3)


def test_scale_mean_and_std_apply_in_this_order_along_the_last_axis(tmp_path: Path) -> None:
    path = saved(tmp_path, x=samples("uint8"))
    data = load_data(path, SHAPE, "float32", scale=1 / 255, mean=[0.1, 0.2, 0.3], std=[1, 2, 4])
    expected = (samples("float64") / 255 - [0.1, 0.2, 0.3]) / [1, 2, 4]
    assert numpy.allclose(data.x, expected, atol=1e-6)


def test_the_digest_is_of_the_samples_not_of_the_file(tmp_path: Path) -> None:
    first = load_data(saved(tmp_path, x=samples()), SHAPE, "float32").sha256
    assert load_data(saved(tmp_path, x=samples("uint8"), extra=1), SHAPE, "float32").sha256 == first
    assert load_data(saved(tmp_path, x=samples() + 1), SHAPE, "float32").sha256 != first
    assert load_data(saved(tmp_path, x=samples(), y=numpy.arange(5)), SHAPE, "float32").sha256 != first


def test_a_function_may_yield_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "batches_of_a_test.py").write_text(
        "import numpy\n"
        "def pairs():\n"
        "    for n in (2, 3):\n"
        "        yield numpy.ones((n, 4, 3)), numpy.zeros(n, int)\n"
        "def whole():\n"
        "    return numpy.ones((7, 4, 3))\n"
        "def broken():\n"
        "    raise OSError('disk on fire')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    pairs = load_data("batches_of_a_test:pairs", SHAPE, "float32")
    assert pairs.x.shape == (5, 4, 3)
    assert pairs.y is not None
    assert load_data("batches_of_a_test:whole", SHAPE, "float32").x.shape == (7, 4, 3)
    with pytest.raises(DataError, match="OSError: disk on fire"):
        load_data("batches_of_a_test:broken", SHAPE, "float32")
    with pytest.raises(DataError, match="absent"):
        load_data("batches_of_a_test:absent", SHAPE, "float32")


with_nan = samples()
with_nan[3, 0, 0] = numpy.nan
BAD_ARRAYS: dict[str, tuple[dict[str, Any], str]] = {
    "no x": ({"z": samples()}, "no array 'x' or 'x_float', only z"),
    "empty": ({"x": samples(count=0)}, "holds no samples"),
    "NaN": ({"x": with_nan}, "sample 3 holds NaN or infinity"),
    "infinity": ({"x": numpy.full((5, 4, 3), numpy.inf)}, "NaN or infinity"),
    "wrong shape": ({"x": numpy.ones((5, 3, 4))}, r"one sample of x has shape \(3, 4\), but the model takes \(4, 3\)"),
    "one sample": ({"x": numpy.ones((4, 3))}, "one sample of x has shape"),
    "text": ({"x": numpy.full((5, 4, 3), "a")}, "but the model takes numbers"),
    "objects": ({"x": numpy.full((5, 4, 3), None)}, "not a readable .npz file"),
    "float labels": ({"x": samples(), "y": numpy.ones(5)}, "y is float64, but class numbers are integers"),
    "too few labels": ({"x": samples(), "y": numpy.ones(4, int)}, r"y has shape \(4,\), but x holds 5 samples"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_data_that_does_not_fit_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    arrays, message = BAD_ARRAYS[case]
    with pytest.raises(DataError, match=message) as refusal:
        load_data(saved(tmp_path, **arrays), SHAPE, "float32")
    assert "\n" not in str(refusal.value)


def test_a_quantised_model_takes_its_own_type_only(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="x is float32, but the model takes int8"):
        load_data(saved(tmp_path, x=samples()), SHAPE, "int8")
    with pytest.raises(DataError, match="mean, std and scale are for float models"):
        load_data(saved(tmp_path, x=samples("int8")), SHAPE, "int8", mean=1)


@pytest.mark.parametrize("options", [{"mean": [1, 2]}, {"std": [0, 1, 1]}, {"std": numpy.ones((9, 1, 1, 3))}])
def test_mean_and_std_have_to_fit(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"does not fit the last axis|std has to be above 0"):
        load_data(saved(tmp_path, x=samples()), SHAPE, "float32", **options)


@pytest.mark.parametrize("options", [{"scale": float("inf")}, {"scale": 1e38}, {"mean": float("nan")}])
def test_numbers_that_overflow_are_one_line_without_a_warning(
    tmp_path: Path, options: dict[str, Any], recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.raises(DataError, match="holds NaN or infinity"):
        load_data(saved(tmp_path, x=samples("float64") * 1e30), SHAPE, "float32", **options)
    assert not recwarn.list


@pytest.mark.parametrize("labels", [[-1, 0, 1, 2, 3], [0, 1, 2, 3, 2**63]])
def test_labels_that_are_no_class_numbers_are_refused(tmp_path: Path, labels: list[int]) -> None:
    y = numpy.array(labels, numpy.uint64 if max(labels) > 9 else numpy.int8)
    with pytest.raises(DataError, match="class numbers count from 0"):
        load_data(saved(tmp_path, x=samples(), y=y), SHAPE, "float32")


def test_nobody_is_told_to_trust_a_pickle(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Python objects") as refusal:
        load_data(saved(tmp_path, x=numpy.array([{}] * 5)), SHAPE, "float32")
    assert "unsafely" not in str(refusal.value)


def test_what_is_no_npz_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    for content in (b"", b"hello", b"PK\x03\x04" + b"\0" * 100):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"not a readable \.npz file"):
            load_data(path, SHAPE, "float32")
    saved(tmp_path, x=samples())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"not a readable \.npz file"):
        load_data(path, SHAPE, "float32")
    with pytest.raises(DataError, match="no such file"):
        load_data(tmp_path / "absent.npz", SHAPE, "float32")
    with pytest.raises(DataError, match="not a readable"):
        load_data(tmp_path, SHAPE, "float32")
    numpy.save(tmp_path / "single.npy", samples())
    with pytest.raises(DataError, match="is a single array"):
        load_data(tmp_path / "single.npy", SHAPE, "float32")


def test_an_array_of_the_file_names_the_groups_of_samples(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "d.npz", x=numpy.ones((4, 2), "f4"), subject=numpy.array([9, 2, 9, 5]), short=numpy.ones(3))
    data = load_data(tmp_path / "d.npz", (1, 2), "float32", by="subject")
    assert data.groups is not None
    assert (data.groups.tolist(), data.by) == ([2, 0, 2, 1], "subject")
    part = data.part(numpy.array([1, 3]))
    assert part.groups is not None
    assert part.groups.tolist() == [0, 1]
    with pytest.raises(DataError, match="no array 'person'"):
        load_data(tmp_path / "d.npz", (1, 2), "float32", by="person")
    with pytest.raises(DataError, match="short has shape"):
        load_data(tmp_path / "d.npz", (1, 2), "float32", by="short")
