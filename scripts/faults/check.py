"""Behind scripts/check-faults."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))
os.environ["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY / "tests"), os.environ.get("PYTHONPATH", "")])

from farm.farm import Farm, FarmUnavailableError, fetch_packages  # noqa: E402
from farm.speed import idle_share, throughput  # noqa: E402
from farm.trials import FAULTS, Figures, Trials, equal_devices  # noqa: E402

DEVICES = 3
MANY = 8
SPEEDUP = 7.0
ROUND_TRIPS = 2.0
IDLE = 0.05
SWEEPS = 24
"""Of one device; many devices get as many each."""

EVERY_KIND = 100
"""Of so many faults, each kind must be among them."""

NATIVE_SWEEPS = 4
"""Of the native agent, whose inferences take the time they take."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="check-faults", description="Profiles under faults and holds it to its bars.")
    parser.add_argument("--faults", type=int, default=200, help="how many (200)")
    parser.add_argument("--seed", type=int, default=0, help="of the faults (0)")
    parser.add_argument("--native", type=int, default=20, help="of further ones with the native agent (20)")
    parser.add_argument("--agents", type=Path, default=REPOSITORY / "build/agent", help="where that is (build/agent)")
    parser.add_argument("--faults-only", action="store_true", help="without throughput and overhead")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    options = parser.parse_args()
    if options.faults < 1:
        parser.error("--faults must be at least 1")
    try:
        found = figures(fetch_packages(), options)
    except FarmUnavailableError as reason:
        print(f"check-faults: needs a farm of adb devices: {reason}", file=sys.stderr)
        return 3
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print("| figure | value | bar | held |\n|---|---|---|---|")
        for name, (value, bar, held) in found["bars"].items():
            print(f"| {name} | {value:.3g} | {bar} | {'yes' if held else '**no**'} |")
        print(f"faults: {found['faults']}")
        if "native" in found:
            print(f"with the native agent: {found['native']}")
    return 0 if all(held for _, _, held in found["bars"].values()) else 1


def figures(packages: Path, options: argparse.Namespace) -> dict[str, Any]:
    bars: dict[str, tuple[float, str, bool]] = {}
    with tempfile.TemporaryDirectory(prefix="check-faults") as name:
        folder = Path(name)
        with _farm(folder / "few", packages, DEVICES) as farm:
            trials = Trials(farm, folder, options.seed, sweeps=SWEEPS)
            try:
                under = trials.run(options.faults)
            finally:
                trials.close()
        bars |= _bars(under, options.faults, "")
        if options.native:
            native = _native(folder / "native", packages, options)
            bars |= _bars(native, options.native, ", native agent")
        if not options.faults_only:
            with _farm(folder / "many", packages, MANY) as farm:
                one, _ = throughput(farm, folder, 1, sweeps=SWEEPS)
                many, standings = throughput(farm, folder, MANY, sweeps=SWEEPS * MANY)
                trips = sum(each[1] for each in standings.values()) / sum(each[0] for each in standings.values())
                idle = idle_share(farm, folder)
            bars[f"throughput of {MANY} devices, times one's"] = (
                many / one,
                f"at least {SPEEDUP}",
                many >= SPEEDUP * one,
            )
            bars["adb round trips a block"] = (trips, f"at most {ROUND_TRIPS}", trips <= ROUND_TRIPS)
            bars[f"share of a core, idle farm of {MANY}"] = (idle, f"under {IDLE}", idle < IDLE)
    told = {"bars": bars, "faults": under.json()}
    return told | ({"native": native.json()} if options.native else {})


def _bars(under: Figures, faults: int, agent: str) -> dict[str, tuple[float, str, bool]]:
    found: dict[str, tuple[float, str, bool]] = {}
    for what, count in (
        ("rows lost", under.rows_lost),
        ("rows twice", under.rows_twice),
        ("rows changed", under.rows_changed),
        ("settings not restored", under.settings_lost),
        ("campaigns that did not end", under.unfinished),
    ):
        found[what + agent] = (count, "0", count == 0)
    took, looks = sum(under.faults.values()), under.restores_checked
    found["faults that took effect" + agent] = (took, f"at least {faults}", took >= faults)
    if faults >= EVERY_KIND:
        kinds = sum(under.faults.get(kind, 0) > 0 for kind in FAULTS)
        found["kinds of faults that took effect" + agent] = (kinds, f"all {len(FAULTS)}", kinds == len(FAULTS))
    found["looks at settings" + agent] = (looks, f"at least {under.least_looks}", looks >= under.least_looks)
    return found


def _native(folder: Path, packages: Path, options: argparse.Namespace) -> Figures:
    """The same under the agent that real devices get, on devices of this computer's processor and with a real model."""
    with _farm(folder, packages, DEVICES) as farm:
        model = (REPOSITORY / "examples/keyword/keyword_float.tflite").read_bytes()
        trials = Trials(farm, folder, options.seed, sweeps=NATIVE_SWEEPS, agents=options.agents, model=model)
        try:
            return trials.run(options.native)
        finally:
            trials.close()


def _farm(folder: Path, packages: Path, devices: int) -> Farm:
    folder.mkdir()
    return Farm(folder, packages, equal_devices(devices))


if __name__ == "__main__":
    sys.exit(main())
