"""The engine against stock, against its own variants, and against itself after a switch."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter as LiteRt
from ai_edge_litert.interpreter import OpResolverType
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.errors import ConfigurationError, InputError
from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.library import variants
from support.model_builder import NONE, RELU, RELU6, SAME, VALID, ModelBuilder


def stock_output(model: bytes, x: np.ndarray) -> np.ndarray:
    """What the runtime's own float kernels give, without any delegate."""
    interpreter = LiteRt(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def ours(model: bytes, ladder: list[str], variant: str | None = None) -> Interpreter:
    interpreter = Interpreter(model, ladder, variant=variant)
    interpreter.allocate_tensors()
    return interpreter


@st.composite
def graphs(draw: st.DrawFn) -> tuple[bytes, np.ndarray]:
    """A random network of everything the engine knows, and one input for it."""
    size = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    channels = draw(st.sampled_from([1, 2, 3, 4, 7, 8, 9, 16, 17, 33]))
    builder = ModelBuilder((1, *size, channels), seed=draw(st.integers(0, 2**16)))
    x = builder.input
    for _ in range(draw(st.integers(1, 4))):
        x = draw_operator(draw, builder, x)
    ending = draw(st.sampled_from(["none", "mean", "dense"]))
    if ending != "none":
        x = builder.mean(x)
    if ending == "dense":
        x = builder.softmax(builder.fully_connected(x, draw(st.integers(2, 20))))
    sample = builder.rng.normal(size=builder.shapes[builder.input]).astype("f4")
    return builder.build(x), sample


def draw_operator(draw: st.DrawFn, builder: ModelBuilder, x: int) -> int:
    height, width, channels = builder.shapes[x][1:]
    kernel = draw(st.tuples(st.integers(1, min(5, height)), st.integers(1, min(5, width))))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    activation = draw(st.sampled_from([NONE, RELU, RELU6]))
    padding = draw(st.sampled_from([SAME, VALID]))
    dilation = (1, 1)
    if stride == (1, 1) and padding == SAME:
        dilation = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    kind = draw(st.sampled_from(["conv", "conv", "depthwise", "residual", "pool", "pad", "slice", "scale"]))
    if kind == "conv":
        return builder.conv_2d(x, draw(st.sampled_from([1, 3, 8, 16, 20, 33])), kernel, stride=stride,
                               dilation=dilation, padding=padding, activation=activation)  # fmt: skip
    if kind == "depthwise":
        return builder.depthwise_conv_2d(
            x, kernel, stride=(stride[0], stride[0]), padding=padding, activation=activation
        )
    if kind == "residual":
        return builder.add(x, builder.conv_2d(x, channels, kernel, activation=activation), activation=activation)
    if kind == "pool":
        pool = draw(st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
        return builder.pool(pool, x, kernel, stride=stride, padding=padding)
    if kind == "pad":
        around = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
        padded = builder.pad(x, [(0, 0), around, around[::-1], (0, 0)])
        return builder.conv_2d(padded, 5, kernel, stride=stride, padding=VALID, activation=activation)
    if kind == "slice":
        begin = (0, draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1)), 0)
        return builder.strided_slice(x, begin, (1, *stride, 1))
    return builder.mul_by_constant(x, draw(st.sampled_from([(channels,), (1,)])))


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_exact_equals_stock_on_any_graph(case: tuple[bytes, np.ndarray]) -> None:
    model, x = case
    expected = stock_output(model, x)
    actual = ours(model, ["exact"]).run(x)
    assert actual.shape == expected.shape
    assert np.abs(actual - expected).max() <= 1e-5 * np.abs(expected).max() + 1e-7


@st.composite
def configured(draw: st.DrawFn) -> tuple[bytes, np.ndarray, list[str]]:
    """A random network, an input, and a few random configurations for it."""
    model, x = draw(graphs())
    operators = ours(model, ["exact"]).operators
    rungs = []
    for _ in range(draw(st.integers(1, 4))):
        knobs = {op.id: draw(st.sampled_from(op.knobs)) for op in operators}
        rungs.append(",".join(f"{name}={knob}" for name, knob in knobs.items() if knob != "exact") or "exact")
    return model, x, rungs


@settings(max_examples=150, deadline=None)
@given(configured())
def test_every_variant_gives_the_reference_bits(case: tuple[bytes, np.ndarray, list[str]]) -> None:
    model, x, rungs = case
    outputs = {}
    for variant in variants():
        interpreter = ours(model, rungs, variant)
        for rung in range(len(rungs)):
            interpreter.rung = rung
            outputs[variant, rung] = interpreter.run(x).tobytes()
    for (variant, rung), output in outputs.items():
        assert output == outputs["reference", rung], f"{variant} differs at {rungs[rung]}"


@settings(max_examples=100, deadline=None)
@given(configured())
def test_a_switched_rung_equals_a_fresh_interpreter(case: tuple[bytes, np.ndarray, list[str]]) -> None:
    model, x, rungs = case
    interpreter = ours(model, rungs)
    for rung in [*range(len(rungs)), *reversed(range(len(rungs)))]:
        interpreter.rung = rung
        assert interpreter.run(x).tobytes() == ours(model, [rungs[rung]]).run(x).tobytes()


def small_model() -> bytes:
    builder = ModelBuilder((1, 8, 8, 3), seed=1)
    x = builder.conv_2d(builder.input, 8, (3, 3), activation=RELU)
    x = builder.depthwise_conv_2d(x, (3, 3))
    return builder.build(builder.softmax(builder.fully_connected(builder.mean(x), 4)))


def test_hybrid_weights_run_dequantised() -> None:
    builder = ModelBuilder((1, 9, 7, 5), seed=3)
    model = builder.build(builder.conv_2d(builder.input, 12, (3, 3), hybrid=True))
    x = builder.rng.normal(size=(1, 9, 7, 5)).astype("f4")
    # Stock puts the activations of hybrid operators on 8 bits, so only their rounding may differ.
    assert np.abs(ours(model, ["exact"]).run(x) - stock_output(model, x)).max() < 0.05


def test_what_the_engine_does_not_know_runs_in_the_runtime() -> None:
    builder = ModelBuilder((1, 6, 6, 2), seed=4)
    x = builder.unsupported(builder.conv_2d(builder.input, 4, (3, 3)))
    model = builder.build(builder.conv_2d(x, 4, (1, 1)))
    sample = builder.rng.normal(size=(1, 6, 6, 2)).astype("f4")
    interpreter = ours(model, ["all=int8"])
    runs = interpreter.what_ran()
    assert [(run.id, run.ran_by == "approxlite", run.knob) for run in runs] == [
        ("conv_2d_0", True, "int8"),
        ("sin_1", False, "exact"),
        ("conv_2d_2", True, "int8"),
    ]
    assert [operator.partition for operator in interpreter.operators] == [0, 1]
    interpreter.set_ladder(["exact"])
    assert np.allclose(interpreter.run(sample), stock_output(model, sample), atol=1e-5)


def test_a_model_without_our_operators_runs_all_the_same() -> None:
    builder = ModelBuilder((1, 4), seed=5)
    model = builder.build(builder.unsupported(builder.input))
    x = np.ones((1, 4), dtype="f4")
    interpreter = ours(model, ["exact"])
    assert interpreter.operators == []
    assert np.array_equal(interpreter.run(x), StockInterpreter(model).run(x))


def test_padding_is_folded_and_says_so() -> None:
    builder = ModelBuilder((1, 6, 6, 3), seed=6)
    padded = builder.pad(builder.input, [(0, 0), (1, 0), (0, 1), (0, 0)])
    interpreter = ours(builder.build(builder.conv_2d(padded, 4, (3, 3), padding=VALID)), ["exact"])
    assert [op.note for op in interpreter.operators] == ["folded into conv_2d_1", ""]


def test_operator_times_are_those_of_the_last_invoke() -> None:
    interpreter = ours(small_model(), ["exact"])
    interpreter.time_operators = True
    interpreter.run(np.ones((1, 8, 8, 3), dtype="f4"))
    times = interpreter.operator_times()
    assert list(times) == [op.id for op in interpreter.operators]
    assert all(0 < time < 10**9 for time in times.values())


def test_ranges_cover_every_input_seen_since_recording_began() -> None:
    interpreter = ours(small_model(), ["exact"])
    interpreter.observe_ranges(True)
    for value in (-2.0, 3.0, 0.5):
        interpreter.run(np.full((1, 8, 8, 3), value, dtype="f4"))
    assert interpreter.ranges()["conv_2d_0"] == (-2.0, 3.0)
    interpreter.observe_ranges(True)
    assert interpreter.ranges() == {}


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ("conv_2d_7=int8", "unknown operator 'conv_2d_7'"),
        ("conv_2d_0=int9", "unknown knob 'int9'"),
        ("depthwise_conv_2d_1=sample:1/2", "depthwise_conv_2d_1 has no knob 'sample'"),
        ("softmax=int8", "sets nothing"),
        ("conv_2d_0", "not of the form operator=knob"),
        ("conv_2d_0=rows:1/2+checker:1/2", "does not combine"),
    ],
)
def test_a_bad_configuration_is_one_clear_line_and_the_old_ladder_stays(configuration: str, told: str) -> None:
    interpreter = ours(small_model(), ["exact", "all=int8"])
    with pytest.raises(ConfigurationError, match=told):
        interpreter.set_ladder([configuration])
    assert len(interpreter.ladder) == 2
    with pytest.raises(ConfigurationError, match=told):
        ours(small_model(), [configuration])


def test_a_rung_off_the_ladder_is_refused() -> None:
    interpreter = ours(small_model(), ["exact"])
    with pytest.raises(InputError, match="rung 1 is not on a ladder of 1"):
        interpreter.rung = 1


def test_an_unknown_variant_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="this CPU has .*reference"):
        Interpreter(small_model(), variant="mmx")
