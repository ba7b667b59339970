"""What scripts/bench-tuner runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from curves import CurveResult, measure_curves
from deep_model import DEEP
from models import MODELS
from planner import MOST_SECONDS as MOST_PLANNER_SECONDS
from planner import PlannerResult, measure_planner
from predictions import PredictionResult, measure_predictions
from problem import problem_of
from scale import MOST_SECONDS, ScaleResult, measure_scale
from tables import tables

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
    begin = time.monotonic()
    planner = measure_planner()
    curves, predictions, scales = [], [], []
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
    for name in arguments.scale:
        _say(arguments, f"tuning {name} ...")
        scales.append(measure_scale(name, COLLECTION, FOLDER, seconds=8.0))
    bars = _bars(planner, curves, predictions, scales)
    result = {
        "planner": asdict(planner),
        "curves": [{**asdict(c), "gain": c.gain} for c in curves],
        "predictions": [asdict(p) for p in predictions],
        "scale": [asdict(s) for s in scales],
        "bars": [{"bar": what, "holds": holds} for what, holds in bars],
        "seconds": time.monotonic() - begin,
    }
    text = json.dumps(result, indent=1) if arguments.json else tables(planner, curves, predictions, scales, bars)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")
    return 0 if all(holds for _, holds in bars) else 1


def _bars(
    planner: PlannerResult,
    curves: Sequence[CurveResult],
    predictions: Sequence[PredictionResult],
    scales: Sequence[ScaleResult],
) -> list[tuple[str, bool]]:
    """What has to hold of what was measured, and whether it does."""
    better = sum(curve.holds for curve in curves)
    bars = [
        ("the planner finds what brute force finds", planner.equal == planner.instances),
        ("107 operators x 12 knobs are planned in under 1 s", planner.seconds < MOST_PLANNER_SECONDS),
    ]
    if curves:
        needed = min(LEAST_MODELS, len(curves))
        what = f"hypervolume at least 5 % above the best baseline's on {needed} models: {better} of {len(curves)}"
        bars.append((what, better >= needed))
    for p in predictions:
        bars.append((f"{p.model}: rank correlation of 100 predictions at least 0.9", p.ranks))
        if p.cost_error is not None:
            bars.append((f"{p.model}: predicted latency within 5 % of measured", p.precise))
    limits = [(s, MOST_SECONDS[s.model]) for s in scales if s.model in MOST_SECONDS]
    return bars + [(f"{s.model}: tuned in {most:.0f} s of one core", s.holds) for s, most in limits]


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="scripts/bench-tuner", description=__doc__)
    parser.add_argument("--models", nargs="*", choices=list(MODELS), default=list(DEFAULT), metavar="NAME")
    parser.add_argument("--scale", nargs="*", choices=[*MODELS, DEEP], default=[*MOST_SECONDS], metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=64, help="beyond the sensitivity passes")
    parser.add_argument("--untimed", action="store_true", help="do not compare predicted with measured latency")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def _say(arguments: Any, what: str) -> None:
    if not arguments.json:
        print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
