"""Valid models with something wrong in them: what a broken converter or a hostile file might hold."""

from __future__ import annotations

import random
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from support.model_builder import RELU6, SAME, VALID, ModelBuilder

_NUMBERS = (0, 1, -1, 2, 3, 7, 64, 255, 1 << 20, 1 << 28, (1 << 31) - 1, -(1 << 31))
_CODES = (0, 1, 2, 3, 4, 5, 127)


def mutant(seed: int) -> bytes:
    """A random graph of what the engine knows, with one to three random faults."""
    chosen = random.Random(seed)
    return damaged(_graph(chosen), chosen)


def damaged(content: bytes, chosen: random.Random) -> bytes:
    """The model with one to three random faults."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for _ in range(chosen.choice((1, 1, 2, 3))):
        chosen.choice(_FAULTS)(model, model.subgraphs[0], chosen)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _graph(chosen: random.Random) -> bytes:
    height, width, channels = chosen.choice(((8, 8, 3), (5, 12, 9), (16, 7, 1), (1, 1, 16), (6, 6, 4)))
    builder = ModelBuilder((1, height, width, channels), seed=chosen.randrange(1 << 16))
    x, also = builder.input, []
    for _ in range(chosen.randint(1, 5)):
        x = _operator(chosen, builder, x)
        if chosen.random() < 0.2:
            also.append(x)
    if chosen.random() < 0.6:
        x = builder.softmax(builder.fully_connected(builder.mean(x), 5))
    return builder.build(x, *also)


def _operator(chosen: random.Random, builder: ModelBuilder, x: int) -> int:
    height, width, channels = builder.shapes[x][1:]
    kernel = chosen.randint(1, min(5, height)), chosen.randint(1, min(5, width))
    stride = chosen.randint(1, 3), chosen.randint(1, 3)
    padding = chosen.choice((SAME, VALID))
    edges = [(0, 0), (chosen.randint(0, 9), 1), (1, chosen.randint(0, 9)), (0, 0)]
    kind = chosen.randrange(9)
    if kind == 0:
        return builder.conv_2d(x, 17, kernel, stride=stride, padding=padding, activation=RELU6)
    if kind == 1:
        return builder.conv_2d(x, 8, kernel, stride=stride, padding=padding, hybrid=chosen.random() < 0.5, bias=False)
    if kind == 2:
        return builder.depthwise_conv_2d(x, kernel, stride=(stride[0], stride[0]), padding=padding)
    if kind == 3:
        return builder.add(x, builder.conv_2d(x, channels, kernel))
    if kind == 4:
        pool = chosen.choice(("AVERAGE_POOL_2D", "MAX_POOL_2D"))
        return builder.pool(pool, x, kernel, stride=stride, padding=padding)
    if kind == 5:
        return builder.conv_2d(builder.pad(x, edges), 5, kernel, stride=stride, padding=padding)
    if kind == 6:
        begin = (0, chosen.randint(0, height - 1), chosen.randint(0, width - 1), 0)
        return builder.strided_slice(x, begin, (1, 2, 1, 1))
    if kind == 7:
        return builder.unsupported(builder.mul_by_constant(x, chosen.choice(((channels,), (1,)))))
    return builder.reshape(x, (1, width, height, channels))


def _wrong_option(_: Any, graph: Any, chosen: random.Random) -> None:
    options = chosen.choice(graph.operators).builtinOptions
    numbers = [name for name, value in vars(options or object).items() if type(value) is int]
    if numbers:
        name = chosen.choice(numbers)
        size = name.startswith(("stride", "dilation", "filter", "depth"))
        setattr(options, name, chosen.choice(_NUMBERS if size else _CODES))


def _wrong_dimension(_: Any, graph: Any, chosen: random.Random) -> None:
    tensor = chosen.choice(graph.tensors)
    shape = [int(n) for n in tensor.shape]
    if shape:
        at = chosen.randrange(len(shape))
        shape[at] = chosen.choice((*_NUMBERS, shape[at] ^ 1, shape[at] // 2))
        tensor.shape = shape


def _wrong_rank(_: Any, graph: Any, chosen: random.Random) -> None:
    chosen.choice(graph.tensors).shape = [chosen.choice((0, 1, 1, 2, 8)) for _ in range(chosen.randrange(10))]


def _wrong_input(_: Any, graph: Any, chosen: random.Random) -> None:
    operator = chosen.choice(graph.operators)
    inputs = [int(tensor) for tensor in operator.inputs]
    if chosen.random() < 0.2:
        operator.inputs = inputs[:-1]
    elif inputs:
        inputs[chosen.randrange(len(inputs))] = chosen.choice((-1, *range(len(graph.tensors) + 1)))
        operator.inputs = inputs


def _wrong_output(_: Any, graph: Any, chosen: random.Random) -> None:
    operator = chosen.choice(graph.operators)
    operator.outputs = [chosen.choice((*range(len(graph.tensors)), *(int(tensor) for tensor in operator.inputs[:1])))]


def _wrong_type(_: Any, graph: Any, chosen: random.Random) -> None:
    chosen.choice(graph.tensors).type = chosen.choice((0, 1, 2, 3, 4, 6, 9))


def _wrong_quantisation(_: Any, graph: Any, chosen: random.Random) -> None:
    wrong = schema.QuantizationParametersT()
    wrong.scale = np.array([chosen.choice((0.1, 0, -1, np.nan, 1e38)) for _ in range(chosen.randrange(10))], "f4")
    wrong.zeroPoint = np.zeros(chosen.choice((len(wrong.scale), 1)), dtype="i8")
    wrong.quantizedDimension = chosen.choice((0, 3, -1, 100))
    chosen.choice(graph.tensors).quantization = wrong


def _wrong_buffer(model: Any, graph: Any, chosen: random.Random) -> None:
    chosen.choice(graph.tensors).buffer = chosen.randrange(len(model.buffers) + 1)


def _short_buffer(model: Any, _: Any, chosen: random.Random) -> None:
    buffer = chosen.choice(model.buffers)
    if buffer.data is not None:
        buffer.data = buffer.data[: chosen.randrange(len(buffer.data) + 1)]


def _wrong_order(_: Any, graph: Any, chosen: random.Random) -> None:
    chosen.shuffle(graph.operators)


def _operator_twice(_: Any, graph: Any, chosen: random.Random) -> None:
    graph.operators.insert(chosen.randrange(len(graph.operators) + 1), chosen.choice(graph.operators))


def _wrong_ends(_: Any, graph: Any, chosen: random.Random) -> None:
    graph.outputs = [*graph.outputs, *graph.inputs, chosen.randrange(len(graph.tensors))]
    graph.inputs = [*graph.inputs, chosen.randrange(len(graph.tensors))]


_FAULTS = (
    *(_wrong_option, _wrong_option, _wrong_dimension, _wrong_dimension, _wrong_rank, _wrong_input, _wrong_input),
    *(_wrong_output, _wrong_type, _wrong_quantisation, _wrong_buffer, _short_buffer, _wrong_order, _operator_twice),
    _wrong_ends,
)
