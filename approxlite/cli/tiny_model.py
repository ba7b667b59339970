"""A model of three operators, made on the spot, to see whether ApproxLite computes here what stock LiteRT does."""

from __future__ import annotations

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

INPUT = (1, 8, 8, 3)
CHANNELS = 8
CLASSES = 4


def tiny_model(seed: int = 0) -> bytes:
    """conv_2d (3x3, relu), fully_connected and softmax in float, random weights from `seed`; a .tflite file's bytes."""
    random = np.random.default_rng(seed)
    model = schema.ModelT()
    model.version = 3
    model.buffers = [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors = []
    model.subgraphs = [graph]

    def tensor(name: str, shape: tuple[int, ...], values: NDArray[np.float32] | None = None) -> int:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, list(shape), schema.TensorType.FLOAT32, 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
            made.buffer = len(model.buffers)
            model.buffers.append(buffer)
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    def weights(name: str, *shape: int) -> int:
        return tensor(name, shape, random.standard_normal(shape, np.float32) / np.float32(4))

    pixels = INPUT[1] * INPUT[2]
    image, features = tensor("image", INPUT), tensor("features", (*INPUT[:3], CHANNELS))
    scores, answer = tensor("scores", (1, CLASSES)), tensor("answer", (1, CLASSES))
    convolution = [image, weights("filter", CHANNELS, 3, 3, INPUT[3]), weights("filter_bias", CHANNELS)]
    connected = [features, weights("matrix", CLASSES, pixels * CHANNELS), weights("matrix_bias", CLASSES)]
    options = schema.Conv2DOptionsT()
    options.strideW = options.strideH = options.dilationWFactor = options.dilationHFactor = 1
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    steps = (
        ("CONV_2D", convolution, features, "Conv2DOptions", options),
        ("FULLY_CONNECTED", connected, scores, "FullyConnectedOptions", schema.FullyConnectedOptionsT()),
        ("SOFTMAX", [scores], answer, "SoftmaxOptions", softmax),
    )
    model.operatorCodes, graph.operators = [], []
    for number, (name, inputs, output, kind, chosen) in enumerate(steps):
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
        code.version = 1
        model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = number, inputs, [output]
        operator.builtinOptionsType, operator.builtinOptions = getattr(schema.BuiltinOptions, kind), chosen
        graph.operators.append(operator)
    graph.inputs, graph.outputs = [image], [answer]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
