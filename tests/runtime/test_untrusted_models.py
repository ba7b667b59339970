"""Nothing in a model file is trusted: a broken one is refused in one line or runs, and never takes the process down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter as LiteRt
from ai_edge_litert.interpreter import OpResolverType

import approxlite
from approxlite.formats.errors import ApproxError, ModelError
from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.base import TensorRunner
from support.model_builder import SAME, ModelBuilder
from support.mutants import mutant

MUTANTS = 1200
LARGEST_INPUT = 1 << 20
PLAIN = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


class WithoutDelegates(TensorRunner):
    """The runtime's own kernels: what neither we nor XNNPACK claim runs on them."""

    def __init__(self, model: bytes) -> None:
        self._name = "model"
        try:
            self._interpreter = LiteRt(model_content=model, experimental_op_resolver_type=PLAIN)
        except (ValueError, RuntimeError) as problem:
            raise ModelError("refused") from problem


def run_mutant(seed: int, stock: bool) -> None:
    model = mutant(seed)
    for kind in (StockInterpreter, WithoutDelegates) if stock else (Interpreter,):
        try:
            runner = kind(model)
            runner.allocate_tensors()
            invoke(runner)
            if isinstance(runner, Interpreter):
                for knob in (-1, 1, -2):
                    knobs = [(op.id, op.knobs[knob % len(op.knobs)]) for op in runner.operators]
                    runner.set_ladder([",".join(f"{name}={knob}" for name, knob in knobs)])
                    invoke(runner)
        except ApproxError as problem:
            assert "\n" not in str(problem)


def invoke(runner: TensorRunner) -> None:
    for each in runner.get_input_details():
        if np.prod(each["shape"], dtype=float) > LARGEST_INPUT:
            return
        runner.set_tensor(each["index"], np.ones(each["shape"], dtype=each["dtype"]))
    runner.invoke()


def crashed_at(seeds: range, stock: bool = False) -> int | None:
    """The first of `seeds` that takes down a process of its own, with everything before it in one process."""
    code = (
        "import sys; from runtime.test_untrusted_models import run_mutant\n"
        f"for seed in {seeds!r}: print(seed, flush=True); run_mutant(seed, {stock})"
    )
    folders = [str(Path(__file__).parents[1]), *(str(Path(place).parent) for place in approxlite.__path__)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == 0:
        return None
    assert done.returncode < 0, done.stderr[-2000:]
    return int(done.stdout.split()[-1])


def test_no_broken_model_takes_down_what_stock_survives() -> None:
    seeds = range(MUTANTS)
    while (crashed := crashed_at(seeds)) is not None:
        assert crashed_at(range(crashed, crashed + 1), stock=True) is not None, f"mutant {crashed} crashes our engine"
        seeds = range(crashed + 1, MUTANTS)


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
