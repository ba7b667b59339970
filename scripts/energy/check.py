"""Behind scripts/check-energy."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

from by_rows import knobs, meters
from devices import on_devices
from evidence import campaigns, contamination, coverage, times, watching, wrong_sources
from figures import Figure, text


def figures(count: int, seed: int) -> Iterator[Figure]:
    with ProcessPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        found = campaigns(pool, count, seed)
        yield from coverage(found)
        yield from times(found)
        yield from contamination(pool, max(10, count // 2), seed)
        yield from knobs(pool, max(5, count // 12), seed)
        yield from on_devices(pool, max(10, count // 10), seed)
        yield from meters(pool, max(10, count // 10), seed)
        yield from watching(2 * count, seed)
        yield from wrong_sources(max(2, count // 100), seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="check-energy", description="Holds energy campaigns to their bars.")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--campaigns", type=int, default=500, help="on rails, a fine gauge and all others each (500)")
    parser.add_argument("--seed", type=int, default=0, help="of all devices (0)")
    options = parser.parse_args()
    if options.campaigns < 20:
        parser.error("--campaigns must be at least 20")
    begin = time.monotonic()
    found = []
    for figure in figures(options.campaigns, options.seed):
        found.append(figure)
        print(f"{time.monotonic() - begin:4.0f} s  {figure.what}: {figure.result}", file=sys.stderr, flush=True)
    missed = [figure for figure in found if figure.met is False]
    if options.json:
        told = [asdict(figure) for figure in found]
        print(
            json.dumps({"seed": options.seed, "campaigns": options.campaigns, "figures": told, "missed": len(missed)})
        )
    else:
        print(text(found))
        print(
            f"\n{len(found)} figures, {len(missed)} miss their bar; {options.campaigns} campaigns, seed {options.seed}."
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
