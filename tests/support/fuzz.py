"""Feeds mutants to our engine, each where a crash or a hang is seen: in child processes.

    python -m support.fuzz FIRST COUNT "ours"|"ours alone"|"stock"   runs those seeds, printing each before it runs

What stock does not survive by itself is counted apart: no delegate can be better than the runtime that reads the model.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter as LiteRt
from ai_edge_litert.interpreter import OpResolverType

import approxlite
from approxlite.formats.errors import ApproxError, ModelError
from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.base import TensorRunner
from approxlite.runtime.engine import Engine
from support.mutants import damaged, mutant

CORPUS = Path(__file__).parents[1] / "corpus"
LARGEST_INPUT = 1 << 20
SECONDS_OF_ONE = 30
"""A mutant that takes longer by itself hangs."""

HEAPS = ("", "1", "85", "165")
"""MALLOC_PERTURB_ for judging stock: where it reads past an array, what lies there decides whether it crashes."""

PLAIN = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


class WithoutDelegates(TensorRunner):
    """The runtime's own kernels: what neither we nor XNNPACK claim runs on them."""

    def __init__(self, model: bytes) -> None:
        self._name = "model"
        try:
            self._interpreter = LiteRt(model_content=model, experimental_op_resolver_type=PLAIN)
        except (ValueError, RuntimeError) as problem:
            raise ModelError("refused") from problem


class WithoutXnnpack(Interpreter):
    """Our engine and the runtime's own kernels, but no XNNPACK, which looks at what we leave."""

    def __init__(self, model: bytes, *, num_threads: int = 1) -> None:
        super().__init__(model, num_threads=num_threads)
        self._engine = Engine(None, num_threads)
        try:
            self._interpreter = LiteRt(
                model_content=model, experimental_delegates=[self._engine], experimental_op_resolver_type=PLAIN
            )
        except (ValueError, RuntimeError) as problem:
            raise ModelError("refused") from problem


def model_of(seed: int) -> bytes:
    """Even seeds: a random graph with faults. Odd seeds: a model of the corpus, its structure or its bytes damaged."""
    if seed % 2 == 0:
        return mutant(seed // 2)
    chosen = random.Random(seed)
    content = chosen.choice(sorted(CORPUS.glob("*.tflite"))).read_bytes()
    if chosen.random() < 0.75:
        return damaged(content, chosen)
    changed = bytearray(content)
    for _ in range(chosen.choice((1, 2, 8))):
        changed[chosen.randrange(len(changed))] = chosen.choice((0, 1, 127, 128, 255, chosen.randrange(256)))
    return bytes(changed)


def run_model(model: bytes, whose: str, threads: int = 1) -> None:
    """Every answer but a one-line refusal or outputs is an exception, or the end of the process."""
    kinds = {"ours": (Interpreter,), "ours alone": (WithoutXnnpack,), "stock": (StockInterpreter, WithoutDelegates)}
    for kind in kinds[whose]:
        try:
            runner = kind(model, num_threads=threads) if issubclass(kind, Interpreter) else kind(model)
            runner.allocate_tensors()
            invoke(runner)
            if isinstance(runner, Interpreter):
                run_rungs(runner)
        except ApproxError as problem:
            assert "\n" not in str(problem)


def run_rungs(runner: Interpreter) -> None:
    for knob in (-1, 1, -2, 5):
        knobs = [(op.id, op.knobs[knob % len(op.knobs)]) for op in runner.operators]
        runner.set_ladder([",".join(f"{name}={knob}" for name, knob in knobs)])
        invoke(runner)


def invoke(runner: TensorRunner) -> None:
    for each in runner.get_input_details():
        if np.prod(each["shape"], dtype=float) > LARGEST_INPUT:
            return
        runner.set_tensor(each["index"], np.ones(each["shape"], dtype=each["dtype"]))
    runner.invoke()


@dataclass(frozen=True)
class Found:
    """A mutant that took our process down, or kept it. `stock`: by itself, stock fares no better in some heap."""

    seed: int
    how: str
    stock: bool


def search(seeds: range, *, seconds: float = 120) -> Iterator[Found]:
    """Runs all the seeds; `seconds` is the time for those between two findings."""
    first = seeds.start
    while first < seeds.stop:
        outcome = _child(first, seeds.stop - first, "ours", seconds)
        if outcome is None:
            return
        seed, how = outcome
        if how == "hangs":  # or many slow ones; it alone has to show which
            alone = _child(seed, 1, "ours", SECONDS_OF_ONE)
            if alone is None:
                first = seed + 1
                continue
        by_itself = any(_child(seed, 1, "stock", SECONDS_OF_ONE, heap) is not None for heap in HEAPS)
        # XNNPACK reads before the beginning of tables for some mutants; what that finds is another matter each time.
        yield Found(seed, how, by_itself or _child(seed, 1, "ours alone", SECONDS_OF_ONE) is None)
        first = seed + 1


def _child(first: int, count: int, whose: str, seconds: float, heap: str = "") -> tuple[int, str] | None:
    """None if all is well, else the seed that was running and how it ended."""
    folders = [str(Path(__file__).parents[1]), *(str(Path(place).parent) for place in approxlite.__path__)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    if heap:
        environment["MALLOC_PERTURB_"] = heap
    if "APPROX_FUZZ_PRELOAD" in environment:  # what a sanitized library needs
        environment["LD_PRELOAD"] = environment["APPROX_FUZZ_PRELOAD"]
    command = [sys.executable, "-m", "support.fuzz", str(first), str(count), whose]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        return _last_seed(late.stdout or b"", first), "hangs"
    if done.returncode == 0:
        return None
    told = done.stderr.decode(errors="replace").strip().splitlines()
    reason = next((line for line in told if "ERROR: " in line or "runtime error: " in line), told[-1] if told else "")
    return _last_seed(done.stdout, first), f"ends with {done.returncode}: {reason}"


def _last_seed(printed: bytes, first: int) -> int:
    lines = printed.split()
    return int(lines[-1]) if lines else first


if __name__ == "__main__":
    start, amount = int(sys.argv[1]), int(sys.argv[2])
    for number in range(start, start + amount):
        print(number, flush=True)
        run_model(model_of(number), sys.argv[3], threads=1 + number % 3 // 2)
