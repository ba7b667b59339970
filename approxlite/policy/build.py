"""From a curve to a policy: rate rules on the search samples, keep the rungs they use, leave certifying for later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import approxlite
from approxlite.formats.agreement import AgreementRule
from approxlite.formats.archive import MAX_JSON_BYTES
from approxlite.formats.curve import Curve
from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import MAX_RUNGS, Candidate, LadderRung, Policy, Stage, Validity, bind_weights
from approxlite.formats.rule import Rule
from approxlite.formats.weights import Weights
from approxlite.formats.weights_file import WeightsFile, weights_file
from approxlite.policy.candidates import AIM, MAX_CANDIDATES, Rated, fixed_sequence, spread
from approxlite.policy.rehearsal import Trial
from approxlite.policy.rungs import Known, Tuned, rehearse
from approxlite.policy.statistics import share
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import make_probe

_BYTES_ADDED_LATER = 6000  # by a certificate and a guard
_PROBE_BYTES = 200


def build_policy(
    curve: Curve,
    weights: Weights,
    model: ModelSource,
    data: Data,
    *,
    weights_from: Path | WeightsFile | None = None,
    agreement: AgreementRule | None = None,
    aim: float = AIM,
    sequence: int = 0,
    seed: int = 0,
) -> Policy:
    """The policy of `curve` on the data it was tuned on; until it is certified, its rule is to run exact.

    weights_from: the file that `weights` came from; for a curve whose rungs bring weights along, which the policy takes
    from there when it is saved. For the rest see `build_ladder`. Raises DataError for other data, PolicyError for
    another model or other numerics.
    """
    tuned = Tuned(curve, weights, model, data)
    return build_ladder(
        [tuned], weights=weights_file(weights_from), agreement=agreement, aim=aim, sequence=sequence, seed=seed
    )


def build_ladder(
    tuned: Sequence[Tuned],
    *,
    weights: WeightsFile | None = None,
    agreement: AgreementRule | None = None,
    aim: float = AIM,
    sequence: int = 0,
    seed: int = 0,
) -> Policy:
    """One policy over several models of the same task, the best of them last; models that no rule uses are left out.

    weights: what `merge_weights` wrote, if rungs bring weights along. agreement: when an answer counts as the last
    model's exact one, by default as its curve was tuned for; answers that are not class scores have no cascades. aim:
    largest estimated disagreement of a candidate. sequence: number of the policy, above that of the one before. seed:
    of the probe inputs. Only the search part of the data is looked at; equal arguments give equal policies but for the
    time. Raises DataError or PolicyError when curves, models and data do not belong together.
    """
    known = rehearse(tuned, weights, agreement)
    rules = fixed_sequence(known.rehearsal, known.usable, known.exact, aim=aim)
    draft = _largest_that_fits(known, rules, sequence)
    used = {rung.model for rung in draft.ladder}
    if len(used) < len(tuned):
        kept = [each for number, each in enumerate(tuned) if number in used]
        return build_ladder(kept, weights=weights, agreement=agreement, aim=aim, sequence=sequence, seed=seed)
    with Ladder([each.content for each in tuned], draft.ladder, weights=draft.weights) as ladder:
        foreign = [
            operator.id
            for model in range(len(tuned))
            for operator in ladder.interpreter(model).what_ran()
            if operator.ran_by != "approxlite"
        ]
        probes = tuple(make_probe(ladder, rung, seed) for rung in range(len(draft.ladder)))
    policy = draft.model_copy(
        update={
            "device_class": tuned[-1].curve.device_class if foreign else None,
            "portability": f"tied to the device class: the runtime itself runs {_few(foreign)}"
            if foreign
            else "every operator runs in ApproxLite, so the same bits on every CPU",
            "probes": probes,
        }
    )
    return bind_weights(policy)


def best_single(
    tuned: Sequence[Tuned],
    *,
    weights: WeightsFile | None = None,
    agreement: AgreementRule | None = None,
    aim: float = AIM,
) -> LadderRung | None:
    """The baseline of every policy: the cheapest rung on its own that meets `aim` by the same estimate as candidates.

    None if only exact meets it. Looks at the search part of the data only. Raises as `build_ladder` does.
    """
    known = rehearse(tuned, weights, agreement)
    meeting = [rung for rung in known.usable if known.rehearsal.estimate((Trial(rung),)) <= aim]
    cheapest = min(meeting, key=lambda rung: known.rungs[rung].cost.value)
    return None if cheapest == known.exact else known.rungs[cheapest]


def _largest_that_fits(known: Known, rules: Sequence[Rated], sequence: int) -> Policy:
    """With as many of the rules as ladder and file have room for; exact alone always fits."""
    for limit in range(MAX_CANDIDATES, 1, -1):
        kept = spread(rules, limit)
        order = _ladder_order(kept, known)
        if len(order) <= MAX_RUNGS:
            policy = _draft(known, kept, order, sequence)
            room = MAX_JSON_BYTES - _BYTES_ADDED_LATER - _PROBE_BYTES * len(order)
            if len(policy.model_dump_json()) <= room:
                return policy
    return _draft(known, rules[:1], [known.exact], sequence)


def _ladder_order(rules: Sequence[Rated], known: Known) -> list[int]:
    """Exact first, then the rungs the rules use, dearest first."""
    used = {stage.rung for rated in rules for stage in rated.rule} - {known.exact}
    return [known.exact, *sorted(used, key=lambda rung: -known.rungs[rung].cost.value)]


def _draft(known: Known, rules: Sequence[Rated], order: Sequence[int], sequence: int) -> Policy:
    candidates = tuple(_candidate(known, rated, order) for rated in rules)
    time = now()
    curve = known.tuned[-1].curve
    maps = tuple(each.class_map for each in known.tuned)
    return Policy(
        sequence=sequence,
        created=time,
        tool_version=approxlite.__version__,
        models=tuple(each.curve.model for each in known.tuned),
        numerics_version=curve.numerics_version,
        device_class=curve.device_class,
        portability="",
        ladder=tuple(known.rungs[rung] for rung in order),
        exact_rung=0,
        agreement=known.rehearsal.agreement,
        class_maps=() if maps == (None,) * len(maps) else maps,
        rule=Rule(kind="fixed", confidence=known.confidence),
        candidates=candidates,
        input_rms=known.input_rms or None,  # of inputs that are all zero every change is unknown
        split=curve.split,
        certificate=None,
        probes=(),
        validity=Validity(not_before=time),
    ).with_weights(known.weights)


def _candidate(known: Known, rated: Rated, order: Sequence[int]) -> Candidate:
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
