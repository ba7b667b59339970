"""Taps show what really went through an operator, and change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter as LiteRt
from ai_edge_litert.interpreter import OpResolverType

from approxlite.formats.errors import InputError, ModelError
from approxlite.runtime import Interpreter
from support.model_builder import RELU, VALID, ModelBuilder


def network(*, show_inside: bool = False) -> tuple[bytes, int]:
    """Two convolutions, one with an addition hung onto it, and a dense layer; and how many tensors it shows."""
    builder = ModelBuilder((1, 12, 10, 8), seed=2)
    first = builder.conv_2d(builder.input, 8, (3, 3), activation=RELU)
    second = builder.conv_2d(first, 8, (3, 3))
    total = builder.add(second, first, activation=RELU)
    mean = builder.mean(total)
    last = builder.softmax(builder.fully_connected(mean, 6))
    shown = [last, first, second, total, mean] if show_inside else [last]
    return builder.build(*shown), len(shown)


MODEL = network()[0]
X = np.random.default_rng(3).normal(size=(1, 12, 10, 8)).astype("f4")
PLACES = [("conv_2d_0", "input"), ("conv_2d_0", "output"), ("conv_2d_1", "input"), ("conv_2d_1", "output"),
          ("add_2", "input"), ("add_2", "output"), ("mean_3", "output"), ("softmax_5", "output")]  # fmt: skip
RUNGS = ["exact", "all=int8", "all=rows:1/2", "conv_2d=int8+checker:1/2", "all=inputs:1/2"]


def ready(*rungs: str, model: bytes = MODEL) -> Interpreter:
    interpreter = Interpreter(model, rungs or ["exact"])
    interpreter.allocate_tensors()
    return interpreter


def test_exact_activations_are_those_of_stock() -> None:
    stock = LiteRt(
        model_content=network(show_inside=True)[0],
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    stock.allocate_tensors()
    stock.set_tensor(stock.get_input_details()[0]["index"], X)
    stock.invoke()
    last, first, second, total, mean = [stock.get_tensor(each["index"]) for each in stock.get_output_details()]
    expected = {
        ("conv_2d_0", "input"): X,
        ("conv_2d_0", "output"): first,
        ("conv_2d_1", "input"): first,
        ("conv_2d_1", "output"): second,
        ("add_2", "output"): total,
        ("mean_3", "output"): mean,
        ("softmax_5", "output"): last,
    }
    interpreter = ready()
    with interpreter.taps(expected) as taps:
        interpreter.run(X)
        assert list(taps) == list(expected)
        for place, values in expected.items():
            assert taps[place].shape == values.shape
            assert np.abs(taps[place] - values).max() <= 1e-5 * np.abs(values).max() + 1e-7, place
        assert np.array_equal(taps["conv_2d_0", "output"], taps["conv_2d_1", "input"])


def test_taps_change_no_bit() -> None:
    interpreter = ready(*RUNGS)
    for rung in range(len(RUNGS)):
        interpreter.rung = rung
        before = interpreter.run(X).tobytes()
        with interpreter.taps(PLACES) as taps:
            interpreter.rung = rung
            assert interpreter.run(X).tobytes() == before, RUNGS[rung]
            assert taps["softmax_5", "output"].tobytes() == before
            assert all(np.isfinite(taps[place]).all() for place in taps), RUNGS[rung]
        interpreter.rung = rung
        assert interpreter.run(X).tobytes() == before, RUNGS[rung]


def test_taps_show_the_rung_that_ran() -> None:
    interpreter = ready("exact", "conv_2d_0=int8+rows:1/2")
    with interpreter.taps([("conv_2d_1", "input")]) as taps:
        seen = []
        for rung in (0, 1, 0):
            interpreter.rung = rung
            interpreter.run(X)
            seen.append(taps["conv_2d_1", "input"])
    assert np.array_equal(seen[0], seen[2])
    assert not np.array_equal(seen[0], seen[1])
    # Rows that were left out are filled in between their neighbours.
    assert np.abs(seen[1] - seen[0]).mean() < np.abs(seen[0]).mean()


def test_what_a_tap_gave_is_the_callers_to_keep() -> None:
    interpreter = ready()
    with interpreter.taps([("conv_2d_0", "input")]) as taps:
        assert np.isnan(taps["conv_2d_0", "input"]).all()
        interpreter.run(X)
        kept = taps["conv_2d_0", "input"]
        interpreter.run(2 * X)
        assert np.array_equal(kept, X)
        assert np.array_equal(taps["conv_2d_0", "input"], 2 * X)
    interpreter.run(X)
    assert np.array_equal(taps["conv_2d_0", "input"], 2 * X)


def test_taps_outlast_a_new_ladder() -> None:
    interpreter = ready()
    with interpreter.taps([("conv_2d_1", "input")]) as taps:
        interpreter.set_ladder(["all=int8"])
        interpreter.run(X)
        assert np.isfinite(taps["conv_2d_1", "input"]).all()


def test_taps_inside_each_other() -> None:
    interpreter = ready()
    with interpreter.taps([("conv_2d_0", "output")]) as outer:
        with interpreter.taps([("conv_2d_0", "input")]) as inner:
            with pytest.raises(InputError, match="of conv_2d_0 is tapped already"), interpreter.taps(PLACES):
                pass
            interpreter.run(X)
        interpreter.run(2 * X)
        assert np.array_equal(inner["conv_2d_0", "input"], X)
        assert np.isfinite(outer["conv_2d_0", "output"]).all()
    with interpreter.taps(PLACES) as taps:
        interpreter.run(X)
        assert all(np.isfinite(taps[place]).all() for place in taps)


def test_what_cannot_be_tapped_is_refused_in_one_line() -> None:
    builder = ModelBuilder((1, 6, 6, 3), seed=6)
    padded = builder.pad(builder.input, [(0, 0), (1, 0), (0, 1), (0, 0)])
    model = builder.build(builder.unsupported(builder.conv_2d(padded, 4, (3, 3), padding=VALID)))
    interpreter = Interpreter(model)
    with pytest.raises(ModelError, match="not allocated yet"):
        interpreter.taps([("conv_2d_1", "input")])
    interpreter.allocate_tensors()
    for place, told in {
        ("pad_0", "output"): "pad_0 was folded into conv_2d_1",
        ("conv_2d_7", "input"): "no operator 'conv_2d_7'; did you mean 'conv_2d_1'",
        ("sin_2", "input"): "no operator 'sin_2'",
        ("conv_2d_1", "middle"): "not 'middle'",
    }.items():
        with pytest.raises(InputError, match=told), interpreter.taps([("conv_2d_1", "output"), place]):
            pass
    with interpreter.taps([("conv_2d_1", "output")]) as taps:  # nothing was left behind
        interpreter.run(np.ones((1, 6, 6, 3), "f4"))
        assert np.isfinite(taps["conv_2d_1", "output"]).all()
