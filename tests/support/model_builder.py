"""Writes small .tflite files operator by operator, for tests that need a shape no real model has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
NONE, RELU, RELU6 = (
    schema.ActivationFunctionType.NONE,
    schema.ActivationFunctionType.RELU,
    schema.ActivationFunctionType.RELU6,
)
_TYPES = {np.dtype("f4"): schema.TensorType.FLOAT32, np.dtype("i4"): schema.TensorType.INT32,
          np.dtype("i1"): schema.TensorType.INT8}  # fmt: skip


class ModelBuilder:
    """Each method adds an operator and returns the number of its output tensor. Weights come from `rng`."""

    def __init__(self, input_shape: Sequence[int], seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.operatorCodes = []
        self._model.buffers = [schema.BufferT()]
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self.shapes: list[tuple[int, ...]] = []
        self.input = self._tensor(input_shape)

    def conv_2d(
        self,
        x: int,
        channels: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        padding: int = SAME,
        activation: int = NONE,
        hybrid: bool = False,
        bias: bool = True,
    ) -> int:
        shape = self.shapes[x]
        weights = self.rng.normal(size=(channels, *kernel, shape[3])).astype("f4") / np.float32(
            np.sqrt(np.prod(kernel) * shape[3])
        )
        options = schema.Conv2DOptionsT()
        options.padding, options.fusedActivationFunction = padding, activation
        options.strideH, options.strideW = stride
        options.dilationHFactor, options.dilationWFactor = dilation
        out = (1, *_output(shape[1:3], kernel, stride, dilation, padding), channels)
        inputs = [x, self._hybrid(weights, 0) if hybrid else self._constant(weights)]
        inputs.append(self._constant(self.rng.normal(size=channels).astype("f4")) if bias else -1)
        return self._operator("CONV_2D", inputs, out, options, schema.BuiltinOptions.Conv2DOptions)

    def depthwise_conv_2d(
        self,
        x: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        padding: int = SAME,
        activation: int = NONE,
    ) -> int:
        shape = self.shapes[x]
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.fusedActivationFunction, options.depthMultiplier = padding, activation, 1
        options.strideH, options.strideW = stride
        options.dilationHFactor, options.dilationWFactor = dilation
        out = (1, *_output(shape[1:3], kernel, stride, dilation, padding), shape[3])
        weights = self.rng.normal(size=(1, *kernel, shape[3])).astype("f4")
        inputs = [x, self._constant(weights), self._constant(self.rng.normal(size=shape[3]).astype("f4"))]
        return self._operator("DEPTHWISE_CONV_2D", inputs, out, options, schema.BuiltinOptions.DepthwiseConv2DOptions)

    def fully_connected(self, x: int, channels: int, *, activation: int = NONE) -> int:
        shape = self.shapes[x]
        weights = self.rng.normal(size=(channels, shape[-1])).astype("f4") / np.float32(np.sqrt(shape[-1]))
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = activation
        inputs = [x, self._constant(weights), self._constant(self.rng.normal(size=channels).astype("f4"))]
        out = (int(np.prod(shape[:-1])), channels)
        return self._operator("FULLY_CONNECTED", inputs, out, options, schema.BuiltinOptions.FullyConnectedOptions)

    def add(self, a: int, b: int, *, activation: int = NONE) -> int:
        options = schema.AddOptionsT()
        options.fusedActivationFunction = activation
        return self._operator("ADD", [a, b], self.shapes[a], options, schema.BuiltinOptions.AddOptions)

    def mul_by_constant(self, x: int, shape: Sequence[int]) -> int:
        constant = self._constant(self.rng.normal(size=tuple(shape)).astype("f4"))
        return self._operator(
            "MUL", [x, constant], self.shapes[x], schema.MulOptionsT(), schema.BuiltinOptions.MulOptions
        )

    def pool(self, kind: str, x: int, kernel: tuple[int, int], *, stride: tuple[int, int] = (1, 1),
             padding: int = VALID) -> int:  # fmt: skip
        shape = self.shapes[x]
        options = schema.Pool2DOptionsT()
        options.padding, (options.filterHeight, options.filterWidth) = padding, kernel
        options.strideH, options.strideW = stride
        out = (1, *_output(shape[1:3], kernel, stride, (1, 1), padding), shape[3])
        return self._operator(kind, [x], out, options, schema.BuiltinOptions.Pool2DOptions)

    def mean(self, x: int) -> int:
        axes = self._constant(np.array([1, 2], dtype="i4"))
        shape = self.shapes[x]
        return self._operator(
            "MEAN", [x, axes], (1, shape[3]), schema.ReducerOptionsT(), schema.BuiltinOptions.ReducerOptions
        )

    def pad(self, x: int, paddings: Sequence[Sequence[int]]) -> int:
        out = tuple(n + sum(p) for n, p in zip(self.shapes[x], paddings, strict=True))
        inputs = [x, self._constant(np.array(paddings, dtype="i4"))]
        return self._operator("PAD", inputs, out, schema.PadOptionsT(), schema.BuiltinOptions.PadOptions)

    def strided_slice(self, x: int, begin: Sequence[int], strides: Sequence[int]) -> int:
        shape = self.shapes[x]
        out = tuple(-(-(n - b) // s) for n, b, s in zip(shape, begin, strides, strict=True))
        inputs = [x, *(self._constant(np.array(v, dtype="i4")) for v in (begin, shape, strides))]
        return self._operator(
            "STRIDED_SLICE", inputs, out, schema.StridedSliceOptionsT(), schema.BuiltinOptions.StridedSliceOptions
        )

    def reshape(self, x: int, shape: Sequence[int]) -> int:
        options = schema.ReshapeOptionsT()
        options.newShape = list(shape)
        inputs = [x, self._constant(np.array(shape, dtype="i4"))]
        return self._operator("RESHAPE", inputs, tuple(shape), options, schema.BuiltinOptions.ReshapeOptions)

    def softmax(self, x: int) -> int:
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        return self._operator("SOFTMAX", [x], self.shapes[x], options, schema.BuiltinOptions.SoftmaxOptions)

    def unsupported(self, x: int, kind: str = "SIN") -> int:
        """An operator that our engine leaves to the runtime."""
        return self._operator(kind, [x], self.shapes[x], None, schema.BuiltinOptions.NONE)

    def build(self, *outputs: int) -> bytes:
        self._graph.inputs, self._graph.outputs = [self.input], list(outputs)
        self._model.subgraphs = [self._graph]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _operator(self, kind: str, inputs: list[int], out: tuple[int, ...], options: Any, options_type: int) -> int:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        self._model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, [self._tensor(out)]
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        self._graph.operators.append(operator)
        return int(operator.outputs[0])

    def _tensor(self, shape: Sequence[int], dtype: Any = "f4", buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = list(shape), _TYPES[np.dtype(dtype)], buffer
        tensor.name = f"t{len(self._graph.tensors)}"
        self._graph.tensors.append(tensor)
        self.shapes.append(tuple(int(n) for n in shape))
        return len(self._graph.tensors) - 1

    def _constant(self, values: NDArray[Any]) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), dtype=np.uint8)
        self._model.buffers.append(buffer)
        return self._tensor(values.shape, values.dtype, len(self._model.buffers) - 1)

    def _hybrid(self, weights: NDArray[Any], channel_axis: int) -> int:
        others = tuple(axis for axis in range(weights.ndim) if axis != channel_axis)
        scales = np.abs(weights).max(axis=others, keepdims=True) / 127
        tensor = self._constant(np.rint(weights / scales).astype("i1"))
        quantisation = schema.QuantizationParametersT()
        quantisation.scale = scales.ravel().astype("f4")
        quantisation.zeroPoint = np.zeros(scales.size, dtype="i8")
        quantisation.quantizedDimension = channel_axis
        self._graph.tensors[tensor].quantization = quantisation
        return tensor


def _output(size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int],
            padding: int) -> tuple[int, ...]:  # fmt: skip
    if padding == SAME:
        return tuple(-(-n // s) for n, s in zip(size, stride, strict=True))
    covered = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    return tuple((n - c) // s + 1 for n, c, s in zip(size, covered, stride, strict=True))
