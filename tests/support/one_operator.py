"""Cuts a model into models of one operator each, so that operators can be compared on equal inputs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter as LiteRt
from ai_edge_litert.interpreter import OpResolverType
from numpy.typing import NDArray


@dataclass(frozen=True)
class Cut:
    """One operator of a model as a model of its own. `inputs`, `outputs`: tensors of the whole model, in order."""

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    model: bytes


def cuts(model: bytes) -> Iterator[Cut]:
    """Every operator of the main graph that has inputs which are no constants, and no state."""
    whole = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = whole.subgraphs[0]
    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    for index, operator in enumerate(graph.operators):
        code = whole.operatorCodes[operator.opcodeIndex]
        tensors = [int(t) for t in operator.inputs], [int(t) for t in operator.outputs]
        if any(t >= 0 and graph.tensors[t].isVariable for t in tensors[0]):
            continue
        given = [t for t in tensors[0] if t >= 0 and not _constant(whole, graph.tensors[t])]
        if given:
            kind = names[max(int(code.builtinCode), int(code.deprecatedBuiltinCode))]
            yield Cut(index, kind, tuple(dict.fromkeys(given)), tuple(tensors[1]), _cut(whole, operator, given))


def activations(model: bytes, sample: NDArray[Any]) -> LiteRt:
    """The whole model on TFLite's reference kernels after one invoke, every tensor still readable."""
    interpreter = reference(model, preserve=True)
    detail = interpreter.get_input_details()[0]
    interpreter.set_tensor(detail["index"], sample.reshape(detail["shape"]))
    interpreter.invoke()
    return interpreter


def reference(model: bytes, *, preserve: bool = False) -> LiteRt:
    """TFLite's reference kernels, tensors allocated."""
    interpreter = LiteRt(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=preserve,
    )
    interpreter.allocate_tensors()
    return interpreter


def _constant(whole: Any, tensor: Any) -> bool:
    data = whole.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def _cut(whole: Any, operator: Any, given: list[int]) -> bytes:
    graph = whole.subgraphs[0]
    used = [int(t) for t in dict.fromkeys([*operator.inputs, *operator.outputs]) if t >= 0]
    place = {tensor: at for at, tensor in enumerate(used)} | {-1: -1}
    one = schema.ModelT()
    one.version, one.operatorCodes, one.buffers = 3, [whole.operatorCodes[operator.opcodeIndex]], [schema.BufferT()]
    cut = schema.SubGraphT()
    cut.tensors = []
    for tensor in used:
        copied = copy.copy(graph.tensors[tensor])
        copied.buffer = 0
        if _constant(whole, graph.tensors[tensor]):
            copied.buffer = len(one.buffers)
            one.buffers.append(whole.buffers[graph.tensors[tensor].buffer])
        cut.tensors.append(copied)
    alone = copy.copy(operator)
    alone.opcodeIndex = 0
    alone.inputs = [place[int(t)] for t in operator.inputs]
    alone.outputs = [place[int(t)] for t in operator.outputs]
    cut.operators = [alone]
    cut.inputs = np.array([place[t] for t in dict.fromkeys(given)], "i4")
    cut.outputs = np.array([place[int(t)] for t in operator.outputs], "i4")
    one.subgraphs = [cut]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(one.Pack(builder), b"TFL3")
    return bytes(builder.Output())
