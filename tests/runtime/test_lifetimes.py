"""What may happen to an interpreter between two inferences: new ladders, new shapes, neighbours, and its end."""

from __future__ import annotations

import gc
import random
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from approxlite.formats.errors import ConfigurationError, ModelError
from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.runtime import Interpreter, StockInterpreter
from support.model_builder import RELU, VALID, ModelBuilder

RESHAPE = schema.BuiltinOptions.ReshapeOptions
SHAPE = (1, 9, 8, 3)


def sample(seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=SHAPE).astype("f4")


def network() -> bytes:
    """Two partitions around an operator that is not ours, folded padding, outputs that are read inside."""
    builder = ModelBuilder(SHAPE, seed=1)
    first = builder.conv_2d(builder.input, 8, (3, 3), activation=RELU)
    padded = builder.pad(first, [(0, 0), (2, 1), (1, 2), (0, 0)])
    second = builder.conv_2d(padded, 8, (3, 3), padding=VALID)
    third = builder.depthwise_conv_2d(builder.unsupported(second), (3, 3))
    fourth = builder.fully_connected(builder.mean(builder.add(third, builder.conv_2d(third, 8, (1, 1)))), 5)
    return builder.build(builder.softmax(fourth), first, second)


def ready(model: bytes, ladder: list[Any]) -> Interpreter:
    interpreter = Interpreter(model, ladder)
    interpreter.allocate_tensors()
    return interpreter


def outputs(interpreter: Interpreter, x: NDArray[np.float32]) -> list[bytes]:
    interpreter.run(x)
    return [interpreter.get_tensor(each["index"]).tobytes() for each in interpreter.get_output_details()]


def shape_given_by_an_input(model: bytes) -> bytes:
    """The model with its reshape's constant turned into a second input."""
    content = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = content.subgraphs[0]
    reshape = next(operator for operator in graph.operators if operator.builtinOptionsType == RESHAPE)
    reshape.builtinOptionsType, reshape.builtinOptions = schema.BuiltinOptions.NONE, None
    graph.tensors[reshape.inputs[1]].buffer = 0
    graph.inputs = [*graph.inputs, reshape.inputs[1]]
    builder = flatbuffers.Builder(1024)
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def random_configurations(interpreter: Interpreter, seed: int, count: int) -> list[str]:
    chosen = random.Random(seed)
    return [
        ",".join(f"{op.id}={chosen.choice(op.knobs)}" for op in interpreter.operators)
        for _ in range(count)
    ]  # fmt: skip


def test_a_rung_that_leaves_the_ladder_and_comes_back_gives_the_same() -> None:
    interpreter = ready(network(), ["all=int8"])
    approximate = outputs(interpreter, sample())
    interpreter.set_ladder(["exact"])
    assert outputs(interpreter, sample()) == outputs(ready(network(), ["exact"]), sample())
    interpreter.set_ladder(["conv_2d=rows:1/2", "all=int8"])
    interpreter.rung = 1
    assert outputs(interpreter, sample()) == approximate


def test_every_ladder_of_many_gives_what_a_fresh_interpreter_gives() -> None:
    interpreter = ready(network(), ["exact"])
    for seed in range(12):
        ladder = random_configurations(interpreter, seed, 16)
        interpreter.set_ladder(ladder)
        for rung in (0, 15, 7):
            interpreter.rung = rung
            assert outputs(interpreter, sample(seed)) == outputs(ready(network(), [ladder[rung]]), sample(seed))


def test_memory_stays_bounded_however_often_the_ladder_changes() -> None:
    interpreter = ready(network(), ["exact"])
    held = []
    for seed in range(1000):
        interpreter.set_ladder(random_configurations(interpreter, seed, 3))
        held.append(interpreter.memory_bytes)
    assert max(held[500:]) <= 1.1 * max(held[:500])


def test_scales_of_operators_that_are_not_int8_change_nothing() -> None:
    calibrated = {"conv_2d_0": Scale(scale=0.05, zero_point=128)}
    plain = outputs(ready(network(), ["conv_2d_2=int8"]), sample())
    assert outputs(ready(network(), [RungSpec(configuration="conv_2d_2=int8", scales=calibrated)]), sample()) == plain


def test_a_calibrated_scale_is_used_instead_of_the_inputs_own() -> None:
    ladder = [
        RungSpec(configuration="conv_2d_0=int8", scales={"conv_2d_0": Scale(scale=scale, zero_point=128)})
        for scale in (0.02, 0.5)
    ]
    interpreter = ready(network(), ["exact", "conv_2d_0=int8", *ladder])
    found = []
    for rung in range(4):
        interpreter.rung = rung
        interpreter.run(sample())
        found.append(interpreter.get_tensor(interpreter.get_output_details()[1]["index"]))
    errors = [np.abs(output - found[0]).max() for output in found[1:]]
    assert 0 < errors[0] < errors[2] and 0 < errors[1] < errors[2]


def test_a_new_input_shape_gives_what_stock_gives_for_it() -> None:
    builder = ModelBuilder(SHAPE, seed=2)
    model = builder.build(builder.unsupported(builder.conv_2d(builder.input, 4, (3, 3))))
    interpreter, stock = ready(model, ["exact", "all=int8"]), StockInterpreter(model)
    interpreter.run(sample())
    x = np.random.default_rng(3).normal(size=(1, 15, 4, 3)).astype("f4")
    for each in (interpreter, stock):
        each._interpreter.resize_tensor_input(builder.input, x.shape)
        each.allocate_tensors()
    assert np.allclose(interpreter.run(x), stock.run(x), atol=1e-5)
    interpreter.rung = 1
    assert np.allclose(interpreter.run(x), stock.run(x), atol=0.1)


def test_a_new_input_shape_that_the_ladder_does_not_fit_is_refused() -> None:
    builder = ModelBuilder(SHAPE, seed=2)
    interpreter = ready(builder.build(builder.conv_2d(builder.input, 4, (3, 3))), ["conv_2d_0=rows:1/2"])
    interpreter._interpreter.resize_tensor_input(builder.input, (1, 1, 8, 3))
    with pytest.raises((ModelError, ConfigurationError)):
        interpreter.allocate_tensors()


def test_a_tensor_that_is_input_and_output_passes_through() -> None:
    builder = ModelBuilder(SHAPE, seed=4)
    interpreter = ready(builder.build(builder.conv_2d(builder.input, 4, (1, 1)), builder.input), ["exact"])
    interpreter.run(sample())
    assert np.array_equal(interpreter.get_tensor(builder.input), sample())


def test_interpreters_of_one_process_do_not_disturb_each_other() -> None:
    alone = [outputs(ready(network(), [ladder]), sample()) for ladder in ("exact", "all=int8")]
    pair = [ready(network(), ["exact"]), ready(network(), ["all=int8"])]
    assert [outputs(each, sample()) for each in pair] == alone
    del pair[0]
    gc.collect()
    assert outputs(pair[0], sample()) == alone[1]


@pytest.mark.parametrize("first", ["interpreter", "runtime", "cycle"])
def test_an_interpreter_may_end_in_any_order(first: str) -> None:
    interpreter = ready(network(), ["exact", "all=int8"])
    interpreter.run(sample())
    runtime, engine = interpreter._interpreter, interpreter._engine
    if first == "runtime":
        interpreter._interpreter = None
        del runtime
    elif first == "cycle":
        interpreter.itself = interpreter  # type: ignore[attr-defined]
        engine.user = runtime  # type: ignore[attr-defined]
        del runtime, engine
    del interpreter
    gc.collect()


def test_a_model_whose_shapes_are_known_only_at_run_time_runs_exactly() -> None:
    builder = ModelBuilder((1, 6, 6, 2), seed=5)
    flat = builder.reshape(builder.conv_2d(builder.input, 4, (3, 3)), (1, 144))
    model = shape_given_by_an_input(builder.build(builder.fully_connected(flat, 3)))
    interpreter, stock = ready(model, ["exact"]), StockInterpreter(model)
    stock.allocate_tensors()
    x = np.ones((1, 6, 6, 2), dtype="f4")
    for each in (interpreter, stock):
        each.set_tensor(each.get_input_details()[1]["index"], np.array([1, 144], dtype="i4"))
    assert interpreter.operators == []
    assert np.array_equal(interpreter.run(x), stock.run(x))
    with pytest.raises(ConfigurationError, match="only exact"):
        interpreter.set_ladder(["all=int8"])
