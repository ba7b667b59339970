"""Deep rungs: configurations that disagree too often, until weights of their own make up for it.

Useless alone, a rung that is wrong on one input in ten is what makes a cascade pay.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import EXACT, Configuration, Knob
from approxlite.formats.interval import Estimate
from approxlite.formats.weights import Calibrated, Owner, owners_of
from approxlite.tuner.calibration import Calibration, recalibrate
from approxlite.tuner.calibration.recalibration import MOST_SAMPLES
from approxlite.tuner.costs import Profile
from approxlite.tuner.interpreter import Tunable
from approxlite.tuner.menu import candidates, menu
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.search import search
from approxlite.tuner.validate import Candidate, cheapest_within

LEAST, MOST = 0.02, 0.45
"""Disagreement, predicted, of configurations that are given weights of their own; less hardly gains from it, and of
more too little is left to start from."""

DEEPER = (0.1, 0.2, 0.4)
"""Predicted disagreements of configurations that nobody would run without weights of their own."""

MOST_TWINS = 6
"""Configurations that are given weights of their own."""

BUDGET_S = 60.0
"""How long running the model for them may take at exact's speed; each runs it once for every operator it corrects."""

Timed = tuple[Candidate, Estimate]
"""A candidate and its share of stock's time."""


@dataclass(frozen=True)
class Twins:
    """names: of the rungs, by configuration. weights: shared ones and those of these rungs' own."""

    names: Mapping[Configuration, str]
    weights: Mapping[Owner, Calibrated]


def deeper_candidates(profile: Profile, predictor: LogitPredictor) -> list[Candidate]:
    """The cheapest at each of `DEEPER`, made of knobs whose harm weights can make up for: precision, inputs, rank."""
    mendable = {
        operator: [option for option in options if _mendable(Knob.parse(option.knob))]
        for operator, options in menu(profile, predictor).items()
    }
    found = cheapest_within(candidates(search(mendable).selections, profile, predictor), DEEPER)
    return [one for one in dict.fromkeys(found) if one.disagreement >= LEAST and owners_of(str(one.configuration))]


def affordable_twins(profile: Profile, samples: int) -> int:
    """How many configurations can be given weights of their own within the budget, by the profile's time and not by the
    clock, so that the same profile gives the same curve; one at least."""
    corrected = sum(any(Knob.parse(knob).calibrated_atom for knob in knobs) for knobs in profile.options().values())
    inferences = min(samples, MOST_SAMPLES) * (corrected + 1)
    seconds = inferences * profile.measure([EXACT])[0].cost_ms / 1e3
    return max(1, min(MOST_TWINS, int(BUDGET_S / max(seconds, 1e-9))))


def worth_recalibrating(timed: Sequence[Timed], most: int) -> list[Candidate]:
    """Deep ones, at most that many, spread over their costs, the cheapest first."""
    deep = [
        (cost.value, candidate)
        for candidate, cost in timed
        if LEAST <= candidate.disagreement <= MOST and owners_of(str(candidate.configuration))
    ]
    by_cost = [candidate for _, candidate in sorted(deep, key=lambda pair: pair[0])]
    places = np.linspace(0, len(by_cost) - 1, min(most, len(by_cost))).round().astype(int)
    return [by_cost[place] for place in dict.fromkeys(places.tolist())]


def recalibrated(
    model: str | os.PathLike[str],
    interpreter: Tunable,
    chosen: Sequence[Candidate],
    calibration: Calibration,
    samples: NDArray[Any],
    progress: Callable[[float], None],
) -> Twins:
    """Weights of their own for the configurations of `chosen`."""
    names: dict[Configuration, str] = {}
    weights = dict(calibration.weights)
    for number, one in enumerate(chosen):
        progress(number / len(chosen))
        names[one.configuration] = f"deep-{number}"
        weights |= recalibrate(model, interpreter, one.configuration, calibration, samples, f"deep-{number}")
    return Twins(names, weights)


def _mendable(knob: Knob) -> bool:
    return all(atom in ("int8", knob.calibrated_atom) for atom in knob.atoms)
