"""The points of one or several curves as rungs, and what they answer to the samples that tuning may look at."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import AgreementRule
from approxlite.formats.configuration import EXACT
from approxlite.formats.curve import Curve, CurvePoint, rung_of, unpack_scales
from approxlite.formats.data import Data
from approxlite.formats.document import save_atomically
from approxlite.formats.errors import DataError, ModelError, PolicyError
from approxlite.formats.input_form import InputForm
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import MAX_RUNGS, ClassMap, LadderRung
from approxlite.formats.weights import (
    Calibrated,
    Owner,
    Weights,
    needed_by,
    owners_of,
    pack_calibrated,
    pack_weights,
    unpack_calibrated,
)
from approxlite.formats.weights_file import WeightsFile
from approxlite.policy.outcomes import Outcomes, collect
from approxlite.policy.rehearsal import Rehearsal
from approxlite.policy.split import rebuild
from approxlite.runtime.backend import ModelSource, read_model_bytes
from approxlite.runtime.controller import Confidence
from approxlite.runtime.input_change import root_mean_square
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.library import numerics_version

ITSELF = Estimate(value=1, low=1, high=1, samples=1)


@dataclass(frozen=True)
class Tuned:
    """One model of a ladder, as tuned.

    data: in the form that this model takes; the same samples for every model of a ladder, in the same order.
    class_map: its classes as the last model's. form: how its input is made of the last model's; both None if equal.
    stock_time: of stock LiteRT on this model, as a share of its time on the last.
    name: what weights that its rungs bring along are filed under; "" in a ladder of one model.
    """

    curve: Curve
    weights: Weights
    model: ModelSource
    data: Data
    class_map: ClassMap = None
    form: InputForm | None = None
    stock_time: Estimate = ITSELF
    name: str = ""

    @cached_property
    def content(self) -> bytes:
        """The model's bytes. Raises PolicyError unless it is the one the curve is of, under the same numerics."""
        content = read_model_bytes(self.model)
        if hashlib.sha256(content).hexdigest() != self.curve.model.sha256:
            raise PolicyError(f"the curve is of another file than this {self.curve.model.name}; tune this one")
        if self.curve.numerics_version != numerics_version():
            raise PolicyError(
                f"the curve holds for numerics version {self.curve.numerics_version}, this library has "
                f"{numerics_version()}; tune again"
            )
        return content

    def rungs(self, model: int) -> list[LadderRung]:
        """Every point, as rungs of model number `model`; exact among them."""
        scales = unpack_scales(self.weights)
        rungs = []
        for point in self.curve.points:
            spec = rung_of(point, scales)
            name = self._filed(spec.name) if owners_of(spec.configuration) else ""
            cost = _times(_cost(point, self.curve), self.stock_time)
            rungs.append(
                LadderRung(
                    model=model,
                    configuration=spec.configuration,
                    cost=cost,
                    scales=spec.scales,
                    name=name,
                    input=self.form,
                )
            )
        if all(rung.configuration != EXACT for rung in rungs):
            rungs.append(LadderRung(model=model, configuration=EXACT, cost=self.stock_time, input=self.form))
        return rungs

    def filed_weights(self) -> dict[Owner, Calibrated]:
        """What the points bring along, under names that no other model has."""
        calibrated = unpack_calibrated(self.weights)
        filed: dict[Owner, Calibrated] = {}
        for point in self.curve.points:
            spec = rung_of(point, {})
            for owner, own in needed_by(point.configuration, spec.name, calibrated, self.curve.model.name).items():
                filed[owner._replace(rung=self._filed(spec.name))] = own
        return filed

    def _filed(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name and name else self.name or name


@dataclass(frozen=True)
class Known:
    """Rungs, of any number, and what the search samples said about them.

    usable: those whose outputs are finite. weights: the file with what they bring along. input_rms: root mean square of
    the search samples, by which `InputChange` measures.
    """

    tuned: tuple[Tuned, ...]
    rungs: tuple[LadderRung, ...]
    exact: int
    rehearsal: Rehearsal
    confidence: Confidence
    usable: tuple[int, ...]
    weights: WeightsFile | None
    input_rms: float


def rehearse(tuned: Sequence[Tuned], file: WeightsFile | None, agreement: AgreementRule | None = None) -> Known:
    """Runs every point of every curve on the search samples; answers are compared with the last model's exact ones,
    by `agreement`, or else as the last curve was tuned for.

    Raises PolicyError or DataError when curves, models and data do not belong together.
    """
    last = tuned[-1]
    models = [each.content for each in tuned]
    search = _search_samples(tuned)
    rungs = tuple(rung for number, each in enumerate(tuned) for rung in each.rungs(number))
    if file is None and any(owners_of(rung.configuration) for rung in rungs):
        raise PolicyError("rungs of the curve bring weights along; say which file they are in")
    exact = next(n for n, rung in enumerate(rungs) if rung.model == len(tuned) - 1 and rung.configuration == EXACT)
    x = last.data.x[search]
    outcomes, usable = _outcomes(tuned, models, rungs, exact, file, x, agreement or last.curve.agreement)
    confidence = confidence_for(outcomes)
    foreign = [rung.model != len(tuned) - 1 for rung in rungs]
    rehearsal = Rehearsal(outcomes, [rung.cost.value for rung in rungs], confidence, foreign)
    return Known(tuple(tuned), rungs, exact, rehearsal, confidence, usable, file, root_mean_square(x))


def confidence_for(outcomes: Outcomes) -> Confidence:
    """The ratio of the top two where the outputs of all rungs are probabilities, else their difference."""
    probabilities = [
        bool((each >= 0).all()) and np.allclose(each.sum(axis=1), 1, atol=0.02) for each in outcomes.outputs
    ]
    return "top_two_ratio" if all(probabilities) else "top_two_difference"


def merge_weights(tuned: Sequence[Tuned], path: Path) -> WeightsFile | None:
    """Writes what the rungs of several models bring along into one file; None, and no file, if that is nothing."""
    filed = {owner: own for each in tuned for owner, own in each.filed_weights().items()}
    if not filed:
        return None
    save_atomically(path, pack_weights(pack_calibrated(filed)))
    return WeightsFile(path=path)


def _search_samples(tuned: Sequence[Tuned]) -> NDArray[np.intp]:
    """The samples that every model may be looked at on. DataError unless all were tuned on the same ones."""
    splits = [rebuild(each.curve.split, each.data) for each in tuned]
    for each, found in zip(tuned, splits, strict=True):
        if not np.array_equal(found.certification, splits[-1].certification):
            raise DataError(
                f"{each.data.name}: {each.curve.model.name} and {tuned[-1].curve.model.name} were tuned on different "
                "samples of it; tune both with one seed, and leave out samples that are copies for one of them only"
            )
    return splits[-1].search


def _outcomes(
    tuned: Sequence[Tuned],
    models: Sequence[bytes],
    rungs: Sequence[LadderRung],
    exact: int,
    file: WeightsFile | None,
    x: NDArray[Any],
    agreement: AgreementRule,
) -> tuple[Outcomes, tuple[int, ...]]:
    """What any number of rungs answer to `x`, a ladder of them at a time, and which give finite numbers only; the
    others are given exact's answers: they are never used, and the rehearsal takes finite numbers only."""
    maps = [tuned[rung.model].class_map for rung in rungs]
    outputs: dict[int, NDArray[np.float32]] = {}
    losses: dict[int, NDArray[np.float32]] = {}
    latencies: dict[int, NDArray[np.float64]] = {}
    others = [rung for rung in range(len(rungs)) if rung != exact]
    for begin in range(0, max(1, len(others)), MAX_RUNGS - 1):
        part = [exact, *others[begin : begin + MAX_RUNGS - 1]]
        with Ladder(models, [rungs[rung] for rung in part], weights=file) as ladder:
            found = collect(ladder, len(part), 0, x, agreement, [maps[rung] for rung in part])
        for place, rung in enumerate(part):
            outputs[rung], losses[rung] = found.outputs[place], found.losses[place]
            latencies[rung] = found.latencies_ms[place]
    finite = [bool(np.isfinite(outputs[rung]).all()) for rung in range(len(rungs))]
    if not finite[exact]:
        raise ModelError("the exact model gives outputs that are not finite numbers; nothing can be compared")
    sources = [rung if fine else exact for rung, fine in enumerate(finite)]
    outcomes = Outcomes(
        tuple(outputs[rung] for rung in sources),
        np.stack([losses[rung] for rung in sources]),
        np.stack([latencies[rung] for rung in range(len(rungs))]),
        exact,
        agreement,
        tuple(maps[rung] for rung in sources),
    )
    return outcomes, tuple(rung for rung, fine in enumerate(finite) if fine)


def _cost(point: CurvePoint, curve: Curve) -> Estimate:
    """As measured, else as predicted, as far off as the worst prediction was."""
    off = curve.cost_residuals.largest_absolute
    return point.cost or Estimate(
        value=point.predicted_cost,
        low=max(0.0, point.predicted_cost - off),
        high=point.predicted_cost + off,
        samples=max(1, curve.cost_residuals.samples),
    )


def _times(cost: Estimate, stock_time: Estimate) -> Estimate:
    """A share of one stock time as a share of another. The interval holds whatever both intervals allow."""
    if stock_time == ITSELF:
        return cost
    return Estimate(
        value=cost.value * stock_time.value,
        low=cost.low * stock_time.low,
        high=cost.high * stock_time.high,
        samples=min(cost.samples, stock_time.samples),
    )
