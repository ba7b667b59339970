"""Behind scripts/check-curve."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from measured import Measured, Range, measure

from approxlite.formats.errors import ApproxError

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = Path(os.environ.get("APPROX_DATA", ROOT.parent / "shared" / "data"))

MOST_TIME: Mapping[str, float] = {
    "har_cnn9": 0.10,
    "kws_dscnn": 0.54,
    "vww_mobilenetv1_96": 0.50,
    "resnet8_large": 0.22,
    "resnet20": 0.26,
    "resnet56": 0.24,
}
"""Share of stock float's time."""

SHORT: Mapping[str, str] = {"keyword": "kws_dscnn", "vww": "vww_mobilenetv1_96"}
"""Names that people use, where files have others."""

MOST_DIFFERENCE, LEAST_SAMPLES = 0.01, 1000
"""Of answers, and how many samples it takes to say so."""

MOST_OF_INT8 = 0.90


def bars(found: Measured) -> list[tuple[str, bool]]:
    """What has to hold, and whether it does by the measured value."""
    most, name = MOST_TIME[found.network], found.network
    held = [(f"{name}: at most {most:g} of stock float's time", found.policy.time[0] <= most)]
    if found.samples >= LEAST_SAMPLES:
        held.append((f"{name}: at most 1 % of answers differ", found.policy.differs[0] <= MOST_DIFFERENCE))
    else:
        held.append((f"{name}: not surely over 1 % of answers differ", found.policy.differs[1] <= MOST_DIFFERENCE))
    held.append((f"{name}: at most {MOST_OF_INT8:g} of stock int8's time", found.of_int8[0] <= MOST_OF_INT8))
    held.append((f"{name}: no more differ than of stock int8", found.policy.differs[0] <= found.int8.differs[0]))
    return held


def _table(results: Sequence[Measured], held: Sequence[tuple[str, bool]]) -> str:
    lines = [
        "| network | test samples (tuning) | policy, time | differs | best single rung, time | differs | exact, time "
        "| stock int8, time | differs | policy / int8 | bar |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in results:
        differs = _percent(one.policy.differs)
        if one.samples < LEAST_SAMPLES:
            differs += ", no verdict"
        lines.append(
            f"| {one.network} | {one.samples} ({one.tuned_on}) | **{_share(one.policy.time)}** | {differs} "
            f"| {_share(one.single.time)} | {_percent(one.single.differs)} | {_share(one.exact.time)} "
            f"| {_share(one.int8.time)} | {_percent(one.int8.differs)} | {_share(one.of_int8)} "
            f"| {MOST_TIME[one.network]:g} |"
        )
    return "\n".join([*lines, "", *(f"{'holds ' if holds else 'MISSED'}  {what}" for what, holds in held)])


def _share(share: Range) -> str:
    return f"{share[0]:.3f} [{share[1]:.3f}, {share[2]:.3f}]"


def _percent(share: Range) -> str:
    value, low, high = (100 * part for part in share)
    return f"{value:.2f} % [{low:.2f}, {high:.2f}]"


def _say(what: str) -> None:
    print(f"check-curve: {what}", file=sys.stderr, flush=True)


def main() -> int:
    """0: every bar is met; 1: one is missed, or cannot be measured; 2: nothing to measure on."""
    names = [*MOST_TIME, *SHORT]
    parser = argparse.ArgumentParser(prog="scripts/check-curve", description="Policies beside stock on test samples.")
    parser.add_argument("--models", nargs="+", choices=names, default=list(MOST_TIME), metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "curve")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    arguments = parser.parse_args()
    if not (COLLECTION / "models.json").is_file():
        _say(f"no collection of models and data at {COLLECTION}; set APPROX_DATA")
        return 2
    results: list[Measured] = []
    for name in dict.fromkeys(SHORT.get(name, name) for name in arguments.models):
        try:
            results.append(measure(name, COLLECTION, arguments.cache, arguments.seed, _say))
        except ApproxError as problem:
            _say(f"{name}: {problem}")
            return 1
    held = [bar for one in results for bar in bars(one)]
    if arguments.json:
        print(json.dumps({"networks": [asdict(one) for one in results], "bars": dict(held)}, indent=1))
    else:
        print(_table(results, held))
    return 0 if all(holds for _, holds in held) else 1


if __name__ == "__main__":
    sys.exit(main())
