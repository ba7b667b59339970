"""What a configuration will do to the answers, from what each knob alone does to the logits.

Changes of logits nearly add up; changes of probabilities do not, because softmax saturates. So the prediction is the
exact logits plus the sum of the changes, and disagreement follows from what is left of the margins.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from approxlite.formats.configuration import Configuration, Knob
from approxlite.tuner.margins import Logits, expected_disagreement, margins

LOSS_CAP = 4.0
"""Beyond twice its margin a sample is lost; how far beyond does not matter."""

MARGIN_FLOOR = 0.05
"""Margins below this share of the median margin count as that share: near-ties would drown all other samples."""

SMALLEST_MARGIN = 1e-6
"""Of logits, so that a model whose answers are all ties divides by no zero."""


EXACT_CONFIGURATION = Configuration()


class LogitPredictor:
    """Adds up changes of logits, each (samples, classes), keyed by operator id and knob text.

    A knob of several atoms that was not measured by itself is the sum of its atoms. `at_base` are the logits of a whole
    configuration, `base`, that was measured; what they differ by from the sum of its changes is what its operators do
    to one another, and is added as far as a configuration shares it. Immutable after construction, so any thread may
    read. Raises ValueError if shapes differ or a value is not finite.
    """

    def __init__(
        self,
        exact: Logits,
        changes: Mapping[tuple[str, str], Logits],
        *,
        base: Configuration = EXACT_CONFIGURATION,
        at_base: Logits | None = None,
    ) -> None:
        if exact.ndim != 2 or exact.shape[1] < 2:
            raise ValueError(f"logits must be (samples, at least 2 classes), not {exact.shape}")
        for (operator, knob), change in {("the model", "exact"): exact, **changes}.items():
            if change.shape != exact.shape:
                raise ValueError(f"{operator}={knob} has logits {change.shape}, exact has {exact.shape}")
            if not np.isfinite(change).all():
                raise ValueError(f"{operator}={knob} gave logits that are not finite")
        self.exact = exact
        self.answers: npt.NDArray[np.int64] = exact.argmax(axis=1)
        self._changes = changes
        self._lead = margins(exact, self.answers)
        self._floored = _floored_margins(exact, self.answers)
        self._base = dict(base.entries)
        self._interaction = np.zeros_like(exact)
        if at_base is not None and all(self.knows(operator, str(knob)) for operator, knob in base.entries):
            self._interaction = at_base - self.logits(base)

    def __len__(self) -> int:
        """How many changes were measured."""
        return len(self._changes)

    def knows(self, operator: str, knob: str) -> bool:
        """Whether `change` can answer."""
        return all((operator, part) in self._changes for part in self._parts(operator, knob))

    def change(self, operator: str, knob: str) -> Logits:
        """Predicted change of the logits by one knob alone. Raises KeyError if an atom of it was not measured."""
        total = np.zeros_like(self.exact)
        for part in self._parts(operator, knob):
            total += self._changes[operator, part]
        return total

    def logits(self, configuration: Configuration) -> Logits:
        """Predicted logits of a whole configuration."""
        total = self.exact.copy()
        for operator, knob in configuration.entries:
            total += self.change(operator, str(knob))
        return total + self._interaction * self._shared(configuration.entries)

    def _shared(self, knobs: Iterable[tuple[str, Knob]]) -> np.float32:
        """The share of the pairs of the base's operators that have the base's atoms in a configuration, too."""
        alike = sum(set(self._base[o].atoms) <= set(knob.atoms) for o, knob in knobs if o in self._base)
        return np.float32((alike / max(len(self._base), 1)) ** 2)

    def disagreement(self, configuration: Configuration) -> float:
        """Share of answers expected to differ from exact's, 0..1."""
        return expected_disagreement(self._lead, margins(self.logits(configuration), self.answers))

    def disagreement_of_sum(self, changed: Logits, knobs: Mapping[str, Knob]) -> float:
        """`disagreement` of the configuration of `knobs`, by operator, if `changed` is exact plus all their changes."""
        total = changed + self._interaction * self._shared(knobs.items())
        return expected_disagreement(self._lead, margins(total, self.answers))

    def loss(self, operator: str, knob: str) -> float:
        """How far one knob moves answers on the scale of their margins: the squared change of a margin over the margin,
        capped, of each sample's nearest rival, averaged over samples; 0..LOSS_CAP.

        Squares of independent changes add up over operators, as the search needs; disagreement, which is zero for
        most knobs alone, does not.
        """
        change = self.change(operator, knob)
        moved = change - change[np.arange(len(change)), self.answers][:, None]
        return float(np.minimum((moved / self._floored) ** 2, LOSS_CAP).max(axis=1).mean())

    def _parts(self, operator: str, knob: str) -> list[str]:
        if (operator, knob) in self._changes:
            return [knob]
        return [] if knob == "exact" else knob.split("+")


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


def _floored_margins(logits: Logits, answers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """How far each class lies below the top one, floored; infinite at the top class itself, which cannot be lost to."""
    rows = np.arange(len(logits))
    leads = logits[rows, answers][:, None] - logits
    floor = MARGIN_FLOOR * float(np.median(np.partition(leads, 1, axis=1)[:, 1]))
    floored: npt.NDArray[np.float32] = np.maximum(leads, np.float32(max(floor, SMALLEST_MARGIN)))
    floored[rows, answers] = np.inf
    return floored
