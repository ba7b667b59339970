"""Puts a report together from the files that the stages left in one folder."""

from __future__ import annotations

import os
from pathlib import Path

from approxlite.formats.configuration import EXACT, Configuration
from approxlite.formats.curve import Curve, load_curve
from approxlite.formats.document import now, save_atomically
from approxlite.formats.policy import LadderRung, Policy, load_policy
from approxlite.formats.profile import load_profile
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.summary import recorded
from approxlite.report.content import OperatorRow, PlotPoint, Report, RuleFacts, RungRow, StageRow
from approxlite.report.method import method
from approxlite.report.page import page
from approxlite.report.results import Results, load_results
from approxlite.report.words import advice, headline

CONFIDENCE_WORDS = {
    "top_two_ratio": "its largest output over the second largest",
    "top_two_difference": "its largest output less the second largest",
}


def write_report(folder: str | os.PathLike[str]) -> Path:
    """Writes report.html and report.json beside what they are about, and returns the path of the page.

    Needs curve.json, weights.bin, policy.approx and profile.jsonl; results.json adds the results on held-out data.
    Raises FormatError, PolicyError or DeviceError.
    """
    report = collect(folder)
    target = Path(folder) / "report.html"
    save_atomically(target, page(report).encode())
    save_atomically(target.with_suffix(".json"), report.model_dump_json(indent=1).encode() + b"\n")
    return target


def collect(folder: str | os.PathLike[str]) -> Report:
    """Reads the folder's files. Raises FormatError, PolicyError or DeviceError, for one missing or damaged."""
    place = Path(folder)
    profile = load_profile(place / "profile.jsonl")
    curve, _ = load_curve(place / "curve.json")
    policy = load_policy(place / "policy.approx")
    kept = place / "results.json"
    results = load_results(kept) if kept.exists() else None
    measured = recorded(profile, policy.models[-1].sha256, device_class=curve.device_class)
    return Report(
        created=now(),
        model=policy.models[-1].name,
        headline=headline(policy, results),
        results=results,
        curve=(*_curve_points(curve, policy), *_result_points(results)),
        ladder=tuple(
            RungRow(
                number=number,
                configuration=_rung_name(policy, rung),
                cost=rung.cost,
                answered=results.answered[number] if results else None,
            )
            for number, rung in enumerate(policy.ladder)
        ),
        exact_rung=policy.exact_rung,
        rule=_rule(policy, results),
        certificate=policy.certificate,
        advice=advice(policy),
        operators=_operators(policy, measured, results),
        method=method(policy, curve, profile, results),
    )


def _curve_points(curve: Curve, policy: Policy) -> list[PlotPoint]:
    last = len(policy.models) - 1
    own = {point.rung for point in curve.points} - {""}

    def filed(rung: LadderRung) -> str:
        """The name in the curve, before which ladders of several models put the model's."""
        return next((name for name in own if rung.name == name or rung.name.endswith(f".{name}")), "")

    rungs = {(r.configuration, filed(r)): number for number, r in enumerate(policy.ladder) if r.model == last}
    points = []
    for number, point in enumerate(curve.points):
        if point.cost is None or point.disagreement is None:
            continue
        rung = rungs.get((point.configuration, point.rung))
        exact = point.configuration == "exact"
        points.append(
            PlotPoint(
                label="exact" if exact else f"configuration {number}" if rung is None else f"rung {rung}",
                configuration=point.configuration,
                cost=point.cost,
                disagreement=point.disagreement,
                predicted_disagreement=point.predicted_disagreement,
                rung=rung,
                kind="curve" if rung is None else "rung",
            )
        )
    return points


def _result_points(results: Results | None) -> list[PlotPoint]:
    """Stock models and the policy, from the data that they were evaluated on."""
    points = []
    for row in results.rows if results else ():
        if row.role in ("stock", "policy") and row.ratio is not None and row.agreement is not None:
            agreement = row.agreement
            disagreement = agreement.model_copy(
                update={"value": 1 - agreement.value, "low": 1 - agreement.high, "high": 1 - agreement.low}
            )
            points.append(
                PlotPoint(
                    label=row.name,
                    cost=row.ratio,
                    disagreement=disagreement,
                    kind="policy" if row.role == "policy" else "reference",
                )
            )
    return points


def _rung_name(policy: Policy, rung: LadderRung) -> str:
    """The configuration, and of which model where there are several."""
    return rung.configuration if len(policy.models) == 1 else f"{policy.models[rung.model].name}: {rung.configuration}"


def _rule(policy: Policy, results: Results | None) -> RuleFacts:
    reached = results.reached if results else (None,) * len(policy.stages)
    return RuleFacts(
        kind="fixed" if len(policy.stages) == 1 else "cascade",
        confidence=CONFIDENCE_WORDS[policy.rule.confidence],
        stages=tuple(
            StageRow(rung=stage.rung, threshold=stage.threshold, reached=share)
            for stage, share in zip(policy.stages, reached, strict=True)
        ),
    )


def _operators(policy: Policy, profile: RecordedProfile, results: Results | None) -> tuple[OperatorRow, ...]:
    """Every operator of the model when the results name them all, else those that the profile measured."""
    last = len(policy.models) - 1
    configurations = [Configuration.parse(each.configuration) if each.model == last else None for each in policy.ladder]
    times = profile.operators
    whole = sum(knobs[EXACT].nanoseconds.value for knobs in times.values())
    listed = (
        [(operator.id, operator.ran_by, operator.multiply_accumulates) for operator in results.inspection.operators]
        if results
        else [(operator.id, "approxlite", operator.multiply_accumulates) for operator in profile.campaign.operators]
    )
    rows = []
    for name, ran_by, work in listed:
        knobs = tuple("other model" if each is None else str(each.knob(name)) for each in configurations)
        spent = [times[name].get(knob) if name in times else None for knob in knobs]
        shares = tuple(None if time is None or whole == 0 else time.nanoseconds.value / whole for time in spent)
        rows.append(OperatorRow(id=name, ran_by=ran_by, multiply_accumulates=work, knobs=knobs, time_shares=shares))
    return tuple(rows)
