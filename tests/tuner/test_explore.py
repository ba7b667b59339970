"""Where real evaluations go, on a pretended model whose knobs do to one another what sums cannot know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.tuner.explore import BATCH, Explored, explore
from approxlite.tuner.hypervolume import Reference
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.search import Menu, Option

SAMPLES, CLASSES, OPERATORS = 200, 4, 6
KNOBS = {"int8": (0.4, 0.1), "rows:1/2": (0.5, 0.6), "rows:1/4": (0.3, 1.2), "cols:3/4": (0.95, 0.8)}
"""Cost, and how far the knob alone moves logits of spread 3. The last saves too little for what it moves."""
MENU: Menu = {
    f"conv_2d_{i}": [Option("exact", 1.0, 0.0), *(Option(knob, cost, move) for knob, (cost, move) in KNOBS.items())]
    for i in range(OPERATORS)
}
HIDDEN = "conv_2d_5"
"""Beside any other approximation its knobs move nothing, which no pass over one operator shows."""


class Pretended:
    def __init__(self) -> None:
        draw = np.random.default_rng(0)
        self.exact = (3 * draw.standard_normal((SAMPLES, CLASSES))).astype(np.float32)
        self.changes = {
            (operator, knob): (move * draw.standard_normal((SAMPLES, CLASSES))).astype(np.float32)
            for operator in MENU
            for knob, (_, move) in KNOBS.items()
        }
        self.ran: list[Configuration] = []

    def scores(self, configuration: Configuration) -> NDArray[np.float32]:
        alone = len(configuration.entries) == 1
        parts = [(o, str(k)) for o, k in configuration.entries if alone or o != HIDDEN]
        return np.asarray(self.exact + sum((self.changes[part] for part in parts), np.zeros(1)), np.float32)

    def disagreement(self, configuration: Configuration) -> float:
        return float((self.scores(configuration).argmax(axis=1) != self.exact.argmax(axis=1)).mean())

    def evaluate(self, configurations: Sequence[Configuration]) -> list[tuple[float, NDArray[np.float32]]]:
        self.ran += configurations
        return [(self.disagreement(c), self.scores(c)) for c in configurations]

    def explore(self, evaluations: int, seed: int = 0) -> Explored:
        return explore(
            [Configuration(), Configuration.parse("conv_2d_0=int8")],
            [],
            MENU,
            LogitPredictor(self.exact, self.changes),
            self.evaluate,
            lambda configurations: [
                sum(KNOBS[str(knobs[o])][0] if (knobs := dict(c.entries)).get(o) else 1.0 for o in MENU)
                for c in configurations
            ],
            Reference(float(OPERATORS), 0.5),
            evaluations=evaluations,
            seed=seed,
        )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("evaluations", [1, 2, 9, 3 * BATCH, 40])
def test_no_more_is_run_than_was_asked_for_and_nothing_twice(evaluations: int, seed: int) -> None:
    model = Pretended()
    found = model.explore(evaluations, seed)
    assert len(model.ran) == len(set(model.ran)) == len(found.points) <= evaluations


def test_the_same_seed_runs_the_same() -> None:
    first, second = Pretended(), Pretended()
    first.explore(30, seed=3)
    second.explore(30, seed=3)
    assert first.ran == second.ran


def test_what_runs_had_is_predicted_better_than_sums_do() -> None:
    model = Pretended()
    found = model.explore(48)
    sums = LogitPredictor(model.exact, model.changes)
    fresh = [c for c in _drawn(60) if c not in found.points]
    errors = [[abs(p.disagreement(c) - model.disagreement(c)) for c in fresh] for p in (sums, found.predictor)]
    assert np.mean(errors[1]) < 0.8 * np.mean(errors[0])


def test_knobs_that_promise_nothing_are_run_for_what_they_teach() -> None:
    found = Pretended().explore(64)
    ran = {(o, str(k)) for c in found.points for o, k in c.entries}
    assert {(operator, "cols:3/4") for operator in MENU} <= ran


def _drawn(count: int) -> list[Configuration]:
    draw = np.random.default_rng(1)
    texts = [
        ",".join(f"{operator}={draw.choice(list(KNOBS))}" for operator in MENU if draw.random() < 0.5)
        for _ in range(count)
    ]
    return [Configuration.parse(text) for text in texts if text]
