"""Behind scripts/check-calibration."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from measured import Alone, Measured, Share, measure
from models import DEFAULT, MODELS, Model

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = Path(os.environ.get("APPROX_DATA", ROOT.parent / "shared" / "data"))
MOST_SECONDS = 60.0


def missed_bars(found: Measured, model: Model) -> Iterator[str]:
    """A bar is missed when not even the low end of the interval reaches it."""
    for one in found.alone:
        bar, figure = _bar(one, model)
        if bar is not None and figure is not None and figure[1] > bar:
            yield f"{found.model}: {one.knob} on one operator {_text(figure)}, bar {100 * bar:.1f} %"
    for rung in found.rungs:
        if model.recalibrated is not None and rung.remaining[1] > model.recalibrated:
            yield f"{found.model}: weights of its own leave {_text(rung.remaining)} of a rung's disagreement"
        if rung.seconds > MOST_SECONDS:
            yield f"{found.model}: {rung.seconds:.0f} s for one rung"
    if found.seconds > MOST_SECONDS:
        yield f"{found.model}: {found.seconds:.0f} s to calibrate"
    if not found.same_twice:
        yield f"{found.model}: other weights the second time"


def _bar(one: Alone, model: Model) -> tuple[float | None, Share | None]:
    if one.knob in model.most:
        return model.most[one.knob], one.disagreement
    return model.remaining.get(one.knob.partition(":")[2]) if "inputs" in one.knob else None, one.of_sampling


def _text(share: Share) -> str:
    value, low, high = (100 * part for part in share)
    return f"{value:.1f} ({low:.1f}–{high:.1f}) %"


def _tables(results: Sequence[Measured], missed: Sequence[str]) -> str:
    lines = [
        "One operator at a time, mean over operators, disagreement with exact on test samples (95 % bootstrap). Bars "
        "are of disagreement or, on photographs other than those they were found on, of its share of sampling's.",
        "",
        "| model | samples, tuning / test | calibrated, s | knob | operators | disagreement | of sampling's | bar |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for found in results:
        for one in found.alone:
            bar, _ = _bar(one, MODELS[found.model])
            lines.append(
                f"| {found.model} | {found.tuning} / {found.test} | {found.seconds:.1f} | {one.knob} | {one.operators} "
                f"| {_text(one.disagreement)} | {'–' if one.of_sampling is None else _text(one.of_sampling)} "
                f"| {'–' if bar is None else f'{100 * bar:.1f} %'} |"
            )
    lines += [
        "",
        "Whole rungs: disagreement with the weights that all share and with weights of their own.",
        "",
        "| model | multiply-accumulates | on tuning samples, shared | test, shared | test, own | left | bar | s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for found in results:
        most = MODELS[found.model].recalibrated
        lines += [
            f"| {found.model} | {rung.computed:.2f} | {100 * rung.tuning:.1f} % | {_text(rung.shared)} "
            f"| {_text(rung.recalibrated)} | {_text(rung.remaining)} "
            f"| {'–' if most is None else f'{100 * most:.0f} %'} | {rung.seconds:.1f} |"
            for rung in found.rungs
        ]
    return "\n".join([*lines, "", f"Missed: {'; '.join(missed) or 'nothing'}."])


def main() -> int:
    parser = argparse.ArgumentParser(prog="check-calibration", description="Tries calibrated weights on test samples.")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(DEFAULT), metavar="NAME")
    arguments = parser.parse_args()
    if not (COLLECTION / "models.json").is_file():
        print(f"check-calibration: no models and data at {COLLECTION}; set APPROX_DATA", file=sys.stderr)
        return 2
    results, missed = [], []
    for name in arguments.models:
        print(f"{name} ...", file=sys.stderr, flush=True)
        results.append(measure(name, MODELS[name], COLLECTION))
        missed += missed_bars(results[-1], MODELS[name])
    if arguments.json:
        print(json.dumps({"models": [asdict(found) for found in results], "missed": missed}))
    else:
        print(_tables(results, missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
