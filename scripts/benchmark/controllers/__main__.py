"""Compares ways of deciding at run time. Called by scripts/bench-controllers, which says what the options mean."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from approxlite.formats.errors import ApproxError
from controllers.compare import compare
from controllers.plot import save_plot
from controllers.subjects import subjects
from controllers.tables import text_of

REPOSITORY = Path(__file__).parents[3]
COLLECTION = Path(os.environ.get("APPROX_DATA", REPOSITORY.parent / "shared" / "data"))


def main() -> int:
    """0: every bar is met; 1: one is missed, or cannot be measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench-controllers")
    parser.add_argument("--models", nargs="*", default=None, metavar="NAME")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cache", type=Path, default=REPOSITORY / "build" / "controllers")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if not (COLLECTION / "models.json").is_file():
        print(f"bench-controllers: needs the larger collection of models and data at {COLLECTION}", file=sys.stderr)
        return 1
    known = subjects(COLLECTION)
    unknown = set(given.models or ()) - {subject.name for subject in known}
    if unknown:
        parser.error(f"no subject {', '.join(sorted(unknown))}; there are {', '.join(each.name for each in known)}")
    results: list[dict[str, Any]] = []
    for subject in known:
        if given.models is not None and subject.name not in given.models:
            continue
        try:
            result = compare(subject, COLLECTION, given.cache, given.seconds, given.seed, _say)
        except ApproxError as problem:
            _say(f"{subject.name}: {problem}")
            return 1
        results.append(result)
        if not given.json:
            print(text_of(result) + "\n", flush=True)
    save_plot(results, given.cache / "controllers.html")
    _say(f"plot and traces in {given.cache}")
    missed = [f"{result['name']}: {bar}" for result in results for bar, held in result["bars"].items() if not held]
    if given.json:
        print(json.dumps({"subjects": results, "missed": missed}, indent=1))
    for each in missed:
        _say(f"missed: {each}")
    return 1 if missed else 0


def _say(what: str) -> None:
    print(f"bench-controllers: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
