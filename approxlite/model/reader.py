"""Reads .tflite bytes that nobody vouches for: the runtime's own verifier judges first, then every index is checked."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path
from typing import Any

import numpy
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from approxlite.formats.document import read_bytes
from approxlite.formats.errors import ModelError, one_line
from approxlite.model.model import Model, Operator, Tensor
from approxlite.model.work import multiply_accumulates

MAX_MODEL_BYTES = 2**31 - 1  # a flatbuffer's offsets reach no further
_IDENTIFIER = b"TFL3"


def _names(enumeration: type) -> dict[int, str]:
    """Lower-case names by number."""
    return {number: name.lower() for name, number in vars(enumeration).items() if not name.startswith("_")}


_TYPES = _names(schema.BuiltinOperator)
_DTYPES = _names(schema.TensorType)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Reads a .tflite file. Raises ModelError, one line."""
    return read_model(read_bytes(path, ModelError, MAX_MODEL_BYTES), os.fspath(path))


def read_model(content: bytes, where: str = "model") -> Model:
    """Reads the bytes of a .tflite file; `where` stands in messages and its stem names the model.

    Raises ModelError, one line, whatever the bytes are.
    """
    verify(content, where)
    try:
        return _read(content, where)
    except (IndexError, ValueError, TypeError, AttributeError, OverflowError, struct.error) as problem:
        raise ModelError(f"{where}: damaged model ({one_line(problem, 100)}); copy or export it again") from None


def verify(content: bytes, where: str) -> None:
    """Raises ModelError unless the TensorFlow Lite runtime accepts the structure of `content`."""
    if len(content) < 8 or content[4:8] != _IDENTIFIER:
        found = "is empty" if not content else "has no 'TFL3' mark at byte 4"
        raise ModelError(f"{where}: not a TensorFlow Lite model ({found}); give a .tflite file")
    try:
        # The constructor runs the flatbuffer verifier over the bytes and builds the graph; nothing is allocated or run.
        Interpreter(
            model_content=content,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
    except (ValueError, RuntimeError) as problem:
        raise ModelError(
            f"{where}: damaged or cut short, the runtime refuses it ({one_line(problem, 120)}); copy or export it again"
        ) from None


def _read(content: bytes, where: str) -> Model:
    root = schema.Model.GetRootAs(content, 0)
    if root.SubgraphsLength() < 1:
        raise ValueError("no graph in it")
    graph = root.Subgraphs(0)
    tensors = tuple(_tensor(root, graph.Tensors(i), i) for i in range(graph.TensorsLength()))
    types = [_type(root.OperatorCodes(i)) for i in range(root.OperatorCodesLength())]
    operators = tuple(_operator(graph.Operators(i), i, types, tensors) for i in range(graph.OperatorsLength()))
    inputs = _indices(graph.InputsAsNumpy(), len(tensors), "graph input", optional=False)
    outputs = _indices(graph.OutputsAsNumpy(), len(tensors), "graph output", optional=False)
    if not operators or not inputs or not outputs:
        raise ValueError("no operators, inputs or outputs in it")
    sha256 = hashlib.sha256(content).hexdigest()
    return Model(sha256, Path(where).stem, len(content), operators, tensors, inputs, outputs)


def _type(code: Any) -> str:
    """Old files hold the operator in one byte, newer ones in four; the larger of the two is the operator."""
    number = int(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
    if number not in _TYPES:
        raise ValueError(f"unknown operator code {number}")
    return _TYPES[number]


def _operator(operator: Any, index: int, types: list[str], tensors: tuple[Tensor, ...]) -> Operator:
    if not 0 <= operator.OpcodeIndex() < len(types):
        raise ValueError(f"operator {index} has type {operator.OpcodeIndex()} of {len(types)}")
    type = types[operator.OpcodeIndex()]
    id = f"{type}_{index}"
    inputs = _indices(operator.InputsAsNumpy(), len(tensors), f"{id} input", optional=True)
    outputs = _indices(operator.OutputsAsNumpy(), len(tensors), f"{id} output", optional=False)
    shapes = [None if i < 0 else tensors[i].shape for i in inputs]
    work = multiply_accumulates(type, shapes, [tensors[i].shape for i in outputs])
    return Operator(index, id, type, inputs, outputs, work)


def _tensor(root: Any, tensor: Any, index: int) -> Tensor:
    if not 0 <= tensor.Buffer() < root.BuffersLength():
        raise ValueError(f"tensor {index} has buffer {tensor.Buffer()} of {root.BuffersLength()}")
    if tensor.Type() not in _DTYPES:
        raise ValueError(f"tensor {index} has unknown type {tensor.Type()}")
    shape = _numbers(tensor.ShapeAsNumpy())
    if any(n < 0 for n in shape):
        raise ValueError(f"tensor {index} has shape {list(shape)}")
    buffer = root.Buffers(tensor.Buffer())
    return Tensor(
        index=index,
        name=(tensor.Name() or b"").decode("utf-8"),
        shape=shape,
        dtype=_DTYPES[tensor.Type()],
        is_constant=buffer.DataLength() > 0 or buffer.Size() > 0,
        is_variable=bool(tensor.IsVariable()),
    )


def _indices(array: Any, count: int, what: str, *, optional: bool) -> tuple[int, ...]:
    numbers = _numbers(array)
    for number in numbers:
        if not (-1 if optional else 0) <= number < count:
            raise ValueError(f"{what} is tensor {number} of {count}")
    return numbers


def _numbers(array: Any) -> tuple[int, ...]:
    """The generated schema gives the number 0 instead of an array where a vector is left out."""
    return tuple(int(n) for n in array) if isinstance(array, numpy.ndarray) else ()
