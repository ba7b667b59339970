"""Who runs each operator, why, and between which tensors."""

from __future__ import annotations

from approxlite.runtime import Interpreter
from support.model_builder import VALID, ModelBuilder


def test_an_operator_left_to_the_runtime_carries_the_reason() -> None:
    builder = ModelBuilder((1, 6, 6, 2), seed=4)
    x = builder.unsupported(builder.conv_2d(builder.input, 4, (3, 3)))
    interpreter = Interpreter(builder.build(builder.conv_2d(x, 4, (1, 1))))
    interpreter.allocate_tensors()
    first, left, last = interpreter.what_ran()
    assert (first.ran_by, first.note, last.ran_by, last.note) == ("approxlite", "", "approxlite", "")
    assert left.ran_by != "approxlite"
    assert left.note


def test_operators_name_their_tensors() -> None:
    builder = ModelBuilder((1, 6, 6, 4), seed=4)
    padded = builder.pad(builder.input, [(0, 0), (1, 1), (1, 1), (0, 0)])
    first = builder.conv_2d(padded, 4, (3, 3), padding=VALID)
    second = builder.add(first, builder.input)
    interpreter = Interpreter(builder.build(second))
    interpreter.allocate_tensors()
    tensors = {operator.id: operator.output_tensor for operator in interpreter.operators}
    assert (tensors["conv_2d_1"], tensors["add_2"]) == (first, second)
    assert {operator.id: operator.input_tensor for operator in interpreter.operators}["add_2"] in (first, builder.input)
