"""Finds the curve of a model: calibrate, learn what each knob does, search, evaluate near the front, keep the best."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

import approxlite
from approxlite.formats.configuration import Configuration
from approxlite.formats.curve import Curve, pack_scales, save_curve
from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.interval import Estimate
from approxlite.formats.provenance import ModelReference
from approxlite.formats.scale import Scale
from approxlite.formats.weights import Calibrated, Owner, Weights, needed_by, pack_calibrated, pack_weights
from approxlite.model.reader import load_model
from approxlite.policy.fingerprints import Indices
from approxlite.policy.measure import Measure
from approxlite.policy.split import split
from approxlite.runtime import Interpreter
from approxlite.runtime.library import numerics_version
from approxlite.tuner.calibration import calibrate
from approxlite.tuner.costs import Profile, check_fits
from approxlite.tuner.curve import (
    Evaluated,
    cost_residuals,
    disagreement_residuals,
    pareto_front,
    point,
    rank_correlation,
)
from approxlite.tuner.deep import recalibrated, with_twins
from approxlite.tuner.evaluator import NO_RUNGS, Evaluator
from approxlite.tuner.interpreter import Tunable
from approxlite.tuner.menu import candidates, knobs_worth_trying, menu, references, with_weights
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.refine import refined
from approxlite.tuner.search import Front, search
from approxlite.tuner.sensitivity import base_of, measure_sensitivities, passes
from approxlite.tuner.validate import Candidate, Validator, validate

EVALUATIONS = 32
"""Configurations that are really run on the search samples and really timed."""

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
    progress: Progress = lambda _what, _share: None,
) -> Curve:
    """The curve of `model` on the search samples of `data`; the certification samples are not looked at.

    `measure` times whole configurations; without it `profile` predicts them, and the same profile, data and seed give
    the same curve. With `out`, a path, writes the curve and weights.bin beside it. With `cache`, a folder, outputs once
    computed are looked up. `interpreter` may be an existing one of the model; its ladder is replaced.
    Raises ModelError, DataError, InputError. Belongs to one thread.
    """
    ours = interpreter or _loaded(model)
    with tempfile.TemporaryDirectory() as scratch:
        return _tuned(model, data, profile, seed, out, measure, evaluations, cache, ours, progress, Path(scratch))


def _tuned(
    model: str | os.PathLike[str],
    data: Data,
    profile: Profile,
    seed: int,
    out: str | os.PathLike[str] | None,
    measure: Measure | None,
    evaluations: int,
    cache: str | os.PathLike[str] | None,
    ours: Tunable,
    progress: Progress,
    scratch: Path,
) -> Curve:
    """With a folder for weights that are not final."""
    file = load_model(model)
    check_fits(profile, file.sha256, numerics_version(), ours.operators)
    parts = split(data, seed)
    labels = None if data.y is None else data.y[parts.search]
    progress("calibrating", 0.0)
    options = knobs_worth_trying(profile)
    calibration = calibrate(
        model, ours, data.x[parts.calibration], options, progress=lambda share: progress("calibrating", 0.05 * share)
    )
    options = with_weights(options, calibration.weights)
    shared = _written(scratch / "shared.bin", calibration.weights)

    def evaluator(samples: Indices, weights: Path = shared, rungs: Mapping[Configuration, str] = NO_RUNGS) -> Evaluator:
        return Evaluator(
            ours,
            data.x[samples],
            calibration.scales,
            model=f"{file.sha256} numerics {numerics_version()}",
            weights=weights,
            rungs=rungs,
            cache=None if cache is None else Path(cache),
        )

    validator = Validator(evaluator(parts.search), labels)
    some = evaluator(_affordable(parts.search, options, profile))
    predictor = measure_sensitivities(
        some, options, lambda share: progress("learning what each knob does", 0.05 + 0.5 * share)
    )
    progress("searching", 0.55)
    knapsack, pools = _searched(profile, predictor, seed)
    progress("evaluating configurations", 0.7)
    chosen = validate(validator, pools, references(ours.operators, profile, predictor), evaluations)
    progress("timing configurations", 0.75)
    times = (measure or profile.measure)([str(candidate.configuration) for candidate in chosen])
    evaluated = [_evaluated(one, time.cost, validator) for one, time in zip(chosen, times, strict=True)]
    twins = recalibrated(
        model,
        ours,
        evaluated,
        calibration,
        data.x[parts.calibration],
        lambda share: progress("recalibrating deep rungs", 0.8 + 0.15 * share),
    )
    front = pareto_front(evaluated)
    if twins.names:
        deep = Validator(evaluator(parts.search, _written(scratch / "deep.bin", twins.weights), twins.names), labels)
        deep.run(one.candidate for one in evaluated if one.configuration in twins.names)
        front = pareto_front(with_twins(evaluated, twins, lambda one: _evaluated(one.candidate, one.cost, deep)))
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
    )
    if out is not None:
        save_curve(out, curve, weights)
    progress("tuned", 1.0)
    return curve


def _written(path: Path, weights: Mapping[Owner, Calibrated]) -> Path:
    path.write_bytes(pack_weights(pack_calibrated(weights)))
    return path


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


def _affordable(search_samples: Indices, options: Mapping[str, Sequence[str]], profile: Profile) -> Indices:
    """As many samples as all passes can look at within the budget, spread evenly. By the profile's time, not by the
    clock, so that the same profile gives the same curve.
    """
    base = base_of(options)
    seconds = len(passes(options, base)) * profile.measure([str(base)])[0].cost_ms / 1e3
    count = max(MIN_SAMPLES, int(PASS_BUDGET_S / max(seconds, 1e-9)))
    if count >= len(search_samples):
        return search_samples
    return search_samples[np.linspace(0, len(search_samples) - 1, count).astype(np.intp)]


def _searched(profile: Profile, predictor: LogitPredictor, seed: int) -> tuple[Front, list[list[Candidate]]]:
    """The knapsack's front, and candidates in two pools: what exchanges made of it, and as it is."""
    choices = menu(profile, predictor)
    front = search(choices)
    found = candidates(front.selections, profile, predictor)
    rated = [(selection, one.disagreement) for selection, one in zip(front.selections, found, strict=True)]
    improved = refined(rated, choices, predictor, seed=seed)
    return front, [candidates(improved, profile, predictor), found]


def _evaluated(candidate: Candidate, cost: Estimate, validator: Validator) -> Evaluated:
    configuration = candidate.configuration
    return Evaluated(
        candidate,
        cost,
        validator.disagreement(configuration),
        validator.expected(configuration),
        validator.accuracy(configuration),
    )


def _how_found(front: Front, evaluated: Sequence[Evaluated], predictor: LogitPredictor) -> str:
    correlation = rank_correlation(evaluated)
    agreement = "" if correlation is None else f"; predicted and measured disagreement rank alike to {correlation:.2f}"
    return (
        f"{len(predictor)} knobs on {len(predictor.exact)} samples each; "
        f"knapsack front of {len(front.selections)} configurations, gap {front.gap:.3g}; "
        f"{len(evaluated)} evaluated{agreement}"
    )
