"""What is added to an operator's output, so that it can make up for what went wrong there as well."""

from __future__ import annotations

from approxlite.model.linear import LinearOperator
from approxlite.model.model import Model
from approxlite.runtime.taps import Side
from approxlite.tuner.interpreter import Tunable


def skip_of(model: Model, interpreter: Tunable, operator: LinearOperator) -> tuple[str, Side] | None:
    """Where the other operand of the addition that alone reads the operator's output can be seen; None without one.

    Not where something between them is no sum: then a difference there is none of the output's.
    """
    written = next(op.outputs[0] for op in model.operators if op.id == operator.id)
    readers = [op for op in model.operators if written in op.inputs]
    if not operator.linear or written in model.outputs or len(readers) != 1 or readers[0].type != "add":
        return None
    others = [tensor for tensor in readers[0].inputs if tensor != written]
    if len(others) != 1 or model.tensors[others[0]].shape != model.tensors[written].shape:
        return None
    running = [op for op in interpreter.operators if not op.note]
    for op in running:
        if op.output_tensor == others[0]:
            return op.id, "output"
    return next(((op.id, "input") for op in running if op.input_tensor == others[0]), None)
