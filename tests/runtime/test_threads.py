"""Threads change when an answer comes, never which."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from approxlite.formats.errors import InputError
from approxlite.runtime import Interpreter, Session, StockInterpreter
from support.model_builder import RELU, RELU6, VALID, ModelBuilder
from support.policies import policy_of, small_data, small_model, stages

RUNGS = ["exact", "all=int8", "all=rows:1/2", "all=inputs:1/2", "all=rank:1/2", "conv_2d=checker:1/2",
         "all=sample:2/3", "all=int8,conv_2d=int8+inputs:1/2+rows:1/2", "conv_2d=int8+cols:2/3"]  # fmt: skip


def large_model() -> bytes:
    """Every kind of operator, with enough work to share, and sizes that divide by nothing."""
    builder = ModelBuilder((1, 45, 43, 16), seed=11)
    x = builder.conv_2d(builder.input, 32, (3, 3), activation=RELU)
    x = builder.depthwise_conv_2d(x, (3, 3), activation=RELU6)
    y = builder.conv_2d(x, 32, (1, 1))
    x = builder.add(x, y, activation=RELU)
    x = builder.pool("MAX_POOL_2D", x, (3, 3), stride=(2, 2), padding=VALID)
    x = builder.mul_by_constant(x, (32,))
    x = builder.conv_2d(x, 40, (5, 3), stride=(2, 1), padding=VALID, activation=RELU)
    x = builder.pool("AVERAGE_POOL_2D", x, (2, 2))
    size = int(np.prod(builder.shapes[x]))
    x = builder.fully_connected(builder.reshape(x, (1, size)), 60)
    return builder.build(builder.softmax(x))


MODEL = large_model()
X = np.random.default_rng(5).normal(size=(1, 45, 43, 16)).astype("f4")


def outputs(threads: int) -> list[bytes]:
    interpreter = Interpreter(MODEL, RUNGS, num_threads=threads)
    interpreter.allocate_tensors()
    assert interpreter.num_threads == threads
    answers = []
    for rung in range(len(RUNGS)):
        interpreter.rung = rung
        answers += [interpreter.run(X).tobytes() for _ in range(3)]
    return answers


def test_any_number_of_threads_gives_the_same_bits() -> None:
    alone = outputs(1)
    assert len(set(alone)) == len(RUNGS)
    for threads in (2, 3, 4, 16):
        assert outputs(threads) == alone, f"{threads} threads"


def test_engines_with_threads_run_beside_each_other() -> None:
    alone = outputs(1)
    found: list[list[bytes]] = []
    workers = [threading.Thread(target=lambda: found.append(outputs(2))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [alone] * 3


def test_a_session_gives_the_same_answers() -> None:
    model, data = small_model(), small_data(8)
    policy = policy_of([stages((2, 1.4), (1, 1.2), (0, None))], model=model)
    with Session(policy, model) as one, Session(policy, model, num_threads=3) as three:
        for x in data.x:
            ours, theirs = one.run(x), three.run(x)
            assert np.array_equal(ours.output, theirs.output)
            assert ours.rungs_run == theirs.rungs_run


@pytest.mark.parametrize("threads", [0, -1, 17, 2**32 + 1])
def test_a_number_of_threads_that_cannot_be_is_refused(threads: int) -> None:
    with pytest.raises(InputError, match="1 to 16 threads"):
        Interpreter(MODEL, num_threads=threads)


def test_stock_takes_threads_too() -> None:
    one, two = StockInterpreter(MODEL), StockInterpreter(MODEL, num_threads=2)
    assert np.allclose(one.run(X), two.run(X), atol=1e-6)
