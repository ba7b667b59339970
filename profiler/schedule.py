"""Which configurations to run so that every knob of every operator is timed often, in few whole-model runs.

One run per (operator, knob) would repeat the whole model for one number. Here every run sets all operators at once: a
sweep has as many configurations as the richest operator has knobs, and deals each operator's knobs over them in an
order drawn anew, so that knobs meet different neighbours from sweep to sweep. Two anchors stand in every round: exact,
and int8 wherever there is int8, near which useful configurations lie and which no random deal would ever meet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from approxlite.formats.configuration import Configuration, Knob, OperatorWithKnobs

MAX_DEALT = 14
"""Dealt configurations in one round; with the anchors they fill an engine's ladder of 16."""


@dataclass(frozen=True)
class Round:
    """Configurations measured in one breath, beside stock: exact first. `number` counts from 0 in a campaign."""

    number: int
    configurations: tuple[Configuration, ...]


def rounds_per_sweep(operators: Sequence[OperatorWithKnobs]) -> int:
    """Rounds after which every knob of every operator has been dealt once more."""
    return max(1, -(-_sweep_size(operators) // MAX_DEALT))


def schedule(operators: Sequence[OperatorWithKnobs], *, seed: int) -> Iterator[Round]:
    """Endless rounds, the same for the same operators and seed; only of anchors if no operator has a choice.

    In each sweep an operator is dealt all of its knobs equally often, within one.
    """
    anchors = tuple(dict.fromkeys([Configuration(), int8_everywhere(operators)]))
    order = random.Random(seed)
    numbers = count()
    groups = rounds_per_sweep(operators)
    while True:
        sweep = _sweep(operators, order)
        for group in range(groups):
            yield Round(next(numbers), (*anchors, *sweep[group::groups]))


def int8_everywhere(operators: Sequence[OperatorWithKnobs]) -> Configuration:
    """Every operator that has the knob on int8; exact if none has."""
    int8 = Knob(("int8",))
    return Configuration.of({operator.id: int8 for operator in operators if int8.available_on(operator)})


def _sweep_size(operators: Sequence[OperatorWithKnobs]) -> int:
    most = max((len(operator.knobs) for operator in operators), default=0)
    return most if most > 1 else 0


def _sweep(operators: Sequence[OperatorWithKnobs], order: random.Random) -> list[Configuration]:
    size = _sweep_size(operators)
    dealt = {operator.id: _dealt(operator.knobs, size, order) for operator in operators if operator.knobs}
    return [Configuration.of({name: knobs[i] for name, knobs in dealt.items()}) for i in range(size)]


def _dealt(knobs: Sequence[str], size: int, order: random.Random) -> list[Knob]:
    """`size` knobs in random order, all equally often within one."""
    parsed = [Knob.parse(text) for text in knobs]
    whole, rest = divmod(size, len(parsed))
    hand = parsed * whole + order.sample(parsed, rest)
    order.shuffle(hand)
    return hand
