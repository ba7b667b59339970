"""Nothing in a model file is trusted: a broken one is refused in one line or runs, and never takes the process down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from approxlite.formats.errors import ApproxError
from approxlite.runtime import Interpreter
from support.fuzz import CORPUS, run_model, search
from support.model_builder import SAME, ModelBuilder

MUTANTS = 2400


def test_no_broken_model_takes_down_what_stock_survives() -> None:
    ours = [found for found in search(range(MUTANTS)) if not found.stock]
    assert ours == []


@pytest.mark.parametrize("model", sorted(CORPUS.glob("*.tflite")), ids=lambda path: path.stem)
def test_models_of_the_corpus_run_or_are_refused(model: Path) -> None:
    run_model(model.read_bytes(), "ours")


def changed(model: bytes, change: Any) -> bytes:
    content = schema.ModelT.InitFromPackedBuf(model, 0)
    change(content.subgraphs[0])
    builder = flatbuffers.Builder(1024)
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_a_dilation_that_would_fill_the_memory_is_left_to_the_runtime() -> None:
    builder = ModelBuilder((1, 8, 8, 3), seed=1)
    model = builder.build(builder.conv_2d(builder.input, 4, (3, 3), dilation=(1 << 26, 1), padding=SAME))
    interpreter = Interpreter(model)
    assert interpreter._engine.operators() == []


def test_an_operator_that_writes_a_constant_is_left_to_the_runtime() -> None:
    builder = ModelBuilder((1, 4), seed=2)
    x = builder.mul_by_constant(builder.mul_by_constant(builder.input, (1, 4)), (1, 4))

    def write_a_constant(graph: Any) -> None:
        graph.tensors[graph.operators[0].outputs[0]].buffer = graph.tensors[graph.operators[0].inputs[1]].buffer

    interpreter = Interpreter(changed(builder.build(x), write_a_constant))
    assert "mul_0" not in [operator.id for operator in interpreter._engine.operators()]


def test_an_operator_whose_output_another_writes_too_is_left_to_the_runtime() -> None:
    builder = ModelBuilder((1, 4), seed=3)
    model = builder.build(builder.softmax(builder.softmax(builder.input)))
    interpreter = Interpreter(changed(model, lambda graph: graph.operators.insert(1, graph.operators[0])))
    assert [operator.id for operator in interpreter._engine.operators()] == []


@pytest.mark.parametrize("ends", ["inputs", "outputs"])
def test_a_model_without_ends_is_refused(ends: str) -> None:
    builder = ModelBuilder((1, 4), seed=4)
    model = changed(builder.build(builder.softmax(builder.input)), lambda graph: setattr(graph, ends, []))
    with pytest.raises(ApproxError, match=f"0 {ends}|refuses|prepare"):
        Interpreter(model).allocate_tensors()
