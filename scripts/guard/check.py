"""Behind scripts/check-guard."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

from evidence import detection, false_alarms
from figures import Figure, text
from models import Watched, watched
from state import state_checks
from tripwires import tripwire_checks
from worlds import misleading, of_model, uninformative

_CHANGES = 1001  # guards per figure on detection


def figures(runs: int, seed: int, models: list[Watched]) -> Iterator[Figure]:
    blind, misled = uninformative(), misleading()
    worlds = [blind, misled]
    for model in models:
        if model.informative:
            name = f"confidences of {model.name}, {model.configuration}"
            worlds.append(of_model(name, model.settings, model.test.confidences, model.test.differs))
    for number, world in enumerate(worlds):
        yield false_alarms(world, runs, 0.02, (seed, number))
    yield false_alarms(blind, runs // 4, 0.01, (seed, len(worlds)))
    for world in worlds:
        for good, disagreement in ((0, 0.02), (100_000, 0.02), (100_000, 0.01), (1_000_000, 0.02)):
            held = world is not misled and disagreement == 0.02 and good <= 100_000
            changes = _CHANGES if good <= 100_000 else _CHANGES // 5
            yield detection(world, changes, good, disagreement, seed + 1, held)
    for model in models:
        yield from tripwire_checks(model, seed)
    yield from state_checks(seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="check-guard", description="Tries the guard and holds it to its bars.")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument(
        "--runs",
        type=int,
        default=1000,
        help="guards on false alarms, of each kind of confidence (1000)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of all simulations (0)")
    parser.add_argument("--models", nargs="*", help="only these of the real models, e.g. keyword_float")
    options = parser.parse_args()
    if options.runs < 100:
        parser.error("--runs must be at least 100")
    begin = time.monotonic()
    found = []
    for figure in figures(options.runs, options.seed, watched(options.models)):
        found.append(figure)
        print(f"{time.monotonic() - begin:4.0f} s  {figure.what}: {figure.result}", file=sys.stderr, flush=True)
    missed = [figure for figure in found if figure.met is False]
    if options.json:
        print(
            json.dumps({"seed": options.seed, "figures": [asdict(figure) for figure in found], "missed": len(missed)})
        )
    else:
        print(text(found))
        print(f"\n{len(found)} figures, {len(missed)} miss their bar; seed {options.seed}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
