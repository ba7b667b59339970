"""Patches times the weights read from a model are what the engine computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.errors import ModelError
from approxlite.model.linear import load_linear_operators
from approxlite.runtime import Interpreter
from approxlite.tuner.calibration.patches import Places, patches
from approxlite.tuner.calibration.watching import input_tensors, watch
from support.model_builder import SAME, VALID, ModelBuilder

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


def largest_error(path: Path, x: np.ndarray) -> float:
    """Of all operators that could be read, over the largest output; at least one has to be."""
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    _, linear = load_linear_operators(path)
    tensors = input_tensors(interpreter, linear)
    assert tensors
    worst = 0.0
    places = [(name, side) for name in tensors for side in ("input", "output")]
    for number, taps in watch(interpreter, x, places):  # type: ignore[arg-type]
        for name, tensor in tensors.items():
            op = linear[name]
            seen = patches(op, tensor, taps[name, "input"], Places(op.grid, 10**6).of(number))
            found = seen.astype("f8") @ op.weights.T.astype("f8") + op.bias
            actual = taps[name, "output"].reshape(found.shape)
            wanted = found if op.linear else np.maximum(found, 0)
            worst = max(worst, float(np.abs(actual - wanted).max() / max(np.abs(wanted).max(), 1e-6)))
    return worst


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    channels=st.integers(1, 8),
    kernel=PAIRS,
    stride=PAIRS,
    dilation=PAIRS,
    same=st.booleans(),
    hybrid=st.booleans(),
    padded=st.booleans(),
)
def test_convolutions_of_any_window_are_patches_times_weights(
    tmp_path_factory: pytest.TempPathFactory,
    size: tuple[int, int],
    channels: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    same: bool,
    hybrid: bool,
    padded: bool,
) -> None:
    if stride != (1, 1):
        dilation = (1, 1)  # the runtime knows no convolution with both
    builder = ModelBuilder((1, size[0] + 6, size[1] + 6, channels), seed=5)
    x = builder.pad(builder.input, ((0, 0), (1, 2), (2, 0), (0, 0))) if padded else builder.input
    y = builder.conv_2d(x, 6, kernel, stride=stride, dilation=dilation, padding=SAME if same else VALID, hybrid=hybrid)
    path = tmp_path_factory.mktemp("model") / "m.tflite"
    path.write_bytes(builder.build(y))
    samples = np.random.default_rng(1).normal(size=(2, *builder.shapes[builder.input][1:])).astype("f4")
    assert largest_error(path, samples) <= 1e-5


def test_fully_connected_operators_read_rows(tmp_path: Path) -> None:
    builder = ModelBuilder((1, 5, 12), seed=2)
    (tmp_path / "m.tflite").write_bytes(builder.build(builder.fully_connected(builder.input, 7)))
    samples = np.random.default_rng(1).normal(size=(3, 5, 12)).astype("f4")
    assert largest_error(tmp_path / "m.tflite", samples) <= 1e-5


@pytest.mark.parametrize(
    ("name", "array", "error"), [("keyword_float", "x_float", 1e-5), ("keyword_int8", "x_int8", 0.02)]
)
def test_the_bundled_models_are_read_right(examples: Path, name: str, array: str, error: float) -> None:
    with np.load(examples / "keyword" / "tuning.npz") as arrays:
        x = arrays[array][:3]
    assert largest_error(examples / "keyword" / f"{name}.tflite", x) <= error


def test_a_tensor_that_is_not_the_input_is_refused_in_one_line(examples: Path) -> None:
    _, linear = load_linear_operators(examples / "keyword" / "keyword_float.tflite")
    op = linear["conv_2d_2"]
    (tensor,) = op.padding
    places = Places(op.grid, 4).of(0)
    for number, shape in ((tensor + 1, (1, 25, 5, 64)), (tensor, (1, 25, 5, 60)), (tensor, (25, 64))):
        with pytest.raises(ModelError, match="conv_2d_2") as refusal:
            patches(op, number, np.zeros(shape, "f4"), places)
        assert "\n" not in str(refusal.value)


@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(1, 64), st.integers(0, 1000))
def test_places_lie_in_the_grid_and_are_all_of_it_where_it_is_small(
    grid: tuple[int, int], count: int, sample: int
) -> None:
    places = Places(grid, count)
    rows, columns = places.of(sample)
    assert len(rows) == len(columns) == places.count <= count
    assert 0 <= rows.min() <= rows.max() < grid[0]
    assert 0 <= columns.min() <= columns.max() < grid[1]
    if count >= grid[0] * grid[1]:
        assert len({*zip(rows.tolist(), columns.tolist(), strict=True)}) == grid[0] * grid[1]


def test_over_samples_every_place_is_looked_at_about_equally_often() -> None:
    grid, samples = (32, 32), 512
    places = Places(grid, 16)
    seen = np.zeros(grid)
    for sample in range(samples):
        np.add.at(seen, places.of(sample), 1)
    assert seen.sum() == samples * 16
    assert seen.min() >= 4
    assert seen.max() <= 12
