"""Deep rungs: configurations that disagree too often, until weights of their own make up for it.

Useless alone, a rung that is wrong on one input in ten is what makes a cascade pay.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.weights import Calibrated, Owner, owners_of
from approxlite.tuner.calibration import Calibration, recalibrate
from approxlite.tuner.curve import Evaluated
from approxlite.tuner.interpreter import Tunable

LEAST, MOST = 0.02, 0.15
"""Disagreement, predicted, of configurations that are given weights of their own; less hardly gains from it."""

TWINS = 4
"""Configurations that are given weights of their own: each runs the model once for every operator it corrects."""


@dataclass(frozen=True)
class Twins:
    """names: of the rungs, by configuration. weights: shared ones and those of these rungs' own."""

    names: Mapping[Configuration, str]
    weights: Mapping[Owner, Calibrated]


def recalibrated(
    model: str | os.PathLike[str],
    interpreter: Tunable,
    evaluated: Sequence[Evaluated],
    calibration: Calibration,
    samples: NDArray[Any],
    progress: Callable[[float], None],
) -> Twins:
    """Weights for a few of the deep configurations among `evaluated`, spread over their costs."""
    chosen = _spread([one for one in evaluated if _deep(one)])
    names: dict[Configuration, str] = {}
    weights = dict(calibration.weights)
    for number, one in enumerate(chosen):
        progress(number / len(chosen))
        names[one.configuration] = f"deep-{number}"
        weights |= recalibrate(model, interpreter, one.configuration, calibration, samples, f"deep-{number}")
    return Twins(names, weights)


def with_twins(
    evaluated: Sequence[Evaluated], twins: Twins, evaluate: Callable[[Evaluated], Evaluated]
) -> list[Evaluated]:
    """`evaluated`, and the twin of each that has one, as `evaluate` finds it to be."""
    found = [replace(evaluate(one), rung=name) for one in evaluated if (name := twins.names.get(one.configuration))]
    return [*evaluated, *found]


def _deep(one: Evaluated) -> bool:
    predicted = one.candidate.disagreement
    return (
        predicted <= MOST
        and max(predicted, one.found.disagreement.value) >= LEAST
        and bool(owners_of(str(one.configuration)))
    )


def _spread(deep: Sequence[Evaluated]) -> list[Evaluated]:
    by_cost = sorted(deep, key=lambda one: one.cost.value)
    places = np.linspace(0, len(by_cost) - 1, min(TWINS, len(by_cost))).round().astype(int)
    return [by_cost[place] for place in dict.fromkeys(places.tolist())]
