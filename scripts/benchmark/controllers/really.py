"""Ways of deciding, really run: the controller chooses, the engine computes, pass by pass in turns with stock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.policy import Stage
from approxlite.formats.rule import Rule
from approxlite.policy.simulation.devices import HERE
from approxlite.policy.simulation.recording import Recording
from approxlite.runtime.controller import CandidateFacts, Context, Controller
from controllers.adaptive import Chosen
from controllers.measured import Ladders

MIN_ROUNDS = 3


def really_run(
    ladders: Ladders, xs: Sequence[NDArray[Any]], ways: Mapping[str, Chosen], test: Recording, seconds: float, seed: int
) -> dict[str, Any]:
    """Mean time per sample of each way as a share of stock's: all samples in their order, decisions included.

    A pass over all samples is a turn, because what is reused depends on the samples before. A sample's time is its
    median over rounds.
    """
    order, names = random.Random(seed), [*ways, "stock"]
    times: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    begin = time.monotonic()
    while len(times["stock"]) < MIN_ROUNDS or time.monotonic() - begin < seconds:
        for name in order.sample(names, len(names)):
            run = _stock(ladders, xs) if name == "stock" else _session(ladders, xs, ways[name], test)
            times[name].append(np.array([run(sample) for sample in range(test.samples)]))
    mean = {name: float(np.median(np.stack(each), axis=0).mean()) for name, each in times.items()}
    shares = {name: mean[name] / mean["stock"] for name in ways}
    return {**shares, "stock_ms": mean["stock"], "samples": test.samples, "rounds": len(times["stock"])}


def _stock(ladders: Ladders, xs: Sequence[NDArray[Any]]) -> Callable[[int], float]:
    return lambda sample: ladders.stock(xs, sample)


def _session(ladders: Ladders, xs: Sequence[NDArray[Any]], way: Chosen, test: Recording) -> Callable[[int], float]:
    """A new session that follows one way; each call answers a sample and returns milliseconds."""
    candidates = [
        CandidateFacts((Stage(rung=ladders.exact),)),
        CandidateFacts(way.stages, reuse_change=way.reuse_change),
    ]
    session = Controller(
        test.facts(HERE), candidates, Rule(kind="fixed", confidence=test.confidence, candidate=1),
        exact_rung=ladders.exact, output_count=test.output_count,
    )  # fmt: skip
    before: list[int] = []

    def run(sample: int) -> float:
        known = np.nan
        begin = time.perf_counter_ns()
        if test.inputs is not None and before:
            known = float(np.sqrt(np.mean(np.square(test.inputs[sample] - test.inputs[before[-1]]))))
        step = session.begin(Context(input_change=known))
        spent = time.perf_counter_ns() - begin
        while step.action == "run":
            output, ms = ladders.run(step.rung, xs, sample)
            begin = time.perf_counter_ns()
            step = session.observe(output, ms)
            spent += time.perf_counter_ns() - begin + round(ms * 1e6)
        if step.action != "reuse":
            before[:] = [sample]
        session.finish()
        return spent / 1e6

    return run
