"""Mobiprox's engines on the ladder of static rungs, as published and repaired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.policy import Stage
from approxlite.formats.rule import Rule, RuleKind
from approxlite.policy.simulation.devices import HERE
from approxlite.policy.simulation.recording import Recording, confidence_table
from approxlite.policy.simulation.scenario import Scenario, play
from approxlite.runtime.controller import CandidateFacts
from controllers.frontier import Point

ENGINES: tuple[RuleKind, ...] = ("naive", "state", "kalman", "confidence")
_HAS_VARIANTS = ("naive", "confidence")  # what "as published" changes


@dataclass(frozen=True)
class Engine:
    """rungs: most accurate first, as its engine walks along them."""

    name: str
    rule: Rule
    rungs: tuple[int, ...]


def engines(tuning: Recording, rungs: Sequence[int], labels: NDArray[np.int64]) -> list[Engine]:
    """All of them; the confidence engine's table is read off the tuning samples and their labels."""
    table = tuple(
        tuple((_known(wrong), _known(right)) for wrong, right in classes)
        for classes in confidence_table(tuning, rungs, labels)
    )
    found = []
    for engine in ENGINES:
        for growth in (1, 2):
            for published in (True, False) if engine in _HAS_VARIANTS else (True,):
                name = f"{engine} x{growth}" + ("" if published else ", repaired")
                rule = Rule(
                    kind=engine,
                    confidence=tuning.confidence,
                    growth=growth,
                    as_published=published and engine in _HAS_VARIANTS,
                    confidence_table=table if engine == "confidence" else None,
                )
                found.append(Engine(name, rule, tuple(rungs)))
    return found


def play_engine(recording: Recording, engine: Engine, *, stream: bool, seed: int) -> Point:
    """What the engine does on the test samples: in time order, or drawn anew ten times round."""
    candidates = [CandidateFacts((Stage(rung=rung),)) for rung in engine.rungs]
    rounds = 1 if stream else 10
    costs, differs = np.zeros(recording.samples), np.zeros(recording.samples)
    for number in range(rounds):
        scenario = Scenario(HERE, order="stream" if stream else "drawn", seed=seed + number)
        played = play(recording, scenario, candidates, engine.rule)
        costs[played.order] += played.steps["latency_ms"] / rounds
        differs[played.order] += played.steps["differs"] / rounds
    return Point(engine.name, costs, differs)  # type: ignore[arg-type]


def walkable(tuning: Recording, rungs: Sequence[int], exact: int) -> list[int]:
    """The ladder for engines: exact, then the rungs that none beats on the tuning samples, most accurate first."""
    share, costs = tuning.differs().mean(axis=1), tuning.cost_ms
    front: list[int] = []
    for rung in sorted(rungs, key=lambda rung: (costs[rung], share[rung])):
        if not front or share[rung] < share[front[-1]]:
            front.append(rung)
    return [exact, *(rung for rung in reversed(front) if rung != exact)]


def _known(value: np.float32) -> float | None:
    return float(value) if np.isfinite(value) else None
