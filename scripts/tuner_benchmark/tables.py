"""What was measured, for people to read."""

from __future__ import annotations

from collections.abc import Sequence

from curves import CurveResult
from planner import PlannerResult
from predictions import PredictionResult
from scale import ScaleResult


def tables(
    planner: PlannerResult,
    curves: Sequence[CurveResult],
    predictions: Sequence[PredictionResult],
    scales: Sequence[ScaleResult],
    bars: Sequence[tuple[str, bool]],
) -> str:
    """One Markdown table each, where there is anything to show, and the bars."""
    lines = [
        f"Planner: {planner.equal} of {planner.instances} small instances equal brute force; "
        f"107 operators x 12 knobs in {planner.seconds:.2f} s, gap {planner.gap:.2g}.",
    ]
    lines += _curves(curves) if curves else []
    lines += _predictions(predictions) if predictions else []
    lines += _scales(scales) if scales else []
    return "\n".join([*lines, "", *(f"{'holds ' if holds else 'MISSED'}  {what}" for what, holds in bars)])


def _curves(curves: Sequence[CurveResult]) -> list[str]:
    names = list(curves[0].baselines)
    lines = [
        "",
        "Hypervolume below exact's cost and 10 % disagreement, on tuning data, costs by the recorded profile; "
        f"medians of {curves[0].seeds} seeds at equal inferences.",
        "",
        f"| model | samples | inferences, of which passes | ours (range) | {' | '.join(names)} | gain | s |",
        f"|---|---|---|---|{'---|' * len(names)}---|---|",
    ]
    for c in curves:
        beside = " | ".join(f"{c.baselines[name]:.3f}" for name in names)
        lines.append(
            f"| {c.model} | {c.samples} | {c.inferences}, {c.passes} "
            f"| {c.ours:.3f} ({c.spread[0]:.3f}–{c.spread[1]:.3f}) "
            f"| {beside} | {100 * (c.gain - 1):+.0f} % | {c.seconds:.0f} |"
        )
    return lines


def _predictions(predictions: Sequence[PredictionResult]) -> list[str]:
    lines = [
        "",
        "Predictions of configurations that were never run, spread evenly over predicted disagreements of 0–10 %.",
        "",
        "| model | configurations | rank correlation (95 %) | slope | mean error, points | cost error, median (timed) "
        "|",
        "|---|---|---|---|---|---|",
    ]
    for p in predictions:
        timed = "–" if p.cost_error is None else f"{100 * p.cost_error:.1f} % ({p.timed})"
        lines.append(
            f"| {p.model} | {p.configurations} | {p.correlation:.2f} ({p.interval[0]:.2f}–{p.interval[1]:.2f}) "
            f"| {p.slope:.2f} | {100 * p.mean_absolute:.1f} | {timed} |"
        )
    return lines


def _scales(scales: Sequence[ScaleResult]) -> list[str]:
    stages = list(dict.fromkeys(stage for s in scales for stage in s.stages))
    lines = [
        "",
        "Tuning in one process, seconds of one core.",
        "",
        f"| model | operators with a choice, of all | knobs of each, median | worth trying | samples | all (clock) "
        f"| {' | '.join(stages)} |",
        f"|---|---|---|---|---|---|{'---|' * len(stages)}",
    ]
    for s in scales:
        each = " | ".join(f"{s.stages.get(stage, 0):.1f}" for stage in stages)
        lines.append(
            f"| {s.model} | {s.operators[0]}, {s.operators[1]} | {s.knobs} | {s.tried} | {s.samples} "
            f"| {s.seconds:.0f} ({s.wall:.0f}) | {each} |"
        )
    return lines
