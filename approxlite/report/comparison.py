"""Every way of running a model side by side on one data set: stock, exact, the best single rung, the policy."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import EXACT
from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.errors import InputError
from approxlite.formats.policy import Policy
from approxlite.formats.rung import RungSpec
from approxlite.policy.outcomes import answers_of, scores
from approxlite.policy.statistics import ratio_of_times, share
from approxlite.policy.turns import BLOCK, Run, take_steady_turns
from approxlite.profiler.versions import versions
from approxlite.report.inspection import inspect_model
from approxlite.report.results import ResultRow, Results, Role
from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.session import Session
from approxlite.runtime.timed import Timed

ModelFile = str | os.PathLike[str]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class _Way:
    """One way of running: its answer to each sample, and how to time it on one."""

    name: str
    role: Role
    detail: str
    answers: NDArray[np.intp]
    run: Run


def compare(
    model: ModelFile,
    policy: Policy,
    data: Data,
    *,
    unseen: bool,
    single: RungSpec | None = None,
    int8: ModelFile | None = None,
    seconds: float = 6.0,
    seed: int = 0,
    progress: Progress = lambda _what, _share: None,
) -> Results:
    """Answers every sample in every way, then lets all ways take turns on them for about `seconds`.

    single: the best rung without a cascade, if it is to be shown. int8: the same network as a quantised file, run on
    stock LiteRT. unseen: whether `data` was kept away from tuning and certification, for the report.
    Raises ModelError, PolicyError, InputError, or UnstableError when timings do not settle. Belongs to one thread.
    """
    progress("answering every sample", 0.0)
    with Session(policy, model) as session:
        answered = [session.run(x) for x in data.x]
        depths = np.array([len(answer.rungs_run) for answer in answered])
        rungs = np.array([answer.rung for answer in answered])
        ways = [_timed("stock float", "stock", Timed(StockInterpreter(model)), data)]
        if int8 is not None:
            ways.append(_quantised(StockInterpreter(int8), data))
        ways.append(_timed("exact", "exact", _rung(model, RungSpec(configuration=EXACT)), data))
        if single is not None:
            ways.append(_timed("best single rung", "rung", _rung(model, single), data, single.configuration))
        classes = answers_of(np.stack([scores(answer.output) for answer in answered]))
        ways.append(_Way("policy", "policy", _stages(policy), classes, lambda x: session.run(x).latency_ms))
        times = take_steady_turns(
            {way.name: way.run for way in ways},
            data.x,
            ours="policy",
            reference="stock float",
            seconds=seconds,
            seed=seed,
            progress=lambda done: progress("all ways take turns", done),
        )
    exact = next(way.answers for way in ways if way.role == "exact")
    return Results(
        created=now(),
        inspection=inspect_model(model),
        data=data.name,
        data_sha256=data.sha256,
        samples=len(data),
        unseen=unseen,
        rounds=len(times["policy"]),
        seed=seed,
        versions=versions(),
        rows=tuple(_row(way, exact, data, times, seed) for way in ways),
        reached=tuple(float((depths > stage).mean()) for stage in range(len(policy.rule.stages))),
        answered=tuple(float((rungs == number).mean()) for number in range(len(policy.ladder))),
    )


def _rung(model: ModelFile, rung: RungSpec) -> Timed:
    interpreter = Interpreter(model, [rung])
    interpreter.allocate_tensors()
    return Timed(interpreter)


def _timed(name: str, role: Role, timed: Timed, data: Data, detail: str = "") -> _Way:
    def run(x: NDArray[Any]) -> float:
        timed.run(x)
        return timed.last_ns / 1e6

    return _Way(name, role, detail, answers_of(np.stack([scores(timed.run(x)) for x in data.x])), run)


def _quantised(interpreter: StockInterpreter, data: Data) -> _Way:
    """The quantised file; putting inputs on its grid is not on the clock."""
    timed = Timed(interpreter)
    detail = interpreter.get_input_details()[0]

    def run(x: NDArray[Any]) -> float:
        timed.run(_on_grid(x, detail))
        return timed.last_ns / 1e6

    answers = answers_of(np.stack([scores(timed.run(_on_grid(x, detail))) for x in data.x]))
    return _Way("stock int8", "stock", "", answers, run)


def _on_grid(x: NDArray[Any], detail: Mapping[str, Any]) -> NDArray[Any]:
    """A float input as a quantised file takes it; as it is when the file takes it so."""
    dtype = np.dtype(detail["dtype"])
    if dtype == x.dtype:
        return x
    scale, zero_point = detail["quantization"]
    if dtype.kind not in "iu" or not scale:
        raise InputError(f"the quantised file takes {dtype} without a scale, so the data cannot be put on its grid")
    limits = np.iinfo(dtype)
    on_grid: NDArray[Any] = np.clip(np.rint(x / scale) + zero_point, limits.min, limits.max).astype(dtype)
    return on_grid


def _row(
    way: _Way, exact: NDArray[np.intp], data: Data, times: Mapping[str, NDArray[np.float64]], seed: int
) -> ResultRow:
    return ResultRow(
        name=way.name,
        role=way.role,
        detail=way.detail,
        accuracy=None if data.y is None else share(int((way.answers == data.y).sum()), len(data)),
        agreement=share(int((way.answers == exact).sum()), len(data)),
        time_ms=float(np.median(times[way.name], axis=0).mean()),
        ratio=ratio_of_times(times[way.name], times["stock float"], block=BLOCK, seed=seed),
    )


def _stages(policy: Policy) -> str:
    count = len(policy.rule.stages)
    return "one rung" if count == 1 else f"cascade of {count} stages"
