"""Improves what the knapsack found, with what it cannot see: how the changes of several operators go together.

The knapsack adds up squared changes as if those of different operators were independent. Often they are not, and some
undo one another. From each of several of its selections, single knobs and pairs of knobs are exchanged for as long as
the disagreement predicted from the sum of changes falls at no more cost.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from approxlite.formats.configuration import Knob
from approxlite.tuner.chain import Crossings, crossing_cost
from approxlite.tuner.margins import Logits
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.search import Menu, Option, Selection

PAIRS_FOR_EACH_SINGLE = 20
"""Exchanges of two knobs that are tried in a pass over all exchanges of one."""

NOTICEABLE = 1e-6
"""Smaller gains are rounding."""

CAUTIOUS_SAMPLES = 30
"""The knapsack's own loss goes on counting, as much as disagreement would on this many samples: on few of them changes
seem to undo one another that do not, and on many they do.
"""

STARTS = np.geomspace(0.001, 0.4, 12)
"""Disagreements of the knapsack's selections that are improved."""

WORK = 40_000_000
"""Logits that may be computed for each of them, so that many classes do not take for ever."""

MOST_EVALUATIONS = 1500

NO_CROSSINGS: Crossings = MappingProxyType({})


def refined(
    front: Sequence[tuple[Selection, float]],
    menu: Menu,
    predictor: LogitPredictor,
    *,
    seed: int,
    crossings: Crossings = NO_CROSSINGS,
) -> list[Selection]:
    """What some selections of `front`, (selection, predicted disagreement) by rising cost, can be improved to."""
    evaluations = min(MOST_EVALUATIONS, WORK // predictor.exact.size)
    starts = [next((s for s, disagreement in front if disagreement <= most), None) for most in STARTS]
    different = {id(start): start for start in starts if start is not None}
    return [
        refine(start, menu, predictor, seed=seed, evaluations=evaluations, crossings=crossings)
        for start in different.values()
    ]


Move = tuple[tuple[str, Option], ...]


@dataclass
class _State:
    chosen: dict[str, Option]
    knobs: dict[str, Knob]
    changed: Logits
    cost: float
    harm: float
    loss_weight: float

    @property
    def loss(self) -> float:
        return sum(option.loss for option in self.chosen.values())

    def cost_after(self, move: Move, crossings: Crossings) -> float:
        """What the selection would cost."""
        own = sum(option.cost - self.chosen[operator].cost for operator, option in move)
        if not crossings:
            return self.cost + own
        knobs = {**self.knobs, **{operator: Knob.parse(option.knob) for operator, option in move}}
        return self.cost + own + crossing_cost(knobs, crossings) - crossing_cost(self.knobs, crossings)


def refine(
    selection: Selection,
    menu: Menu,
    predictor: LogitPredictor,
    *,
    seed: int,
    evaluations: int,
    crossings: Crossings = NO_CROSSINGS,
) -> Selection:
    """At most `evaluations` predictions; the result costs no more than `selection`, by the menu's costs and what is
    between them."""
    order = random.Random(seed)
    state = _start(selection, menu, predictor)
    singles = [(operator, option) for operator, options in menu.items() for option in options if len(options) > 1]
    left, improving = evaluations, bool(singles)
    while improving and left > 0:
        improving = False
        for move in _moves(singles, order):
            cost = state.cost_after(move, crossings)
            if cost > selection.cost:
                continue
            left -= 1
            improving |= _try(state, move, cost, predictor)
            if left <= 0:
                break
    knobs = {operator: option.knob for operator, option in state.chosen.items()}
    own = sum(option.cost for option in state.chosen.values())
    return Selection(knobs, own + crossing_cost(state.knobs, crossings), state.loss)


def _start(selection: Selection, menu: Menu, predictor: LogitPredictor) -> _State:
    chosen = {
        operator: next(option for option in menu[operator] if option.knob == knob)
        for operator, knob in selection.knobs.items()
    }
    changed = predictor.exact.copy()
    for operator, option in chosen.items():
        changed += predictor.change(operator, option.knob)
    knobs = {operator: Knob.parse(option.knob) for operator, option in chosen.items()}
    disagreement = predictor.disagreement_of_sum(changed, knobs)
    scale = disagreement / selection.loss if selection.loss > 0 else 0.0
    weight = scale * CAUTIOUS_SAMPLES / len(changed)
    return _State(chosen, knobs, changed, selection.cost, disagreement + weight * selection.loss, weight)


def _moves(singles: Sequence[tuple[str, Option]], order: random.Random) -> Iterator[Move]:
    for single in order.sample(singles, len(singles)):
        yield (single,)
        for _ in range(PAIRS_FOR_EACH_SINGLE):
            other = order.choice(singles)
            if other[0] != single[0]:
                yield (single, other)


def _try(state: _State, move: Move, cost: float, predictor: LogitPredictor) -> bool:
    """Makes the move if it helps: fewer disagreements, or as many for less."""
    changed, knobs = state.changed, dict(state.knobs)
    for operator, option in move:
        changed = changed + predictor.change(operator, option.knob) - predictor.change(operator, str(knobs[operator]))
        knobs[operator] = Knob.parse(option.knob)
    loss = state.loss + sum(option.loss - state.chosen[operator].loss for operator, option in move)
    harm = predictor.disagreement_of_sum(changed, knobs) + state.loss_weight * loss
    gain = state.harm - harm
    if gain < NOTICEABLE and not (gain >= 0 and cost < state.cost):
        return False
    state.chosen.update(move)
    state.knobs, state.changed, state.cost, state.harm = knobs, changed, cost, harm
    return True
