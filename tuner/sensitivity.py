"""What each knob of each operator, alone, does to the model's logits: one pass over the samples for each.

The passes start from int8 everywhere, not from exact: useful configurations lie near it, so what int8 operators do to
one another is measured rather than predicted, and each pass takes a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from approxlite.formats.configuration import Configuration, Knob
from approxlite.tuner.evaluator import Evaluator, Outputs
from approxlite.tuner.margins import Logits
from approxlite.tuner.predictor import LogitPredictor, are_probabilities, logits_of

INT8 = "int8"


@dataclass(frozen=True)
class Pass:
    """The run that shows what `atom` does to `operator`; `undone` if it shows it by leaving the atom out."""

    operator: str
    atom: str
    configuration: Configuration
    undone: bool


def base_of(options: Mapping[str, Iterable[str]]) -> Configuration:
    """Int8 at every operator with a knob that has it; exact if none has."""
    int8 = {o: Knob((INT8,)) for o, knobs in options.items() if any(INT8 in Knob.parse(knob).atoms for knob in knobs)}
    return Configuration.of(int8)


def passes(options: Mapping[str, Iterable[str]], base: Configuration) -> list[Pass]:
    """One for each atom of each operator's knobs; combinations are predicted as sums of their atoms."""
    found = []
    for operator, knobs in options.items():
        here = base.knob(operator)
        for atom in dict.fromkeys(atom for knob in knobs for atom in Knob.parse(knob).atoms):
            undone = atom in here.atoms
            knob = Knob() if undone else Knob((*here.atoms, atom))
            found.append(Pass(operator, atom, Configuration.of({**dict(base.entries), operator: knob}), undone))
    return found


def measure_sensitivities(
    evaluator: Evaluator,
    options: Mapping[str, Iterable[str]],
    progress: Callable[[float], None] = lambda _share: None,
) -> LogitPredictor:
    """A predictor that knows every atom of `options`, operator id -> knobs, unless its outputs were not finite.

    `progress` is told which share of the passes is done.
    """
    exact, base = Configuration(), base_of(options)
    start = dict(evaluator.outputs([exact, base]))
    if not np.isfinite(start[base]).all():
        base = exact
    probabilities = are_probabilities(start[exact])

    def logits(outputs: Outputs) -> Logits:
        return logits_of(outputs, probabilities=probabilities)

    planned = {one.configuration: one for one in passes(options, base)}
    at_base = logits(start[base])
    changes: dict[tuple[str, str], Logits] = {}
    for done, (configuration, outputs) in enumerate(evaluator.outputs(planned)):
        progress(done / len(planned))
        one = planned[configuration]
        if np.isfinite(outputs).all():
            difference = logits(outputs) - at_base
            changes[one.operator, one.atom] = -difference if one.undone else difference
    return LogitPredictor(logits(start[exact]), changes, base=base, at_base=at_base)
