"""Everything about one subject: tuned curves, measured costs, our frontier, static rungs, engines, hours of use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from approxlite.formats.document import now
from approxlite.formats.policy import Stage
from approxlite.formats.trace import save_trace
from approxlite.policy.simulation.devices import PHONE
from approxlite.policy.simulation.oracle import oracle_cost
from approxlite.policy.simulation.trace import trace_rows
from controllers.adaptive import AIMS, DEFAULT_AIM, Chosen, Tuning, point
from controllers.engines import engines, play_engine, walkable
from controllers.frontier import Point, cost_at, share_at_equal_disagreement
from controllers.measured import Costs, Ladders
from controllers.really import really_run
from controllers.rhythm import Budget, Heat, Hour, budgets, facts_of, heat, in_the_sun
from controllers.speed import MOST_S, MOST_US, speeds
from controllers.subjects import Subject
from controllers.tuned import tuned

TRACED = 20_000
"""Inputs of the hour in the sun that are left in a trace."""

MOST_CERTIFIED = 0.03
"""Largest aim of candidates that a simulated phone may follow, as after certifying at a few per cent."""


def compare(
    subject: Subject, collection: Path, cache: Path, seconds: float, seed: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """All figures of one subject and which bars they meet. Raises ApproxError."""
    ladders = Ladders(subject, [tuned(network, collection, cache, seed, say) for network in subject.networks])
    say(f"{subject.name}: {len(ladders.configurations)} rungs")
    xs = ladders.samples("test")
    costs = ladders.costs(xs, seconds, seed)
    tuning_recording, test = ladders.recording("tuning", costs), ladders.recording("test", costs)
    other = [rung not in ladders.last_network for rung in range(len(ladders.configurations))]
    tuning = Tuning(tuning_recording, other if any(other) else ())
    stream = subject.order == "stream"
    chosen = tuning.on_stream(AIMS) if stream else [tuning.adaptive(aim) for aim in AIMS]
    static_rungs = ladders.last_network
    statics = [point(test, tuning.static(aim, static_rungs), f"static, aim {aim:g}") for aim in AIMS]
    exact = point(test, tuning.static(0.0, [ladders.exact]), "exact")
    ours = [point(test, each, f"ours, aim {each.aim:g}") for each in chosen]
    block = 32 if stream else 1
    headline = next(number for number, each in enumerate(chosen) if each.aim == DEFAULT_AIM)
    ratio, bar = _headline(subject, ours, [exact, *statics], headline, block, seed)
    every = [point(test, Chosen(0, (Stage(rung=rung),)), ladders.configurations[rung]) for rung in static_rungs]
    hindsight, _ = _headline(subject, ours, every, headline, block, seed)
    front = [(each.disagreement, each.cost) for each in (exact, *ours)]
    ladder = walkable(tuning_recording, static_rungs, ladders.exact)
    played = [
        play_engine(test, engine, stream=stream, seed=seed)
        for engine in engines(tuning_recording, ladder, ladders.labels("tuning"))
    ]
    steps = _growing(tuning, [each for each in chosen if each.aim <= MOST_CERTIFIED])
    hours: list[Budget] = []
    warm: Heat | None = None
    sunny: list[Hour] = []
    if not stream:
        hours, warm = budgets(tuning_recording, test, steps, seed), heat(tuning_recording, test, steps, seed)
        sunny, lived = in_the_sun(tuning_recording, test, steps, seed)
        save_trace(cache / f"{subject.name}.trace.jsonl", islice(trace_rows(lived, now(), test.outputs), TRACED))
    ways = {"ours": chosen[headline], "static": tuning.static(DEFAULT_AIM, static_rungs)}
    real = really_run(ladders, xs, ways, test, seconds, seed)
    differs = test.differs()
    result: dict[str, Any] = {
        "name": subject.name,
        "samples": test.samples,
        "tuning_samples": tuning_recording.samples,
        "rounds": costs.rounds,
        "stock_ms": costs.stock_ms,
        "rungs": [
            {"configuration": text, "cost": ms / costs.stock_ms, "disagreement": float(share)}
            for text, ms, share in zip(ladders.configurations, costs.cost_ms, differs.mean(axis=1), strict=True)
        ],
        "exact": _told(exact, costs),
        "static": [_told(each, costs) for each in statics],
        "ours": [
            {**_told(each, costs), "stages": [stage.rung for stage in way.stages], "reuse_change": way.reuse_change}
            for each, way in zip(ours, chosen, strict=True)
        ],
        "ratio": asdict(ratio),
        "hindsight": asdict(hindsight),
        "bar": bar,
        "really_run": real,
        "oracle": {
            "agreeing": oracle_cost(test.cost_ms, differs) / costs.stock_ms,
            "at_our_disagreement": oracle_cost(test.cost_ms, differs, ours[headline].disagreement) / costs.stock_ms,
        },
        "engines": [
            {**_told(each, costs), "ours_there": cost_at(front, each.disagreement) / costs.stock_ms} for each in played
        ],
        "budgets": [asdict(each) for each in hours],
        "heat": asdict(warm) if warm else None,
        "in_the_sun": [asdict(each) for each in sunny],
        "speed": [asdict(each) for each in speeds(test, facts_of(tuning_recording, steps, PHONE), seed)],
    }
    result["bars"] = {
        f"time at most {bar:g} of {'the best static rung' if subject.within is None else 'static, both within 1 %'}": (
            ratio.value <= bar
        ),
        "cheaper than every engine at its disagreement": all(
            each["ours_there"] <= each["cost"] for each in result["engines"]
        ),
    }
    result["bars"][f"a decision at most {MOST_US:g} us, a million inputs at most {MOST_S:g} s"] = all(
        each["us_step"] <= MOST_US and each["seconds"] <= MOST_S for each in result["speed"]
    )
    if hours and warm:
        result["bars"]["energy budgets held within 3 %, or reported"] = all(each.holds for each in hours)
        result["bars"]["no slower when warm"] = warm.holds
        result["bars"]["nothing that is not certified runs"] = not any(each.past_certified for each in sunny)
    return result


def _headline(
    subject: Subject, ours: Sequence[Point], statics: Sequence[Point], default: int, block: int, seed: int
) -> tuple[Any, float]:
    """At the default aim against static rungs at the disagreement realised; or both within what the subject says."""
    if subject.within is None:
        return share_at_equal_disagreement(ours[default], statics, block=block, seed=seed), subject.bar
    point = min((each for each in ours if each.disagreement <= subject.within), key=lambda each: each.cost)
    allowed = [each for each in statics if each.disagreement <= subject.within]
    best = min(allowed, key=lambda each: each.cost)
    alone = Point(best.name, best.cost_ms, point.differs)  # at the same place, so that only times are compared
    return share_at_equal_disagreement(point, [alone], block=block, seed=seed), subject.bar


def _growing(tuning: Tuning, chosen: Sequence[Chosen]) -> list[Chosen]:
    """Candidates of a policy: each cheaper than the one before."""
    kept: list[Chosen] = []
    cost = np.inf
    for each in chosen:
        of = point(tuning.recording, each, "").cost
        if of < 0.98 * cost:
            kept.append(each)
            cost = of
    return kept


def _told(each: Point, costs: Costs) -> dict[str, Any]:
    return {"name": each.name, "cost": each.cost / costs.stock_ms, "disagreement": each.disagreement}
