"""From a curve to a policy: rate rules on the search samples, keep the rungs they use, leave certifying for later."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import approxlite
from approxlite.formats.archive import MAX_JSON_BYTES
from approxlite.formats.configuration import EXACT
from approxlite.formats.curve import Curve, CurvePoint, rung_of, unpack_scales
from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.errors import ModelError, PolicyError
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import (
    MAX_RUNGS,
    Candidate,
    LadderRung,
    Policy,
    Rule,
    Stage,
    Validity,
    bind_weights,
)
from approxlite.formats.weights import Weights, owners_of
from approxlite.formats.weights_file import WeightsFile, weights_file
from approxlite.policy.candidates import AIM, MAX_CANDIDATES, Rated, fixed_sequence, spread
from approxlite.policy.outcomes import Outcomes, collect
from approxlite.policy.rehearsal import Rehearsal, Trial
from approxlite.policy.split import rebuild
from approxlite.policy.statistics import share
from approxlite.runtime.backend import ModelSource, read_model_bytes
from approxlite.runtime.controller import Confidence
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.library import numerics_version
from approxlite.runtime.probes import make_probe

_BYTES_ADDED_LATER = 4000  # by a certificate
_PROBE_BYTES = 200


@dataclass(frozen=True)
class _Rungs:
    """The points of a curve as rungs, of any number, and what the search samples said about them."""

    rungs: tuple[LadderRung, ...]
    exact: int
    rehearsal: Rehearsal
    confidence: Confidence
    usable: tuple[int, ...]  # those whose outputs are finite
    weights: WeightsFile | None  # that they bring along


def build_policy(
    curve: Curve,
    weights: Weights,
    model: ModelSource,
    data: Data,
    *,
    weights_from: Path | WeightsFile | None = None,
    aim: float = AIM,
    sequence: int = 0,
    seed: int = 0,
) -> Policy:
    """The policy of `curve` on the data it was tuned on; until it is certified, its rule is to run exact.

    weights_from: the file that `weights` came from; for a curve whose rungs bring weights along, which the policy takes
    from there when it is saved.
    aim: largest estimated disagreement of a candidate. sequence: number of the policy, above that of the one before.
    seed: of the probe inputs. Only the search part of `data` is looked at; equal arguments give equal policies but for
    the time. Raises DataError for other data, PolicyError for another model or other numerics.
    """
    content = read_model_bytes(model)
    if hashlib.sha256(content).hexdigest() != curve.model.sha256:
        raise PolicyError(f"the curve is of another file than this {curve.model.name}; tune this one")
    if curve.numerics_version != numerics_version():
        raise PolicyError(
            f"the curve holds for numerics version {curve.numerics_version}, this library has {numerics_version()}; "
            "tune again"
        )
    known = _rehearse(curve, weights, weights_file(weights_from), content, data)
    rules = fixed_sequence(known.rehearsal, known.usable, known.exact, aim=aim)
    draft = _largest_that_fits(curve, known, rules, sequence)
    with Ladder([content], draft.ladder, weights=draft.weights) as ladder:
        foreign = [operator.id for operator in ladder.interpreter().what_ran() if operator.ran_by != "approxlite"]
        probes = tuple(make_probe(ladder, rung, seed) for rung in range(len(draft.ladder)))
    policy = draft.model_copy(
        update={
            "device_class": curve.device_class if foreign else None,
            "portability": f"tied to the device class: the runtime itself runs {_few(foreign)}"
            if foreign
            else "every operator runs in ApproxLite, so the same bits on every CPU",
            "probes": probes,
        }
    )
    return bind_weights(policy)


def best_single(
    curve: Curve,
    weights: Weights,
    model: ModelSource,
    data: Data,
    *,
    weights_from: Path | WeightsFile | None = None,
    aim: float = AIM,
) -> LadderRung | None:
    """The baseline of every policy: the cheapest rung on its own that meets `aim` by the same estimate as candidates.

    None if only exact meets it. Looks at the search part of `data` only. Raises DataError for other data.
    """
    known = _rehearse(curve, weights, weights_file(weights_from), read_model_bytes(model), data)
    meeting = [rung for rung in known.usable if known.rehearsal.estimate((Trial(rung),)) <= aim]
    cheapest = min(meeting, key=lambda rung: known.rungs[rung].cost.value)
    return None if cheapest == known.exact else known.rungs[cheapest]


def confidence_for(outcomes: Outcomes) -> Confidence:
    """The ratio of the top two where outputs are probabilities, else their difference."""
    exact = outcomes.outputs[outcomes.exact_rung]
    are_probabilities = bool((exact >= 0).all()) and np.allclose(exact.sum(axis=1), 1, atol=1e-3)
    return "top_two_ratio" if are_probabilities else "top_two_difference"


def _rehearse(curve: Curve, weights: Weights, file: WeightsFile | None, content: bytes, data: Data) -> _Rungs:
    """Runs every point of the curve on the search samples."""
    if file is None and any(owners_of(point.configuration) for point in curve.points):
        raise PolicyError("rungs of the curve bring weights along; say which file they are in")
    x = data.x[rebuild(curve.split, data).search]
    rungs = _rungs_of(curve, weights)
    exact = next(number for number, rung in enumerate(rungs) if rung.configuration == EXACT)
    parts = []
    for begin in range(0, len(rungs), MAX_RUNGS):
        part = rungs[begin : begin + MAX_RUNGS]
        with Ladder([content], part, weights=file) as ladder:
            parts.append(collect(ladder, len(part), 0, x))
    outputs = np.concatenate([part.outputs for part in parts])
    finite = np.isfinite(outputs).all(axis=(1, 2))
    if not finite[exact]:
        raise ModelError("the exact model gives outputs that are not finite numbers; nothing can be compared")
    outputs[~finite] = outputs[exact]  # never used, and the rehearsal takes finite numbers only
    outcomes = Outcomes(outputs, np.concatenate([part.latencies_ms for part in parts]), exact)
    confidence = confidence_for(outcomes)
    rehearsal = Rehearsal(outcomes, [rung.cost.value for rung in rungs], confidence)
    return _Rungs(rungs, exact, rehearsal, confidence, tuple(int(rung) for rung in np.flatnonzero(finite)), file)


def _rungs_of(curve: Curve, weights: Weights) -> tuple[LadderRung, ...]:
    scales = unpack_scales(weights)
    rungs = [
        LadderRung(
            configuration=point.configuration,
            cost=_cost(point, curve),
            scales=rung_of(point, scales).scales,
            name=point.rung,
        )
        for point in curve.points
    ]
    if all(rung.configuration != EXACT for rung in rungs):
        rungs.append(LadderRung(configuration=EXACT, cost=Estimate(value=1, low=1, high=1, samples=1)))
    return tuple(rungs)


def _cost(point: CurvePoint, curve: Curve) -> Estimate:
    """As measured, else as predicted, as far off as the worst prediction was."""
    off = curve.cost_residuals.largest_absolute
    return point.cost or Estimate(
        value=point.predicted_cost,
        low=max(0.0, point.predicted_cost - off),
        high=point.predicted_cost + off,
        samples=max(1, curve.cost_residuals.samples),
    )


def _largest_that_fits(curve: Curve, known: _Rungs, rules: Sequence[Rated], sequence: int) -> Policy:
    """With as many of the rules as ladder and file have room for; exact alone always fits."""
    for limit in range(MAX_CANDIDATES, 1, -1):
        kept = spread(rules, limit)
        order = _ladder_order(kept, known)
        if len(order) <= MAX_RUNGS:
            policy = _draft(curve, known, kept, order, sequence)
            room = MAX_JSON_BYTES - _BYTES_ADDED_LATER - _PROBE_BYTES * len(order)
            if len(policy.model_dump_json()) <= room:
                return policy
    return _draft(curve, known, rules[:1], [known.exact], sequence)


def _ladder_order(rules: Sequence[Rated], known: _Rungs) -> list[int]:
    """Exact first, then the rungs the rules use, dearest first."""
    used = {stage.rung for rated in rules for stage in rated.rule} - {known.exact}
    return [known.exact, *sorted(used, key=lambda rung: -known.rungs[rung].cost.value)]


def _draft(curve: Curve, known: _Rungs, rules: Sequence[Rated], order: Sequence[int], sequence: int) -> Policy:
    candidates = tuple(_candidate(known, rated, order) for rated in rules)
    time = now()
    return Policy(
        sequence=sequence,
        created=time,
        tool_version=approxlite.__version__,
        models=(curve.model,),
        numerics_version=curve.numerics_version,
        device_class=curve.device_class,
        portability="",
        ladder=tuple(known.rungs[rung] for rung in order),
        exact_rung=0,
        rule=Rule(kind="fixed", confidence=known.confidence, stages=candidates[0].stages),
        candidates=candidates,
        split=curve.split,
        certificate=None,
        probes=(),
        validity=Validity(not_before=time),
    ).with_weights(known.weights)


def _candidate(known: _Rungs, rated: Rated, order: Sequence[int]) -> Candidate:
    """As the policy keeps it. The disagreement is the cautious estimate; its interval is widened to hold it."""
    rehearsal = known.rehearsal
    reached = [float(alive.mean()) for alive in rehearsal.reached(rated.rule)]
    parts = [(part, known.rungs[stage.rung].cost) for part, stage in zip(reached, rated.rule, strict=True)]
    seen = share(int(rehearsal.changed(rated.rule).sum()), rehearsal.samples)
    return Candidate(
        stages=tuple(Stage(rung=order.index(stage.rung), threshold=stage.threshold) for stage in rated.rule),
        cost=Estimate(
            value=sum(part * cost.value for part, cost in parts),
            low=sum(part * cost.low for part, cost in parts),
            high=sum(part * cost.high for part, cost in parts),
            samples=min(cost.samples for _, cost in parts),
        ),
        disagreement=Estimate(
            value=rated.disagreement,
            low=min(seen.low, rated.disagreement),
            high=max(seen.high, rated.disagreement),
            samples=rehearsal.samples,
        ),
    )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
