"""Spends real evaluations one batch at a time, each where the hypervolume is expected to grow most.

What was run corrects the predictor, the corrected predictor is searched from the best that was run, and the most
promising of what it finds is run next.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from approxlite.formats.configuration import Configuration, Knob
from approxlite.tuner.hypervolume import Point, Reference, gains, staircase
from approxlite.tuner.judge import Scores
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.search import Menu

BATCH = 8
"""Configurations that are run between two corrections."""

CHILDREN = 400
"""Configurations predicted for each batch, unless answers are large."""

WORK = 40_000_000
"""Scores that may be predicted for each batch."""

LEAST_OPTIMISTIC = 0.05
"""Share of a predicted disagreement below which hoping ends."""

TAUGHT = 60
"""Configurations to choose the one from, in each batch, that is run for what it teaches."""

GENERATIONS = 5
CROSSED = 0.35
"""Share of children that mix two parents; the others exchange one to three knobs of one."""

Evaluate = Callable[[Sequence[Configuration]], Sequence[tuple[float, Scores]]]
"""Runs configurations: counted disagreement, and scores as the predictor knows them."""

Cost = Callable[[Sequence[Configuration]], Sequence[float]]


@dataclass(frozen=True)
class Explored:
    """Everything that was run, in order, with what had been predicted of it, and the predictor it left."""

    points: Mapping[Configuration, Point]
    predicted: Mapping[Configuration, float]
    predictor: LogitPredictor


def explore(
    starts: Sequence[Configuration],
    pool: Iterable[Configuration],
    menu: Menu,
    predictor: LogitPredictor,
    evaluate: Evaluate,
    cost: Cost,
    reference: Reference,
    *,
    evaluations: int,
    seed: int,
    progress: Callable[[float], None] = lambda _share: None,
) -> Explored:
    """Runs `starts`, then up to `evaluations` configurations in all, of `pool` and of what is near the best of them.

    Deterministic for a seed. Configurations beyond `reference` are not run.
    """
    state = _Exploration(menu, predictor, evaluate, cost, reference, random.Random(seed))
    state.run(list(dict.fromkeys(starts))[:evaluations])
    state.offer(pool)
    while len(state.points) < evaluations:
        progress(len(state.points) / max(evaluations, 1))
        state.correct()
        state.search()
        chosen = state.most_promising(min(BATCH, evaluations - len(state.points)))
        if not chosen:
            break
        teaching = state.most_teaching() if len(chosen) == BATCH else None
        if teaching is not None and teaching not in chosen:
            chosen[-1] = teaching
        state.run(chosen)
    state.correct()
    return Explored(state.points, state.predicted, state.predictor)


class _Exploration:
    def __init__(
        self,
        menu: Menu,
        predictor: LogitPredictor,
        evaluate: Evaluate,
        cost: Cost,
        reference: Reference,
        order: random.Random,
    ) -> None:
        self.points: dict[Configuration, Point] = {}
        self.predicted: dict[Configuration, float] = {}
        self.predictor = predictor
        self._uncorrected = predictor
        self._knobs = {o: [Knob.parse(option.knob) for option in options] for o, options in menu.items()}
        self._open = [operator for operator, knobs in self._knobs.items() if len(knobs) > 1]
        self._evaluate, self._cost, self._reference, self._order = evaluate, cost, reference, order
        self._scores: dict[Configuration, Scores] = {}
        self._ran: set[tuple[str, Knob]] = set()
        self._candidates: dict[Configuration, Point] = {}

    def run(self, configurations: Sequence[Configuration]) -> None:
        costs = self._cost(configurations)
        for configuration, spent, (disagreement, scores) in zip(
            configurations, costs, self._evaluate(configurations), strict=True
        ):
            self.predicted[configuration] = self._predict(configuration)
            self.points[configuration] = (spent, disagreement)
            self._scores[configuration] = scores
            self._ran.update(configuration.entries)
            self._candidates.pop(configuration, None)

    def offer(self, configurations: Iterable[Configuration]) -> None:
        new = [c for c in dict.fromkeys(configurations) if c not in self.points and c not in self._candidates]
        for configuration, spent in zip(new, self._cost(new), strict=True):
            if spent < self._reference.cost:
                self._candidates[configuration] = (spent, self._predict(configuration))

    def correct(self) -> None:
        self.predictor = self._uncorrected.corrected(self._scores)
        for configuration, (spent, _) in self._candidates.items():
            self._candidates[configuration] = (spent, self._predict(configuration))

    def search(self) -> None:
        """Generations of exchanges and crossings from what is best, measured or predicted."""
        children = min(CHILDREN, max(WORK // self.predictor.exact.size, BATCH))
        for _ in range(GENERATIONS):
            parents = self._parents()
            self.offer(self._child(parents) for _ in range(children // GENERATIONS))
            self._keep_best()

    def most_promising(self, count: int) -> list[Configuration]:
        """One after the other, as if each turned out as predicted; where none then promises anything, as if a little
        better than predicted, and so on, because a prediction that nothing can be gained is one, too."""
        known = list(self.points.values())
        chosen: list[Configuration] = []
        left = dict(self._candidates)
        optimism = 1.0
        while left and len(chosen) < count and optimism > LEAST_OPTIMISTIC:
            values = np.array(list(left.values())) * (1.0, optimism)
            gained = gains(known, values, self._reference)
            best = int(gained.argmax())
            if gained[best] <= 0:
                optimism *= 0.8
                continue
            configuration = list(left)[best]
            known.append((values[best, 0], values[best, 1]))
            chosen.append(configuration)
            del left[configuration]
        return chosen

    def most_teaching(self) -> Configuration | None:
        """Near the best, with the knobs that no run had yet and that move answers most; None where there are none.

        A search runs what it believes in, and so never learns where it believes too little.
        """
        parents = self._parents()
        unseen = {o: [knob for knob in knobs if (o, knob) not in self._ran] for o, knobs in self._knobs.items()}
        unseen = {o: [knob for knob in knobs if self._known(o, knob)] for o, knobs in unseen.items()}
        open_ = [operator for operator, knobs in unseen.items() if knobs]
        best, most = None, 0.0
        for _ in range(TAUGHT if open_ else 0):
            knobs = dict(self._order.choice(parents).entries)
            for operator in self._order.sample(open_, min(self._order.choice((1, 2, 2, 3)), len(open_))):
                knobs[operator] = self._order.choice(unseen[operator])
            configuration = Configuration.of(knobs)
            taught = sum(self.predictor.loss(o, str(k)) for o, k in configuration.entries if k in unseen.get(o, ()))
            if taught > most and self._predict(configuration) <= self._reference.disagreement:
                best, most = configuration, taught
        return best

    def _known(self, operator: str, knob: Knob) -> bool:
        """Whether a knob is an approximation that was measured."""
        return knob != Knob() and self.predictor.knows(operator, str(knob))

    def _predict(self, configuration: Configuration) -> float:
        known = Configuration(tuple((o, k) for o, k in configuration.entries if self.predictor.knows(o, str(k))))
        return self.predictor.disagreement(known)

    def _parents(self) -> list[Configuration]:
        measured = _best(self.points, self._reference)
        promising = _best({**self.points, **self._candidates}, self._reference)
        return list(dict.fromkeys([*measured, *promising])) or list(self.points)

    def _child(self, parents: Sequence[Configuration]) -> Configuration:
        order = self._order
        knobs = dict(order.choice(parents).entries)
        if order.random() < CROSSED and len(parents) > 1:
            other = dict(order.choice(parents).entries)
            for operator in self._open:
                if order.random() < 0.5:
                    knobs[operator] = other.get(operator, Knob())
        else:
            for operator in order.sample(self._open, min(order.choice((1, 1, 2, 2, 3)), len(self._open))):
                knobs[operator] = order.choice(self._knobs[operator])
        return Configuration.of(knobs)

    def _keep_best(self) -> None:
        """A few layers of the front; the rest would only be predicted again after every correction."""
        kept: dict[Configuration, Point] = {}
        left = dict(self._candidates)
        for _ in range(4):
            for configuration in _best(left, self._reference):
                kept[configuration] = left.pop(configuration)
        self._candidates = kept


def _best(points: Mapping[Configuration, Point], reference: Reference) -> list[Configuration]:
    """Configurations that no other beats, below the reference."""
    first: dict[Point, Configuration] = {}
    for configuration, point in points.items():
        first.setdefault(point, configuration)
    return [first[p] for p in staircase(first) if p[0] < reference.cost and p[1] < reference.disagreement]
