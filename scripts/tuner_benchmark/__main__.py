"""What scripts/bench-tuner runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from curves import CurveResult, measure_curves
from models import MODELS
from planner import PlannerResult, measure_planner
from predictions import PredictionResult, measure_predictions
from problem import problem_of

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = Path(os.environ.get("APPROX_DATA", ROOT.parent / "shared" / "data"))
FOLDER = ROOT / "build" / "tuner-benchmark"
DEFAULT = ("keyword", "har_cnn9", "har_cnn_acc3", "resnet8", "vww")
LEAST_MODELS = 5
"""On which a curve has to be better for the bar to hold."""


def main() -> int:
    arguments = _arguments()
    if not (COLLECTION / "models.json").is_file():
        print(f"bench-tuner: no collection of models and data at {COLLECTION}; set APPROX_DATA", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    planner = measure_planner()
    curves, predictions = [], []
    for name in arguments.models:
        _say(arguments, f"{name} ...")
        problem = problem_of(name, COLLECTION, FOLDER, seconds=8.0)
        operators = problem.profile.campaign.operators
        curve, found = measure_curves(
            problem, list(operators), evaluations=arguments.evaluations, seeds=arguments.seeds
        )
        curves.append(curve)
        model = str(COLLECTION / MODELS[name].file)
        predictions.append(measure_predictions(problem, found, model, timed=not arguments.untimed))
    better = sum(curve.holds for curve in curves)
    missed = [f"planner: {planner}"] if not planner.holds else []
    if better < min(LEAST_MODELS, len(curves)):
        missed.append(f"curves: {better} of {len(curves)} models are 5 % better")
    missed += [f"predictions: {p.model}" for p in predictions if not p.holds]
    result = {
        "planner": asdict(planner),
        "curves": [{**asdict(c), "gain": c.gain} for c in curves],
        "predictions": [asdict(p) for p in predictions],
        "missed": missed,
    }
    text = json.dumps(result, indent=1) if arguments.json else _tables(planner, curves, predictions, missed)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")
    return 1 if missed else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="scripts/bench-tuner", description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(DEFAULT), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=64, help="beyond the sensitivity passes")
    parser.add_argument("--untimed", action="store_true", help="do not compare predicted with measured latency")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def _say(arguments: Any, what: str) -> None:
    if not arguments.json:
        print(what, file=sys.stderr, flush=True)


def _tables(
    planner: PlannerResult, curves: list[CurveResult], predictions: list[PredictionResult], missed: list[str]
) -> str:
    names = list(curves[0].baselines)
    lines = [
        f"Planner: {planner.equal} of {planner.instances} small instances equal brute force; "
        f"107 operators x 12 knobs in {planner.seconds:.2f} s, gap {planner.gap:.2g}.",
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
    lines += [
        "",
        "Predictions of configurations that were never run, spread evenly over predicted disagreements of 0–10 %.",
        "",
        "| model | configurations | rank correlation | slope | mean error, points | cost error, median (timed) |",
        "|---|---|---|---|---|---|",
    ]
    for p in predictions:
        timed = "–" if p.cost_error is None else f"{100 * p.cost_error:.1f} % ({p.timed})"
        lines.append(
            f"| {p.model} | {p.configurations} | {p.correlation:.2f} | {p.slope:.2f} "
            f"| {100 * p.mean_absolute:.1f} | {timed} |"
        )
    return "\n".join([*lines, "", f"Missed: {'; '.join(missed) or 'nothing'}"])


if __name__ == "__main__":
    sys.exit(main())
