"""What a configuration will do to the answers, from what each knob alone does to the scores.

Changes of logits nearly add up; changes of probabilities do not, because softmax saturates. So the prediction is the
exact scores plus the sum of the changes, and disagreement follows from what is left of the margins. Configurations
that were really run correct it: how much of each operator's change arrives, and what sums miss near them.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from approxlite.formats.configuration import EXACT, Configuration, Knob
from approxlite.tuner.coefficients import fit_coefficients
from approxlite.tuner.judge import Judge, Scores, TopOneJudge
from approxlite.tuner.margins import Logits
from approxlite.tuner.residuals import Residuals, fit_residuals

EXACT_CONFIGURATION = Configuration()


class LogitPredictor:
    """Adds up changes of scores, each (samples, entries), keyed by operator id and knob text.

    A knob of several atoms that was not measured by itself is the sum of its atoms. `at_base` are the scores of a whole
    configuration, `base`, that was measured; what they differ by from the sum of its changes is what its operators do
    to one another, and is added as far as a configuration shares it. `judge` says what scores mean, by default for the
    top class of logits. Immutable after construction, so any thread may read. Raises ValueError if shapes differ or a
    value is not finite.
    """

    def __init__(
        self,
        exact: Scores,
        changes: Mapping[tuple[str, str], Scores],
        *,
        base: Configuration = EXACT_CONFIGURATION,
        at_base: Scores | None = None,
        judge: Judge | None = None,
    ) -> None:
        self.judge = TopOneJudge(exact) if judge is None else judge
        for (operator, knob), change in {("the model", EXACT): exact, **changes}.items():
            if change.shape != exact.shape:
                raise ValueError(f"{operator}={knob} has logits {change.shape}, exact has {exact.shape}")
            if not np.isfinite(change).all():
                raise ValueError(f"{operator}={knob} gave logits that are not finite")
        self.exact = exact
        self.coefficients: Mapping[str, float] = {}
        self._changes = changes
        self._base = dict(base.entries)
        self._interaction = np.zeros_like(exact)
        self._residuals: Residuals | None = None
        self._places: dict[tuple[str, str], int] = {}
        self._operators: dict[str, int] = {}
        self._spreads: npt.NDArray[np.float64] = np.zeros(0)
        if at_base is not None and all(self.knows(operator, str(knob)) for operator, knob in base.entries):
            self._interaction = at_base - self.logits(base)

    def __len__(self) -> int:
        """How many changes were measured."""
        return len(self._changes)

    def corrected(self, measured: Mapping[Configuration, Scores]) -> "LogitPredictor":
        """This predictor, corrected by the scores of configurations that were run; what is not finite is left out."""
        known = {
            configuration: scores
            for configuration, scores in measured.items()
            if np.isfinite(scores).all() and all(self.knows(o, str(k)) for o, k in configuration.entries)
        }
        better = LogitPredictor.__new__(LogitPredictor)
        better.__dict__.update(self.__dict__)
        better.coefficients, better._residuals = {}, None
        better._places = {key: place for place, key in enumerate(self._changes)}
        operators = {operator: i for i, operator in enumerate(dict.fromkeys(o for o, _ in self._changes))}
        better._operators = {operator: len(better._places) + i for operator, i in operators.items()}
        better._spreads = np.sqrt([self.judge.loss(change) for change in self._changes.values()])
        if known:
            better._residuals = better._missed(known)
        if better._residuals is None:
            better.coefficients = better._fitted(known)
        return better

    def _missed(self, known: Mapping[Configuration, Scores]) -> Residuals | None:
        """What sums miss of runs, where that carries over."""
        missed = np.stack([scores - self.logits(configuration) for configuration, scores in known.items()])
        places = np.stack([self._place(configuration.entries) for configuration in known])
        return fit_residuals(places, missed, self.judge.importance)

    def _fitted(self, known: Mapping[Configuration, Scores]) -> Mapping[str, float]:
        """How much of each operator's change arrives in runs."""
        importance = self.judge.importance
        return fit_coefficients(
            (
                (
                    {o: self.change(o, str(k)) * importance for o, k in configuration.entries},
                    (scores - self.exact - self._interaction * self._shared(configuration.entries)) * importance,
                )
                for configuration, scores in known.items()
            ),
            sorted({operator for operator, _ in self._changes}),
        )

    @property
    def learns_residuals(self) -> bool:
        """Whether what sums miss carries over from run configurations to others."""
        return self._residuals is not None

    def knows(self, operator: str, knob: str) -> bool:
        """Whether `change` can answer."""
        return all((operator, part) in self._changes for part in self._parts(operator, knob))

    def change(self, operator: str, knob: str) -> Scores:
        """Predicted change of the scores by one knob alone. Raises KeyError if an atom of it was not measured."""
        total = np.zeros_like(self.exact)
        for part in self._parts(operator, knob):
            total += self._changes[operator, part]
        return total * np.float32(self.coefficients.get(operator, 1.0))

    def logits(self, configuration: Configuration) -> Logits:
        """Predicted scores of a whole configuration."""
        total = self.exact.copy()
        for operator, knob in configuration.entries:
            total += self.change(operator, str(knob))
        return self.completed(total, dict(configuration.entries))

    def completed(self, changed: Scores, knobs: Mapping[str, Knob]) -> Scores:
        """Predicted scores of the configuration of `knobs`, by operator, if `changed` is exact plus their changes."""
        total = changed + self._interaction * self._shared(knobs.items())
        return total if self._residuals is None else total + self._residuals.at(self._place(knobs.items()))

    def disagreement(self, configuration: Configuration) -> float:
        """Share of answers expected to differ from exact's, 0..1."""
        return self.judge.expected(self.logits(configuration))

    def disagreement_of_sum(self, changed: Scores, knobs: Mapping[str, Knob]) -> float:
        """`disagreement` of the configuration of `knobs`, by operator, if `changed` is exact plus all their changes."""
        return self.judge.expected(self.completed(changed, knobs))

    def loss(self, operator: str, knob: str) -> float:
        """How far one knob moves answers towards differing, as the judge has it; adds up over operators."""
        return self.judge.loss(self.change(operator, knob))

    def _shared(self, knobs: Iterable[tuple[str, Knob]]) -> np.float32:
        """The share of the pairs of the base's operators that have the base's atoms in a configuration, too."""
        alike = sum(set(self._base[o].atoms) <= set(knob.atoms) for o, knob in knobs if o in self._base)
        return np.float32((alike / max(len(self._base), 1)) ** 2)

    def _place(self, knobs: Iterable[tuple[str, Knob]]) -> npt.NDArray[np.float64]:
        """Where a configuration lies: along the axis of each change it makes, as far as that one moves answers, and
        along its operator's, by which runs with one knob tell something of the others."""
        place = np.zeros(len(self._places) + len(self._operators))
        for operator, knob in knobs:
            for part in self._parts(operator, str(knob)):
                at = self._places[operator, part]
                place[at] = self._spreads[at]
                place[self._operators[operator]] += self._spreads[at]
        return place

    def _parts(self, operator: str, knob: str) -> list[str]:
        if (operator, knob) in self._changes:
            return [knob]
        return [] if knob == EXACT else knob.split("+")


def logits_of(outputs: npt.NDArray[np.float32], *, probabilities: bool) -> Logits:
    """(samples, classes) of outputs as logits: centred logarithms of `probabilities`, anything else as it is."""
    if not probabilities:
        return np.asarray(outputs, np.float32)
    logarithms = np.log(np.maximum(outputs, np.finfo(np.float32).tiny), dtype=np.float32)
    centred: Logits = logarithms - logarithms.mean(axis=1, keepdims=True)
    return centred


def are_probabilities(outputs: npt.NDArray[np.float32]) -> bool:
    """Whether every row is a distribution, as of a model that ends in softmax."""
    return bool((outputs >= 0).all() and (np.abs(outputs.sum(axis=1) - 1) < 1e-3).all())
