"""What a policy, or one configuration, scores and costs on data, measured beside stock LiteRT and exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.configuration import EXACT
from approxlite.formats.data import Data
from approxlite.formats.document import Document
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Policy
from approxlite.formats.provenance import Sha256
from approxlite.formats.rung import RungSpec
from approxlite.policy.outcomes import answered_shares, comparable, reached_shares, rung_class_maps
from approxlite.policy.statistics import ratio_of_times
from approxlite.policy.turns import BLOCK, take_steady_turns
from approxlite.policy.ways import Way, way_of
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.interpreter import Interpreter
from approxlite.runtime.session import Session
from approxlite.runtime.stock import StockInterpreter
from approxlite.runtime.timed import Timed
from approxlite.runtime.verification import models_of

SECONDS = 10.0
Progress = Callable[[float], None]


class Cost(Document):
    """Time per inference, every rung that ran included, and its shares of exact's and of stock LiteRT float's."""

    mean_ms: float
    ratio_to_exact: float
    ratio_to_stock: float
    ratio_to_exact_interval: Estimate
    ratio_to_stock_interval: Estimate


class Beside(Document):
    """What took turns with it. ratio_to_stock: share of stock LiteRT float's time."""

    name: str
    agreement: Estimate
    accuracy: Estimate | None
    mean_ms: float
    ratio_to_stock: Estimate


class Evaluation(Document):
    """The answer of `approxlite evaluate`.

    agreement: share of answers that are exact's. accuracy: share that is right, or the mean of the quality asked for;
    None without labels or truth. quality: what accuracy is the mean of.
    rungs: share of inputs that each rung of the ladder answers. reached: share of inputs that each stage runs.
    """

    data: str
    data_sha256: Sha256
    samples: int
    agreement: Estimate
    accuracy: Estimate | None
    quality: str = "top_one"
    cost: Cost
    rungs: tuple[float, ...]
    reached: tuple[float, ...]
    beside: tuple[Beside, ...]
    rounds: int
    seed: int
    threads: int


def evaluate_policy(
    policy: Policy,
    models: ModelSource | Sequence[ModelSource],
    data: Data,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    threads: int = 1,
    quality: str = "top_one",
    progress: Progress = lambda _share: None,
) -> Evaluation:
    """Really runs `policy` on `data`, in turns with stock and exact, for about `seconds` and at least three rounds,
    on as many `threads`.

    quality: how answers are scored against the truth (policy/quality.py).
    Raises PolicyError as a session does, and UnstableError when timings do not settle. Other work in this process would
    be measured too.
    """
    sources = models_of(policy, models)
    with Session(policy, sources, num_threads=threads) as session:
        answered = [session.run(x) for x in data.x]
        maps = rung_class_maps(policy)
        ours = Way(
            [comparable(answer.output, policy.agreement) for answer in answered],
            [maps[answer.rung] for answer in answered],
            lambda x: session.run(x).latency_ms,
        )
        ran = [answer.rungs_run for answer in answered]
        rungs = answered_shares(ran, len(policy.ladder))
        reached = reached_shares(ran, policy.stages)
        exact_model = sources[policy.ladder[policy.exact_rung].model]
        return _evaluation(
            ours, exact_model, data, rungs, reached, policy.agreement, seconds, seed, threads, quality, progress
        )


def evaluate_configuration(
    rung: RungSpec,
    model: ModelSource,
    data: Data,
    *,
    agreement: AgreementRule = TOP_ONE,
    seconds: float = SECONDS,
    seed: int = 0,
    threads: int = 1,
    quality: str = "top_one",
    progress: Progress = lambda _share: None,
) -> Evaluation:
    """The same for one rung on its own; `agreement` says when answers are exact's.

    Raises ConfigurationError when it does not fit the model.
    """
    ours = _way(_loaded(model, rung, threads), data, agreement)
    return _evaluation(ours, model, data, (1.0,), (1.0,), agreement, seconds, seed, threads, quality, progress)


def _evaluation(
    ours: Way,
    model: ModelSource,
    data: Data,
    rungs: tuple[float, ...],
    reached: tuple[float, ...],
    rule: AgreementRule,
    seconds: float,
    seed: int,
    threads: int,
    quality: str,
    progress: Progress,
) -> Evaluation:
    stock = StockInterpreter(model, num_threads=threads)
    ways = {
        "ours": ours,
        "exact": _way(_loaded(model, RungSpec(configuration=EXACT), threads), data, rule),
        "stock": _way(Timed(stock), data, rule),
    }
    runs = {name: way.run for name, way in ways.items()}
    times = take_steady_turns(
        runs, data.x, ours="ours", reference="stock", seconds=seconds, seed=seed, progress=progress
    )
    agreements = {name: way.agreement(ways["exact"], rule) for name, way in ways.items()}
    shape = [int(n) for n in stock.get_output_details()[0]["shape"][1:]]

    accuracies = {name: way.score(data, rule, quality, shape) for name, way in ways.items()}

    def ratio(name: str, reference: str) -> Estimate:
        return ratio_of_times(times[name], times[reference], block=BLOCK, seed=seed)

    def mean_ms(name: str) -> float:
        return float(np.median(times[name], axis=0).mean())

    to_exact, to_stock = ratio("ours", "exact"), ratio("ours", "stock")
    return Evaluation(
        data=data.name,
        data_sha256=data.sha256,
        samples=len(data),
        agreement=agreements["ours"],
        accuracy=accuracies["ours"],
        quality=quality,
        cost=Cost(
            mean_ms=mean_ms("ours"),
            ratio_to_exact=to_exact.value,
            ratio_to_stock=to_stock.value,
            ratio_to_exact_interval=to_exact,
            ratio_to_stock_interval=to_stock,
        ),
        rungs=rungs,
        reached=reached,
        beside=tuple(
            Beside(
                name=name,
                agreement=agreements[name],
                accuracy=accuracies[name],
                mean_ms=mean_ms(name),
                ratio_to_stock=ratio(name, "stock"),
            )
            for name in ("exact", "stock")
        ),
        rounds=len(times["ours"]),
        seed=seed,
        threads=threads,
    )


def _loaded(model: ModelSource, rung: RungSpec, threads: int) -> Timed:
    interpreter = Interpreter(model, [rung], num_threads=threads)
    interpreter.allocate_tensors()
    return Timed(interpreter)


def _way(timed: Timed, data: Data, rule: AgreementRule) -> Way:
    return way_of(lambda x: (timed.run(x), timed.last_ns / 1e6), data, rule)
