"""The operators of a model that multiply a matrix of constants with windows of their input: convolutions and fully
connected ones, with their matrices in real numbers."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Any

import numpy
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from approxlite.formats.document import read_bytes
from approxlite.formats.errors import ModelError, one_line
from approxlite.model.model import Model, Operator
from approxlite.model.reader import MAX_MODEL_BYTES, read_model

Pair = tuple[int, int]
"""Down, across."""

_TYPES = {
    schema.TensorType.FLOAT32: "<f4",
    schema.TensorType.FLOAT16: "<f2",
    schema.TensorType.INT8: "i1",
    schema.TensorType.UINT8: "u1",
    schema.TensorType.INT32: "<i4",
}
_PADS = ("pad", "padv2")


@dataclass(frozen=True, eq=False)
class LinearOperator:
    """output = clamp(weights @ window + bias) at every place of the output.

    weights: float32 (outputs, K), K running over the taps of the window, row by row, and in each over channels.
    bias: float32 (outputs,). grid: rows and columns of the output; (1, batch) of a fully connected operator.
    padding: zeros above and left of each tensor that the input may be read from, by number: the operator's own and,
    where a PAD with zeros writes that, the one that the PAD reads.
    linear: whether its output is not clamped. flat: whether it reads rows of K numbers, whatever the input's shape.
    """

    id: str
    weights: NDArray[numpy.float32]
    bias: NDArray[numpy.float32]
    taps: Pair
    stride: Pair
    dilation: Pair
    grid: Pair
    padding: dict[int, Pair]
    linear: bool
    flat: bool

    @property
    def channels(self) -> int:
        """Of each tap."""
        return int(self.weights.shape[1]) // (self.taps[0] * self.taps[1])


def load_linear_operators(path: str | os.PathLike[str]) -> tuple[Model, dict[str, LinearOperator]]:
    """The model at `path` and those of its operators that could be read, by id in model order.

    What is of another form, such as sparse or shuffled weights, is left out. Raises ModelError, one line, whatever the
    bytes are.
    """
    where = os.fspath(path)
    content = read_bytes(path, ModelError, MAX_MODEL_BYTES)
    model = read_model(content, where)
    try:
        root = schema.Model.GetRootAs(content, 0)
        graph = _Graph(root, root.Subgraphs(0), model)
        found = {op.id: one for op in model.operators if (one := graph.linear(op)) is not None}
    except (IndexError, ValueError, TypeError, AttributeError, OverflowError, struct.error) as problem:
        raise ModelError(f"{where}: damaged model ({one_line(problem, 100)}); copy or export it again") from None
    return model, found


class _Graph:
    """Constants and options of the main graph. Raises ValueError for what cannot be."""

    def __init__(self, root: Any, graph: Any, model: Model) -> None:
        self._root, self._graph, self._model = root, graph, model
        self._writers = {tensor: op for op in model.operators for tensor in op.outputs}

    def linear(self, op: Operator) -> LinearOperator | None:
        if op.type not in ("conv_2d", "depthwise_conv_2d", "fully_connected") or len(op.inputs) < 2 or not op.outputs:
            return None
        weights = self._real(op.inputs[1])
        if weights is None or op.inputs[0] < 0 or 0 in weights.shape:
            return None
        options = schema.OperatorT.InitFromObj(self._graph.Operators(op.index)).builtinOptions
        source, target = (self._model.tensors[number].shape for number in (op.inputs[0], op.outputs[0]))
        if op.type == "depthwise_conv_2d" and weights.ndim == 4 and source[-1:] == (1,):
            weights = weights.transpose(3, 1, 2, 0)  # with one input channel it is a convolution
        elif op.type == "depthwise_conv_2d":
            return None
        if op.type == "fully_connected":
            taps = stride = dilation = (1, 1)
            if weights.ndim != 2 or options.weightsFormat != 0:
                return None
            batch = int(numpy.prod(source, dtype=numpy.int64)) // weights.shape[1]
            grid, padding = (1, batch), {op.inputs[0]: (0, 0)}
        else:
            if weights.ndim != 4 or len(source) != 4 or len(target) != 4 or weights.shape[3] != source[3]:
                return None
            taps = (int(weights.shape[1]), int(weights.shape[2]))
            stride = (int(options.strideH), int(options.strideW))
            dilation = (int(options.dilationHFactor), int(options.dilationWFactor))
            if min(*stride, *dilation) < 1:
                raise ValueError(f"{op.id} has stride {stride}, dilation {dilation}")
            grid = (target[1], target[2])
            same = options.padding == schema.Padding.SAME
            padding = self._padding(op, source, grid, taps, stride, dilation, same)
        bias = self._bias(op, weights)
        if bias is None:
            return None
        return LinearOperator(
            id=op.id,
            weights=numpy.ascontiguousarray(weights.reshape(len(weights), -1)),
            bias=bias,
            taps=taps,
            stride=stride,
            dilation=dilation,
            grid=grid,
            padding=padding,
            linear=options.fusedActivationFunction == schema.ActivationFunctionType.NONE,
            flat=op.type == "fully_connected",
        )

    def _padding(
        self, op: Operator, source: tuple[int, ...], grid: Pair, taps: Pair, stride: Pair, dilation: Pair, same: bool
    ) -> dict[int, Pair]:
        before = [0, 0]
        for axis in (0, 1) if same else ():
            covered = (grid[axis] - 1) * stride[axis] + (taps[axis] - 1) * dilation[axis] + 1
            before[axis] = max(0, covered - source[1 + axis]) // 2
        padding = {op.inputs[0]: (before[0], before[1])}
        pad = self._writers.get(op.inputs[0])
        if pad is not None and pad.type in _PADS and len(pad.inputs) > 1 and pad.inputs[0] >= 0:
            amounts = self._constant(pad.inputs[1])
            if amounts is not None and amounts.shape == (4, 2):
                padding[pad.inputs[0]] = (before[0] + int(amounts[1, 0]), before[1] + int(amounts[2, 0]))
        return padding

    def _bias(self, op: Operator, weights: NDArray[numpy.float32]) -> NDArray[numpy.float32] | None:
        """Zeros if there is none; None if it cannot be read."""
        if len(op.inputs) < 3 or op.inputs[2] < 0:
            return numpy.zeros(len(weights), numpy.float32)
        bias = self._real(op.inputs[2])
        return None if bias is None or bias.size != len(weights) else bias.reshape(-1)

    def _real(self, tensor: int) -> NDArray[numpy.float32] | None:
        """A constant in real numbers, also behind a DEQUANTIZE; None if it is not one."""
        values = self._constant(tensor)
        if values is None:
            writer = self._writers.get(tensor)
            return self._real(writer.inputs[0]) if writer is not None and writer.type == "dequantize" else None
        if values.dtype.kind == "f":
            return values.astype(numpy.float32)
        quantisation = self._graph.Tensors(tensor).Quantization()
        scales = None if quantisation is None else quantisation.ScaleAsNumpy()
        if not isinstance(scales, numpy.ndarray) or scales.size == 0:
            return None
        zeros = quantisation.ZeroPointAsNumpy()
        zeros = zeros if isinstance(zeros, numpy.ndarray) and zeros.size else numpy.zeros(scales.size)
        shape = [1] * values.ndim
        if scales.size > 1:
            shape[quantisation.QuantizedDimension()] = -1
        real = (values.astype(numpy.float64) - zeros.reshape(shape)) * scales.astype(numpy.float64).reshape(shape)
        return real.astype(numpy.float32)

    def _constant(self, tensor: int) -> NDArray[Any] | None:
        described = self._graph.Tensors(tensor)
        data = self._root.Buffers(described.Buffer()).DataAsNumpy()
        shape = self._model.tensors[tensor].shape
        if not isinstance(data, numpy.ndarray) or described.Type() not in _TYPES or described.Sparsity() is not None:
            return None
        return data.view(_TYPES[described.Type()]).reshape(shape)
