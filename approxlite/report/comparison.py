"""Every way of running a model side by side on one data set: stock, exact, the best single rung, the policy."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import AgreementRule
from approxlite.formats.configuration import EXACT
from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.errors import InputError
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import ClassMap, LadderRung, Policy
from approxlite.formats.rung import RungSpec
from approxlite.formats.weights_file import WeightsFile
from approxlite.policy.outcomes import comparable, rung_class_maps
from approxlite.policy.statistics import ratio_of_times
from approxlite.policy.turns import BLOCK, take_steady_turns
from approxlite.policy.ways import Way, way_of
from approxlite.profiler.versions import versions
from approxlite.report.inspection import inspect_model
from approxlite.report.results import ResultRow, Results, Role
from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.input_map import grid_of, on_grid, real
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.session import Session
from approxlite.runtime.timed import Timed

ModelFile = str | os.PathLike[str]
Progress = Callable[[str, float], None]


class _Named(NamedTuple):
    name: str
    role: Role
    detail: str
    way: Way


def compare(
    models: Sequence[ModelFile],
    policy: Policy,
    data: Data,
    *,
    unseen: bool,
    single: LadderRung | None = None,
    weights: WeightsFile | None = None,
    class_maps: Sequence[ClassMap] = (),
    int8: ModelFile | None = None,
    quality: str = "top_one",
    seconds: float = 6.0,
    seed: int = 0,
    progress: Progress = lambda _what, _share: None,
) -> Results:
    """Answers every sample in every way, then lets all ways take turns on them for about `seconds`.

    models: all that the policy was built from, the best last; everything is compared with that one. single: the best
    rung of `models` without a cascade, if it is to be shown, which finds its weights in `weights` and answers in the
    classes that `class_maps`, by model, translates. int8: the same network as a quantised file, run on stock LiteRT.
    quality: how answers are scored against the truth (policy/quality.py).
    unseen: whether `data` was kept away from tuning and certification, for the report. Raises ModelError, PolicyError,
    InputError, or UnstableError when timings do not settle. Belongs to one thread.
    """
    progress("answering every sample", 0.0)
    rule, last = policy.agreement, models[-1]
    with Session(policy, models) as session:
        answered = [session.run(x) for x in data.x]
        depths = np.array([len(answer.rungs_run) for answer in answered])
        rungs = np.array([answer.rung for answer in answered])
        ways = [_Named("stock float", "stock", "", _timed(Timed(StockInterpreter(last)), data, rule))]
        if int8 is not None:
            ways.append(_Named("stock int8", "stock", "", _quantised(StockInterpreter(int8), data, rule)))
        ways.append(_Named("exact", "exact", "", _timed(_exact(last), data, rule)))
        if single is not None:
            alone = _single(models, single, weights, data, rule, class_maps[single.model] if class_maps else None)
            ways.append(_Named("best single rung", "rung", single.configuration, alone))
        outputs = [comparable(answer.output, rule) for answer in answered]
        maps = rung_class_maps(policy)
        ours = Way(outputs, [maps[rung] for rung in rungs], lambda x: session.run(x).latency_ms)
        ways.append(_Named("policy", "policy", _stages(policy), ours))
        times = take_steady_turns(
            {named.name: named.way.run for named in ways},
            data.x,
            ours="policy",
            reference="stock float",
            seconds=seconds,
            seed=seed,
            progress=lambda done: progress("all ways take turns", done),
        )
    shape = [int(n) for n in StockInterpreter(last).get_output_details()[0]["shape"][1:]]

    def score(way: Way) -> Estimate | None:
        return way.score(data, rule, quality, shape)

    exact = next(named.way for named in ways if named.role == "exact")
    return Results(
        created=now(),
        inspection=inspect_model(last),
        data=data.name,
        data_sha256=data.sha256,
        samples=len(data),
        unseen=unseen,
        rounds=len(times["policy"]),
        seed=seed,
        versions=versions(),
        quality=quality,
        rows=tuple(_row(named, exact, times, seed, rule, score(named.way)) for named in ways),
        reached=tuple(float((depths > stage).mean()) for stage in range(len(policy.stages))),
        answered=tuple(float((rungs == number).mean()) for number in range(len(policy.ladder))),
    )


def _exact(model: ModelFile) -> Timed:
    interpreter = Interpreter(model, [RungSpec(configuration=EXACT)])
    interpreter.allocate_tensors()
    return Timed(interpreter)


def _timed(timed: Timed, data: Data, rule: AgreementRule) -> Way:
    return way_of(lambda x: (timed.run(x), timed.last_ns / 1e6), data, rule)


def _single(
    models: Sequence[ModelFile],
    rung: LadderRung,
    weights: WeightsFile | None,
    data: Data,
    rule: AgreementRule,
    class_map: ClassMap,
) -> Way:
    """The rung alone, given its input as in a ladder of all the models."""
    ladder = Ladder(models, [rung], weights=weights)
    return way_of(lambda x: (ladder.run(0, x), ladder.last_ns / 1e6), data, rule, class_map)


def _quantised(interpreter: StockInterpreter, data: Data, rule: AgreementRule) -> Way:
    """The quantised file; putting inputs on its grid and taking outputs off it is not on the clock."""
    timed = Timed(interpreter)
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    grid = None if np.dtype(given["dtype"]) == data.x.dtype else grid_of(given, InputError)
    output_grid = None if rule.loss == "top_one" else grid_of(taken, InputError)

    def run(x: NDArray[Any]) -> tuple[NDArray[Any], float]:
        output = timed.run(x if grid is None else on_grid(x, np.dtype(given["dtype"]), grid))
        return (output if output_grid is None else real(output, output_grid)), timed.last_ns / 1e6

    return way_of(run, data, rule)


def _row(
    named: _Named,
    exact: Way,
    times: Mapping[str, NDArray[np.float64]],
    seed: int,
    rule: AgreementRule,
    score: Estimate | None,
) -> ResultRow:
    return ResultRow(
        name=named.name,
        role=named.role,
        detail=named.detail,
        accuracy=score,
        agreement=named.way.agreement(exact, rule),
        time_ms=float(np.median(times[named.name], axis=0).mean()),
        ratio=ratio_of_times(times[named.name], times["stock float"], block=BLOCK, seed=seed),
    )


def _stages(policy: Policy) -> str:
    count = len(policy.stages)
    return "one rung" if count == 1 else f"cascade of {count} stages"
