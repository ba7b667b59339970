"""One way of running a model over samples: its answers, compared with exact's and with labels, and how to time it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import AgreementRule
from approxlite.formats.data import Data
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import ClassMap
from approxlite.policy.outcomes import answers_of, comparable, in_classes
from approxlite.policy.quality import quality_estimate, scored
from approxlite.policy.statistics import share
from approxlite.policy.turns import Run
from approxlite.runtime.agreement import Agreement


@dataclass(frozen=True)
class Way:
    """By sample, the answer, (entries,), and whose classes it is in; and how to time it on one sample."""

    outputs: list[NDArray[np.float32]]
    class_maps: list[ClassMap]
    run: Run

    def agreement(self, exact: Way, rule: AgreementRule) -> Estimate:
        """Share of answers that are exact's. Raises ModelError when they cannot be compared."""
        compare = Agreement(rule)
        answers = zip(exact.outputs, self.outputs, self.class_maps, strict=True)
        same = [not compare.differs(e[None], own[None], classes)[0] for e, own, classes in answers]
        return share(sum(same), len(same))

    def accuracy(self, data: Data, rule: AgreementRule) -> Estimate | None:
        """Share of answers that are the label; None without labels, or without classes."""
        if data.y is None or rule.loss != "top_one":
            return None
        answers = zip(self.outputs, self.class_maps, strict=True)
        classes = np.array([in_classes(answers_of(own), class_map) for own, class_map in answers])
        return share(int((classes == data.y).sum()), len(data))

    def score(self, data: Data, rule: AgreementRule, quality: str, shape: Sequence[int]) -> Estimate | None:
        """`accuracy`, or the mean of another quality of answers of `shape`, batch axis left out; None without a truth,
        or for answers in classes that are not those of the truth. Raises InputError as `scored` does.
        """
        if quality == "top_one":
            return self.accuracy(data, rule)
        truth = data.y if data.truth is None else data.truth
        if truth is None or any(class_map is not None for class_map in self.class_maps):
            return None
        return quality_estimate(scored(quality, truth, np.stack(self.outputs).reshape(len(data), *shape)))


def way_of(
    run: Callable[[NDArray[Any]], tuple[NDArray[Any], float]],
    data: Data,
    rule: AgreementRule,
    class_map: ClassMap = None,
) -> Way:
    """A way of `run`, which answers a sample and says how many milliseconds that took."""
    outputs = [comparable(run(x)[0], rule) for x in data.x]
    return Way(outputs, [class_map] * len(outputs), lambda x: run(x)[1])
