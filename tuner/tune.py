"""Finds the curve of a model: calibrate, learn what each knob does, search, evaluate near the front, keep the best."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import approxlite
from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.configuration import EXACT, Configuration
from approxlite.formats.curve import Curve, Residuals, pack_scales, save_curve
from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.provenance import ModelReference
from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.formats.weights import Calibrated, Owner, Weights, needed_by, pack_calibrated, pack_weights
from approxlite.model.reader import load_model
from approxlite.policy.measure import Measure
from approxlite.policy.split import split
from approxlite.runtime import Interpreter
from approxlite.runtime.library import numerics_version
from approxlite.tuner.calibration import Calibration, calibrate
from approxlite.tuner.costs import Profile, check_fits
from approxlite.tuner.curve import (
    Evaluated,
    cost_residuals,
    disagreement_residuals,
    pareto_front,
    point,
)
from approxlite.tuner.deep import affordable_twins, deeper_candidates, recalibrated, worth_recalibrating
from approxlite.tuner.evaluator import NO_RUNGS, Evaluator, check_classes
from approxlite.tuner.interpreter import Tunable
from approxlite.tuner.judge import Scores
from approxlite.tuner.menu import knobs_worth_trying, references, with_weights
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.search import Front
from approxlite.tuner.sensitivity import base_of, measure_sensitivities, passes, spread
from approxlite.tuner.successive import explored, searched
from approxlite.tuner.validate import Candidate, Truth, Validator
from approxlite.tuner.workers import Workers
from approxlite.tuner.working_evaluator import WorkingEvaluator

EVALUATIONS = 32
"""Configurations that are really run on the search samples and really timed."""

DEEPEST = 0.15
"""Disagreement beyond which no configuration is worth an evaluation. Where it is near, a configuration is useless
alone and a good first stage of a cascade."""

MOST_ENTRIES = 4096
"""Of one answer, that changes are added up of: a picture's are too many, and few of them tell."""

PASS_BUDGET_S = 10.0
"""About how long learning what each knob does may take: beyond, it looks at fewer samples."""

MIN_SAMPLES = 100
"""Fewer say too little about any knob, however long it takes."""

Progress = Callable[[str, float], None]
"""Told what is happening and about which share of the whole is done."""


def tune(
    model: str | os.PathLike[str],
    data: Data,
    profile: Profile,
    *,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    measure: Measure | None = None,
    evaluations: int = EVALUATIONS,
    cache: str | os.PathLike[str] | None = None,
    interpreter: Tunable | None = None,
    rule: AgreementRule = TOP_ONE,
    quality: str = "top_one",
    workers: Workers | None = None,
    progress: Progress = lambda _what, _share: None,
) -> Curve:
    """The curve of `model` on the search samples of `data`; the certification samples are not looked at.

    `measure` times whole configurations; without it `profile` predicts them, and the same profile, data and seed give
    the same curve. With `out`, a path, writes the curve and weights.bin beside it. With `cache`, a folder, outputs once
    computed are looked up. `interpreter` may be an existing one of the model; its ladder is replaced. `rule` says when
    answers are the same, `quality` (policy/quality.py) how good they are against the truth, where there is one.
    `workers` run configurations instead of this process; the curve does not depend on how many they are.
    Raises ModelError, DataError, InputError. Belongs to one thread.
    """
    ours = interpreter or _loaded(model)
    file = load_model(model)
    check_fits(profile, file.sha256, numerics_version(), ours.operators)
    parts = split(data, seed)
    seen = data.x[parts.calibration]
    ours.set_ladder([RungSpec(configuration=EXACT)])
    shape = ours.run_many(data.x[parts.search[:1]]).shape[1:]
    rule = _fitting(rule, shape)
    progress("calibrating", 0.0)
    options = knobs_worth_trying(profile)
    calibration = calibrate(model, ours, seen, options, progress=lambda share: progress("calibrating", 0.05 * share))
    options = with_weights(options, calibration.weights)
    with tempfile.TemporaryDirectory() as scratch:
        bench = _Bench(
            Path(model),
            ours,
            data.x[parts.search],
            calibration,
            f"{file.sha256} numerics {numerics_version()}",
            Path(scratch),
            None if cache is None else Path(cache),
            workers,
        )
        whole = bench.evaluator("shared", calibration.weights, NO_RUNGS)
        rows, entries = _affordable(len(parts.search), profile), _entries(shape, rule)
        right = data.y if data.truth is None else data.truth
        truth = None if right is None else Truth(right[parts.search], quality)
        validator = Validator(whole, shape, rule=rule, truth=truth, rows=rows, entries=entries)
        predictor = measure_sensitivities(
            whole.on(rows, entries),
            options,
            lambda share: progress("learning what each knob does", 0.05 + 0.5 * share),
            costs=profile.options(),
            rule=rule,
        )
        progress("searching", 0.55)
        knapsack, pools = searched(profile, predictor, seed)

        def evaluate(configurations: Sequence[Configuration]) -> list[tuple[float, Scores]]:
            validator.run(configurations)
            return [(validator[c].disagreement.value, validator[c].scores) for c in configurations]

        found = explored(
            references(ours.operators, profile, predictor),
            pools,
            profile,
            predictor,
            evaluate,
            DEEPEST,
            evaluations=evaluations,
            seed=seed,
            progress=lambda share: progress("evaluating configurations", 0.6 + 0.15 * share),
        )
        progress("timing configurations", 0.75)
        chosen = [Candidate(c, found.points[c][0], found.predicted[c]) for c in found.points]
        deeper = deeper_candidates(profile, found.predictor)
        chosen += [candidate for candidate in deeper if candidate.configuration not in found.points]
        times = (measure or profile.measure)([str(candidate.configuration) for candidate in chosen])
        timed = list(zip(chosen, (time.cost for time in times), strict=True))
        evaluated = [
            Evaluated(candidate, cost, validator[candidate.configuration])
            for candidate, cost in timed
            if candidate.configuration in found.points
        ]
        twins = recalibrated(
            model,
            ours,
            worth_recalibrating(timed, affordable_twins(profile, len(seen))),
            calibration,
            seen,
            lambda share: progress("recalibrating deep rungs", 0.8 + 0.15 * share),
        )
        front = pareto_front(evaluated)
        if twins.names:
            deep = Validator(bench.evaluator("deep", twins.weights, twins.names), shape, rule=rule, truth=truth)
            deep.run(twins.names)
            own = [
                Evaluated(candidate, cost, deep[candidate.configuration], twins.names[candidate.configuration])
                for candidate, cost in timed
                if candidate.configuration in twins.names
            ]
            front = pareto_front([*evaluated, *own])
    weights = _brought_along(front, calibration.scales, twins.weights)
    curve = Curve(
        created=now(),
        tool_version=approxlite.__version__,
        model=ModelReference(sha256=file.sha256, name=file.name),
        device_class=profile.campaign.device.fingerprint,
        numerics_version=numerics_version(),
        split=parts.record(),
        weights_sha256=hashlib.sha256(pack_weights(weights)).hexdigest(),
        points=tuple(point(one) for one in front),
        predictor_residuals=disagreement_residuals(evaluated),
        cost_residuals=cost_residuals(evaluated),
        how_found=_how_found(knapsack, evaluated, predictor),
        agreement=rule,
        quality=quality,
    )
    if out is not None:
        save_curve(out, curve, weights)
    progress("tuned", 1.0)
    return curve


@dataclass(frozen=True)
class _Bench:
    """Where configurations are run: the model, (N, ...) samples, what was calibrated, and who runs them."""

    model: Path
    interpreter: Tunable
    samples: NDArray[Any]
    calibration: Calibration
    bits: str
    scratch: Path
    cache: Path | None
    workers: Workers | None

    def evaluator(
        self, name: str, weights: Mapping[Owner, Calibrated], rungs: Mapping[Configuration, str]
    ) -> Evaluator:
        """With those weights, kept in a scratch file of that name."""
        file = self.scratch / f"{name}.bin"
        file.write_bytes(pack_weights(pack_calibrated(weights)))
        scales = self.calibration.scales
        if self.workers is None:
            return Evaluator(
                self.interpreter, self.samples, scales, model=self.bits, weights=file, rungs=rungs, cache=self.cache
            )
        return WorkingEvaluator(
            self.workers,
            self.model,
            self.samples,
            scales,
            model=self.bits,
            weights=file,
            rungs=rungs,
            cache=self.cache,
        )


def _brought_along(
    front: Sequence[Evaluated], scales: Mapping[str, Scale], weights: Mapping[Owner, Calibrated]
) -> Weights:
    """What the points of the curve need to run."""
    needed: dict[Owner, Calibrated] = {}
    for one in front:
        needed |= needed_by(str(one.configuration), one.rung, weights, "calibration")
    return {**pack_scales(scales), **pack_calibrated(needed)}


def _loaded(model: str | os.PathLike[str]) -> Interpreter:
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    return interpreter


def seconds_per_sample(profile: Profile) -> float:
    """About how long all passes take on one sample in one process, by the profile."""
    options = knobs_worth_trying(profile)
    base = base_of(options)
    return len(passes(options, base)) * profile.measure([str(base)])[0].cost_ms / 1e3


def _affordable(samples: int, profile: Profile) -> NDArray[np.intp]:
    """As many of the samples as all passes can look at within the budget, spread evenly. By the profile's time, not by
    the clock or the workers there are, so that the same profile gives the same curve.
    """
    return spread(samples, max(MIN_SAMPLES, int(PASS_BUDGET_S / max(seconds_per_sample(profile), 1e-9))))


def _fitting(rule: AgreementRule, shape: Sequence[int]) -> AgreementRule:
    """The rule for answers of `shape`, batch axis left out; classes are the last axis. Raises ModelError."""
    if rule.loss == "top_one":
        check_classes(shape)
    if rule.loss == "label_share" and rule.classes == 1:
        return rule.model_copy(update={"classes": max(int(shape[-1]) if shape else 1, 1)})
    return rule


def _entries(shape: Sequence[int], rule: AgreementRule) -> NDArray[np.intp] | None:
    """Which entries of an answer of `shape` changes are added up of, whole positions of labels; None if all."""
    size = int(np.prod(shape))
    whole = rule.classes if rule.loss == "label_share" else 1
    if size <= MOST_ENTRIES or rule.loss == "top_one":
        return None
    positions = spread(size // whole, max(MOST_ENTRIES // whole, 1))
    return (positions[:, None] * whole + np.arange(whole)).ravel()


def _how_found(front: Front, evaluated: Sequence[Evaluated], predictor: LogitPredictor) -> str:
    return (
        f"{len(predictor)} knobs on {len(predictor.exact)} samples each; "
        f"knapsack front of {len(front.selections)} configurations, gap {front.gap:.3g}; "
        f"{len(evaluated)} evaluated{_agreement(disagreement_residuals(evaluated))}"
    )


def _agreement(residuals: Residuals) -> str:
    known = residuals.rank_correlation
    return "" if known is None else f"; predicted and measured disagreement rank alike to {known:.2f}"
