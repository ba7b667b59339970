"""From a profile to what the search chooses from, and from what it found to candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from approxlite.formats.configuration import EXACT, Configuration, Knob, OperatorWithKnobs
from approxlite.formats.weights import Calibrated, Owner
from approxlite.tuner.costs import Profile
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.search import Menu, Option, Selection
from approxlite.tuner.validate import Candidate

LEAST_SAVING = 0.001
"""Of the exact model's time: a knob that saves less is not worth a look, whatever it does to the answers."""


def knobs_worth_trying(profile: Profile) -> dict[str, list[str]]:
    """Knobs that the device runs noticeably faster than exact, by operator."""
    options = profile.options()
    least = LEAST_SAVING * sum(times[EXACT] for times in options.values())
    spared = {before: time for (before, _), time in profile.crossings().items()}

    def saving(operator: str, knob: str) -> float:
        """At best: the operator after may be on bytes, too."""
        after = spared.get(operator, 0.0) if Knob.parse(knob).on_bytes else 0.0
        return options[operator][EXACT] - options[operator][knob] + after

    return {
        operator: [knob for knob in times if saving(operator, knob) >= least] for operator, times in options.items()
    }


def with_weights(options: Mapping[str, Sequence[str]], weights: Mapping[Owner, Calibrated]) -> dict[str, list[str]]:
    """Those of the knobs of `options`, by operator, that bring no weights along or have theirs among `weights`."""

    def usable(operator: str, knob: str) -> bool:
        atom = Knob.parse(knob).calibrated_atom
        return atom is None or Owner(operator, atom) in weights

    return {operator: [knob for knob in knobs if usable(operator, knob)] for operator, knobs in options.items()}


def menu(profile: Profile, predictor: LogitPredictor) -> Menu:
    """Exact, and every knob worth trying whose effect `predictor` knows; costs in nanoseconds.

    In model order but for operators that never compute on bytes: these come first, so that those between which there
    are crossings follow one another.
    """
    times, worth = profile.options(), knobs_worth_trying(profile)
    never = {o.id for o in profile.campaign.operators if not any(Knob.parse(knob).on_bytes for knob in o.knobs)}
    return {
        operator: [
            Option(knob, times[operator][knob], predictor.loss(operator, knob))
            for knob in (EXACT, *worth[operator])
            if predictor.knows(operator, knob)
        ]
        for operator in sorted(worth, key=lambda operator: operator not in never)
    }


def candidates(selections: Sequence[Selection], profile: Profile, predictor: LogitPredictor) -> list[Candidate]:
    """Selections with predicted shares of stock's time and disagreements."""
    found = [
        Configuration.of({name: Knob.parse(knob) for name, knob in selection.knobs.items()}) for selection in selections
    ]
    costs = profile.measure([str(configuration) for configuration in found])
    return [Candidate(c, m.cost.value, predictor.disagreement(c)) for c, m in zip(found, costs, strict=True)]


def references(operators: Sequence[OperatorWithKnobs], profile: Profile, predictor: LogitPredictor) -> list[Candidate]:
    """What every curve is compared with: exact, and int8 wherever there is int8."""
    int8 = Knob(("int8",))
    everywhere = Configuration.of({o.id: int8 for o in operators if int8.available_on(o)})
    texts = dict.fromkeys([EXACT, str(everywhere)])
    found = []
    for text, measurement in zip(texts, profile.measure(list(texts)), strict=True):
        configuration = Configuration.parse(text)
        known = Configuration.of({n: k for n, k in configuration.entries if predictor.knows(n, str(k))})
        found.append(Candidate(configuration, measurement.cost.value, predictor.disagreement(known)))
    return found
