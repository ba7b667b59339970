"""How fast one configuration of a model is beside stock LiteRT, both in this process, taking turns."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from statistics import median

from pydantic import BaseModel

from approxlite.formats.configuration import Configuration
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.profiler.estimates import median_estimate
from approxlite.profiler.host import host_device
from approxlite.profiler.inputs import placeholder_scales, set_random_inputs
from approxlite.profiler.interleave import Block, Subject, rounds_for
from approxlite.profiler.versions import versions
from approxlite.runtime import Interpreter, StockInterpreter

INSTANCES = 6
"""Pairs of interpreters. Where in memory one happens to lie moves its time by a percent or two, in all of its rounds;
of six independent pairs the smallest and the largest ratio are a 95 % interval of the median."""

_ROUNDS_AT_LEAST = 3  # of each pair


class Ratio(BaseModel):
    """Our time as a share of the other's: the median over pairs of interpreters and its 95 % interval."""

    median: float
    low: float
    high: float


class Cpu(BaseModel):
    """The processor, and those of its features that choose kernels."""

    model: str
    features: tuple[str, ...]


class Bench(BaseModel):
    """What `approxlite bench --json` prints."""

    model: str
    against: str
    configuration: str
    threads: int
    ours_ms: float
    stock_ms: float
    ratio: Ratio
    instances: int
    rounds: int
    cpu: Cpu
    versions: dict[str, str]


def bench(
    model: str | PathLike[str],
    rung: RungSpec,
    *,
    against: str | PathLike[str] | None = None,
    seconds: float = 3.0,
    threads: int = 1,
    seed: int = 0,
) -> Bench:
    """Times `invoke()` alone on `threads` threads, with one random input already set, of `INSTANCES` pairs in turn.

    Without scales of its own the rung gets placeholders, taken from that input. `against` runs on stock LiteRT; None is
    the model itself. Raises ModelError or ConfigurationError. Not thread-safe:
    other work in this process would be measured too.
    """
    pairs: list[tuple[Interpreter, StockInterpreter]] = []  # all kept, so that no two lie in the same place
    taken: list[list[dict[str, Block]]] = []
    for instance in range(INSTANCES):
        pair = (
            Interpreter(model, [rung], num_threads=threads),
            StockInterpreter(model if against is None else against, num_threads=threads),
        )
        for interpreter in pair:
            interpreter.allocate_tensors()
            set_random_inputs(interpreter, seed)
        if not rung.scales:
            # As the rung would run once it is calibrated: bytes stay bytes between neighbours.
            configuration = Configuration.parse(rung.configuration, pair[0].operators)
            placed = rung_with(configuration, placeholder_scales(pair[0]), rung.weights)
            pair[0].set_ladder([placed])
        pairs.append(pair)
        subjects = [Subject("ours", pair[0].invoke), Subject("stock", pair[1].invoke)]
        share, order = seconds / INSTANCES, seed * INSTANCES + instance
        taken.append(rounds_for(share, subjects, seed=order, min_rounds=_ROUNDS_AT_LEAST))

    def milliseconds(subject: str) -> float:
        return median(median(round_[subject].median_ns for round_ in rounds) for rounds in taken) / 1e6

    ratio = median_estimate(
        [median(round_["ours"].median_ns / round_["stock"].median_ns for round_ in rounds) for rounds in taken]
    )
    device = host_device()
    return Bench(
        model=Path(model).name,
        against=Path(against or model).name,
        configuration=pairs[0][0].configuration,
        threads=threads,
        ours_ms=milliseconds("ours"),
        stock_ms=milliseconds("stock"),
        ratio=Ratio(median=ratio.value, low=ratio.low, high=ratio.high),
        instances=INSTANCES,
        rounds=sum(map(len, taken)),
        cpu=Cpu(model=device.cpu, features=device.features),
        versions=versions(),
    )
