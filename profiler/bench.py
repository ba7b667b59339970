"""How fast one configuration of a model is beside stock LiteRT, both in this process, taking turns."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from pydantic import BaseModel

from approxlite.formats.interval import Estimate
from approxlite.formats.rung import RungSpec
from approxlite.profiler.estimates import median_estimate
from approxlite.profiler.host import host_device
from approxlite.profiler.inputs import set_random_inputs
from approxlite.profiler.interleave import Subject, rounds_for
from approxlite.profiler.versions import versions
from approxlite.runtime import Interpreter, StockInterpreter


class Ratio(BaseModel):
    """Our time as a share of the other's: the median over rounds and its 95 % interval."""

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
    rounds: int
    cpu: Cpu
    versions: dict[str, str]


def bench(
    model: str | PathLike[str],
    rung: RungSpec,
    *,
    against: str | PathLike[str] | None = None,
    seconds: float = 3.0,
    seed: int = 0,
) -> Bench:
    """Times `invoke()` alone, on one thread, with one random input already set.

    `against` runs on stock LiteRT; None is the model itself. Raises ModelError or ConfigurationError. Not thread-safe:
    other work in this process would be measured too.
    """
    ours = Interpreter(model, [rung])
    stock = StockInterpreter(model if against is None else against)
    for interpreter in (ours, stock):
        interpreter.allocate_tensors()
        set_random_inputs(interpreter, seed)
    taken = rounds_for(seconds, [Subject("ours", ours.invoke), Subject("stock", stock.invoke)], seed=seed)

    def milliseconds(subject: str) -> Estimate:
        return median_estimate([round_[subject].median_ns / 1e6 for round_ in taken])

    ratio = median_estimate([round_["ours"].median_ns / round_["stock"].median_ns for round_ in taken])
    device = host_device()
    return Bench(
        model=Path(model).name,
        against=Path(against or model).name,
        configuration=ours.configuration,
        threads=1,
        ours_ms=milliseconds("ours").value,
        stock_ms=milliseconds("stock").value,
        ratio=Ratio(median=ratio.value, low=ratio.low, high=ratio.high),
        rounds=ratio.samples,
        cpu=Cpu(model=device.cpu, features=device.features),
        versions=versions(),
    )
