"""Constants that a model packs are unpacked once, when weights are packed; whoever else reads them finds them too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from approxlite.runtime import Interpreter
from support.one_operator import reference
from support.packed_constants import PackedBuilder

RNG = np.random.default_rng(5)
INPUTS, OUTPUTS = 24, 16
X = RNG.normal(size=(2, INPUTS)).astype("f4")
WEIGHTS = RNG.normal(size=(OUTPUTS, INPUTS)).astype("f4") * (RNG.random((OUTPUTS, INPUTS)) < 0.3)
BIAS = RNG.normal(size=OUTPUTS).astype("f4")
INT8 = schema.TensorType.INT8


def outputs(interpreter: Any, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
    for detail, values in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def ours(model: bytes) -> Interpreter:
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    return interpreter


def left(interpreter: Interpreter) -> set[str]:
    """Ids of the operators that the runtime runs."""
    return {ran.id for ran in interpreter.what_ran() if ran.ran_by != "approxlite"}


def in_steps(values: NDArray[Any], scale: Any) -> NDArray[Any]:
    return np.rint(values / scale).clip(-127, 127).astype("i1")


def half(builder: PackedBuilder) -> int:
    return builder.dequantize(builder.constant(WEIGHTS.astype("f2")))


def one_scale(builder: PackedBuilder) -> int:
    return builder.dequantize(builder.on_grid(builder.constant(in_steps(WEIGHTS, 0.03)), 0.03))


def off_centre(builder: PackedBuilder) -> int:
    """Zero lies off the middle of the grid."""
    return builder.dequantize(builder.on_grid(builder.constant(in_steps(WEIGHTS, 0.03)), 0.03, 21))


def scale_per_output(builder: PackedBuilder) -> int:
    scales = np.abs(WEIGHTS).max(axis=1) / 127
    packed = builder.constant(in_steps(WEIGHTS, scales[:, np.newaxis]))
    return builder.dequantize(builder.on_grid(packed, scales))


def scale_per_input(builder: PackedBuilder) -> int:
    scales = np.abs(WEIGHTS).max(axis=0) / 127
    return builder.dequantize(builder.on_grid(builder.constant(in_steps(WEIGHTS, scales)), scales, axis=1))


def sparse(builder: PackedBuilder) -> int:
    return builder.densify(builder.sparse(WEIGHTS))


def sparse_half(builder: PackedBuilder) -> int:
    return builder.dequantize(builder.densify(builder.sparse(WEIGHTS.astype("f2"))))


def sparse_int8(builder: PackedBuilder) -> int:
    return builder.dequantize(builder.densify(builder.on_grid(builder.sparse(in_steps(WEIGHTS, 0.03)), 0.03)))


@pytest.mark.parametrize(
    "pack", [half, one_scale, off_centre, scale_per_output, scale_per_input, sparse, sparse_half, sparse_int8]
)
def test_packed_weights_give_what_the_reference_kernels_make_of_them(pack: Any) -> None:
    builder = PackedBuilder(X.shape)
    model = builder.build(builder.fully_connected_with(builder.input, pack(builder), builder.constant(BIAS)))
    interpreter = ours(model)
    (expected,), (actual,) = outputs(reference(model), X), outputs(interpreter, X)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)
    assert left(interpreter) == set()


@pytest.mark.parametrize("pack", [half, one_scale, sparse, sparse_int8])
def test_an_unpacked_constant_is_an_output_of_the_model_as_well(pack: Any) -> None:
    builder = PackedBuilder(X.shape)
    weights = pack(builder)
    y = builder.fully_connected_with(builder.input, weights)
    model = builder.build(builder.softmax(y), weights)
    expected, actual = outputs(reference(model), X), outputs(ours(model), X)
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(actual[1], expected[1])


@pytest.mark.parametrize("pack", [half, one_scale, sparse, sparse_int8])
def test_an_unpacked_constant_is_read_by_operators_of_the_runtime_as_well(pack: Any) -> None:
    builder = PackedBuilder(X.shape)
    weights = pack(builder)
    y = builder.fully_connected_with(builder.input, weights)
    model = builder.build(y, builder.unsupported(weights))
    interpreter = ours(model)
    expected, actual = outputs(reference(model), X), outputs(interpreter, X)
    assert not [name for name in left(interpreter) if name.startswith("fully")]
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(actual[1], expected[1], rtol=1e-6, atol=1e-6)


def test_an_8bit_operator_keeps_its_densified_bias_for_as_long_as_it_runs() -> None:
    builder = PackedBuilder((1, 64))
    outputs_ = 4096  # large enough that freed memory would be used again
    bias = (np.arange(outputs_) % 100).astype("i4")
    builder.on_grid(builder.input, 0.1, dtype=INT8)
    weights = builder.on_grid(builder.constant(np.ones((outputs_, 64), dtype="i1")), 0.1)
    packed = builder.on_grid(builder.thousands_of_blocks(builder.constant(bias), 1), 0.01)
    y = builder.fully_connected_with(builder.input, weights, builder.densify(packed))
    model = builder.build(builder.on_grid(y, 0.01, dtype=INT8))
    (actual,) = outputs(ours(model), np.zeros((1, 64), dtype="i1"))
    np.testing.assert_array_equal(actual[0], bias)


def test_a_sparse_constant_of_very_many_levels_is_left_to_the_runtime() -> None:
    builder = PackedBuilder((1, 4))
    constant = builder.thousands_of_blocks(builder.constant(np.ones(4, dtype="f4")), 200_000)
    model = builder.build(builder.add(builder.input, builder.densify(constant)))
    assert left(ours(model)) == {"densify_0"}


@pytest.mark.parametrize("begin_mask", [0, 1, 2, 3])
@pytest.mark.parametrize("at", [0, 2, -1])
def test_a_column_is_where_the_reference_kernels_find_it(begin_mask: int, at: int) -> None:
    builder = PackedBuilder((2, 4))
    x = np.arange(8, dtype="f4").reshape(2, 4)
    model = builder.build(builder.column(builder.input, at, begin_mask=begin_mask))
    np.testing.assert_array_equal(outputs(Interpreter(model), x)[0], outputs(reference(model), x)[0])
