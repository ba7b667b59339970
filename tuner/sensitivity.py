"""What each knob of each operator, alone, does to the model's logits: one pass over the samples for each.

The passes start from int8 wherever it is harmless, not from exact: useful configurations lie near it, so what int8
operators do to one another is measured rather than predicted, and each pass takes a fraction of the time. Where there
are many samples, a few of them first show which knobs others of the same operator beat by far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.configuration import EXACT, Configuration, Knob
from approxlite.tuner.evaluator import Outputs
from approxlite.tuner.judge import Scores, judge_of
from approxlite.tuner.predictor import LogitPredictor, are_probabilities, logits_of

INT8 = "int8"

HARMFUL = 0.1
"""Disagreement of a base that is not built upon: what knobs do to answers that are wrong anyway says little."""

SCREENING_SAMPLES = 48
"""On which knobs are compared first, where there are at least twice as many."""

FAR_BEATEN = 2.0
"""A knob is left out if another one of its operator costs no more and loses less than its loss over this."""


class Runs(Protocol):
    """What is asked of an evaluator here."""

    @property
    def samples(self) -> NDArray[Any]:
        """(N, ...)."""
        ...

    def outputs(self, configurations: Iterable[Configuration]) -> Iterator[tuple[Configuration, Outputs]]:
        """Each different configuration with its outputs, in any order."""
        ...

    def on(self, indices: NDArray[np.intp]) -> Self:
        """The same on some of the samples."""
        ...


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


def harmless_part(evaluator: Runs, base: Configuration, rule: AgreementRule = TOP_ONE) -> Configuration:
    """As much of `base` as leaves disagreement below HARMFUL: all of it at best, found by halving where it is not.

    Groups are added one after the other, and split where they do harm, so a few harmful operators among n take about
    two log n runs each (R. Dorfman, "The detection of defective members of large populations", 1943).
    """
    exact = dict(evaluator.outputs([Configuration()]))[Configuration()]
    judge = judge_of(logits_of(exact, probabilities=False), rule)

    def harmless(configuration: Configuration) -> bool:
        outputs = dict(evaluator.outputs([configuration]))[configuration]
        return bool(np.isfinite(outputs).all()) and judge.counted(outputs) <= HARMFUL

    def grown(kept: Configuration, group: Sequence[tuple[str, Knob]]) -> Configuration:
        together = Configuration.of({**dict(kept.entries), **dict(group)})
        if not group or harmless(together):
            return together
        if len(group) == 1:
            return kept
        return grown(grown(kept, group[: len(group) // 2]), group[len(group) // 2 :])

    return grown(Configuration(), base.entries)


def measure_sensitivities(
    evaluator: Runs,
    options: Mapping[str, Iterable[str]],
    progress: Callable[[float], None] = lambda _share: None,
    *,
    costs: Mapping[str, Mapping[str, float]] | None = None,
    rule: AgreementRule = TOP_ONE,
) -> LogitPredictor:
    """A predictor that knows every atom of `options`, operator id -> knobs, unless its outputs were not finite.

    With `costs` of each knob, atoms that only far beaten knobs have are left out, too. `rule`: when answers are the
    same. `progress` is told which share of the passes is done.
    """
    tried = {operator: list(knobs) for operator, knobs in options.items()}
    count = len(evaluator.samples)
    few = evaluator.on(spread(count, SCREENING_SAMPLES)) if count >= 2 * SCREENING_SAMPLES else evaluator
    base = harmless_part(few, base_of(tried), rule)
    screened = 0.0
    if costs is not None and few is not evaluator:
        screened = SCREENING_SAMPLES / (SCREENING_SAMPLES + count)
        rough = _measured(few, tried, base, rule, lambda share: progress(share * screened))
        tried = worth_measuring(tried, costs, rough)
    return _measured(evaluator, tried, base, rule, lambda share: progress(screened + share * (1 - screened)))


def worth_measuring(
    options: Mapping[str, Sequence[str]], costs: Mapping[str, Mapping[str, float]], rough: LogitPredictor
) -> dict[str, list[str]]:
    """Knobs that no other of their operator beats by far, by what is roughly known of them."""
    kept: dict[str, list[str]] = {}
    for operator, knobs in options.items():
        known = [knob for knob in knobs if rough.knows(operator, knob)]
        losses = {knob: rough.loss(operator, knob) for knob in (EXACT, *known)}
        times = costs[operator]
        kept[operator] = [
            knob
            for knob in known
            if not any(
                times[other] <= times[knob] and FAR_BEATEN * losses[other] < losses[knob]
                for other in losses
                if other != knob
            )
        ]
    return kept


def spread(total: int, count: int) -> NDArray[np.intp]:
    """Which of `total` samples to take, evenly spread."""
    return np.linspace(0, total - 1, min(count, total)).astype(np.intp)


def _measured(
    evaluator: Runs,
    options: Mapping[str, Iterable[str]],
    base: Configuration,
    rule: AgreementRule,
    progress: Callable[[float], None],
) -> LogitPredictor:
    exact = Configuration()
    start = dict(evaluator.outputs([exact, base]))
    if not np.isfinite(start[base]).all():
        base = exact
    probabilities = rule.loss == "top_one" and are_probabilities(start[exact])

    def scores(outputs: Outputs) -> Scores:
        return logits_of(outputs, probabilities=probabilities)

    planned = {one.configuration: one for one in passes(options, base)}
    at_base = scores(start[base])
    changes: dict[tuple[str, str], Scores] = {}
    for done, (configuration, outputs) in enumerate(evaluator.outputs(planned)):
        progress(done / len(planned))
        one = planned[configuration]
        if np.isfinite(outputs).all():
            difference = scores(outputs) - at_base
            changes[one.operator, one.atom] = -difference if one.undone else difference
    judge = judge_of(scores(start[exact]), rule)
    keys = [(one.operator, one.atom) for one in planned.values()]
    changes = {key: changes[key] for key in keys if key in changes}  # whatever order they arrived in
    return LogitPredictor(scores(start[exact]), changes, base=base, at_base=at_base, judge=judge)
