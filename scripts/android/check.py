"""Behind scripts/check-android."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
sys.path[:0] = [str(REPOSITORY / "scripts/lib"), str(REPOSITORY)]

import same_bits  # noqa: E402
import same_decisions  # noqa: E402
import same_leftovers  # noqa: E402
import same_live  # noqa: E402
from bionic import bionic  # noqa: E402
from claims import claims  # noqa: E402
from figures import Figure, text  # noqa: E402
from gates import MOST_BYTES, library_sizes, refusals  # noqa: E402
from same_bits import Subject  # noqa: E402
from virtual_machine import BUILD, MissingError, VirtualMachine, virtual_machine  # noqa: E402

PARTS = ("java", "packages", "bits", "service", "loop")
ABIS = ("x86_64", "arm64-v8a")
CLOSE_LIMIT_S = 300.0
SERVICE_LIMIT_S = 1200.0
LOOP_LIMIT_S = 1200.0
SUBJECTS = (
    Subject("keyword", REPOSITORY / "examples/keyword/keyword_float.tflite"),
    Subject("har", REPOSITORY / "examples/activity/har_cnn_acc3_float.tflite"),
    Subject("resnet8", REPOSITORY / "tests/data/models/resnet8_float.tflite"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="check-android")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--shrunk", required=True, help="class path of what R8 left of code and drivers")
    parser.add_argument("--unidbg", required=True, help="class path of what runs arm64 libraries on Android's libc")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--abi", action="append", choices=ABIS, help="only these")
    options = parser.parse_args()
    parts = options.only.split(",")
    if wrong := sorted(set(parts) - set(PARTS)):
        parser.error(f"--only takes some of {', '.join(PARTS)}, not {', '.join(wrong)}")
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        figures = side_by_side(sections(parts, options.abi or ABIS, options, Path(folder)))
    if "service" in parts:
        figures += service()
    if "loop" in parts:
        figures.append(loop())
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=1))
    else:
        print(text(figures))
    return 1 if any(figure.met is False for figure in figures) else 0


def sections(
    parts: Sequence[str], abis: Sequence[str], options: argparse.Namespace, folder: Path
) -> Iterator[Callable[[], Iterable[Figure]]]:
    """What no other program disturbs. Each has a folder of its own."""
    if "java" in parts:
        yield java_tests
    if "packages" in parts:
        yield gates
    if "bits" in parts:
        for abi in abis:
            (folder / abi).mkdir()
            yield partial(same_as_the_desk, abi, options.shrunk, folder / abi)
        if "arm64-v8a" in abis:
            (folder / "bionic").mkdir()
            yield partial(loads_on_bionic, options.unidbg, folder / "bionic")


def side_by_side(tasks: Iterable[Callable[[], Iterable[Figure]]]) -> list[Figure]:
    """Two at a time, for each keeps about one core busy; what they found in the order of the tasks."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return [figure for found in pool.map(lambda task: list(task()), tasks) for figure in found]


def said_by(script: str, limit_s: float | None = None) -> tuple[dict[str, Any], str]:
    """The JSON object that a script prints, {} where it prints none, and its last words."""
    command = [str(REPOSITORY / "scripts" / script), "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return {}, f"not done after {limit_s} s"
    lines = done.stdout.strip().splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        return {}, " ".join(done.stderr.split())[-200:].replace("|", "/")
    return found, ""


def java_tests() -> Iterator[Figure]:
    """JUnit and Robolectric."""
    outcome, problem = said_by("test-java")
    result = problem or "{tests} tests, {failed} failed, {skipped} skipped".format(**outcome)
    failed = "; ".join(each["test"] for each in outcome.get("failures", ()))[:300]
    met = bool(outcome) and outcome["tests"] > 0 and outcome["failed"] == 0
    yield Figure("tests", "Java tests", f"{result} {failed}".strip(), "none fails", met)
    yield from claims(outcome)


def gates() -> Iterator[Figure]:
    """What Android asks of the files that were built."""
    files = [*sorted(BUILD.glob("*.aar")), *sorted(BUILD.glob("*.apk"))]
    if not files:
        yield Figure("packages", "AAR and APKs", "none; run scripts/build-android", "are there", False)
    for path in files:
        wrong = refusals(path)
        yield Figure("packages", path.name, "; ".join(wrong)[:300] or f"{path.stat().st_size} bytes", "fits", not wrong)
        for name, size in library_sizes(path).items():
            yield Figure("packages", f"{path.name}: {name}", f"{size} bytes", f"{MOST_BYTES}", size <= MOST_BYTES)


def same_as_the_desk(abi: str, shrunk: str, folder: Path) -> Iterator[Figure]:
    """Java as R8 left it, with the package's own library, against the desk's Python."""
    section = f"same bits as the desk, {abi}"
    try:
        machine = virtual_machine(abi, "demo", shrunk, folder)
    except MissingError as missing:
        yield Figure(section, "all models", str(missing), "run", False)
        return
    runs = partial(machine.run, "dev.approxlite.testing.RunRungs", limit_s=same_bits.LIMIT_S)
    for subject in SUBJECTS:
        what = f"{subject.name}, {len(subject.configurations)} configurations"
        yield compared(section, what, partial(same_bits.differences, subject, runs, folder))
    for case in same_decisions.CASES:
        what = f"{case}: {same_decisions.SAMPLES // 2} decisions, the desk's guard state taken up"
        yield compared(section, what, partial(same_decisions.differences, case, machine, folder))
    what = "operators that are not ours, by XNNPACK as on the desk"
    yield compared(section, what, partial(same_leftovers.differences, machine, folder))
    what = "the demo app on sound: features, labels, confidences, rungs and reasons"
    yield compared(section, what, partial(same_live.differences, machine, folder))
    yield Figure(section, *closed_while_running(machine))


def loads_on_bionic(class_path: str, folder: Path) -> Iterator[Figure]:
    """The arm64 libraries by Android's own loader rules and libc, as far as unidbg has them: Android 6's."""
    section = "same bits as the desk, arm64-v8a on Android's own libc"
    try:
        runs = bionic("demo", class_path, folder)
    except MissingError as missing:
        yield Figure(section, "all models", str(missing), "run", False)
        return
    for subject in SUBJECTS:
        if subject.name != "har":  # nothing in it that the others lack
            what = f"{subject.name}, {len(subject.configurations)} configurations"
            yield compared(section, what, partial(same_bits.differences, subject, runs, folder))


def closed_while_running(machine: VirtualMachine) -> tuple[str, str, str, bool]:
    """What, result, bar and whether it is met: interpreters closed by one thread while another runs them."""
    times = 200 if machine.abi == "x86_64" else 5  # an emulated one takes long to make an interpreter
    try:
        said = machine.run("dev.approxlite.testing.CloseWhileRunning", [SUBJECTS[0].model, str(times)], CLOSE_LIMIT_S)
        closed, runs = map(int, said.splitlines()[-1].split())
    except (RuntimeError, ValueError) as problem:
        return f"{times} interpreters closed while they run", str(problem)[:300], "no crash, no hang", False
    result = f"{closed} closed after {runs} runs"
    return f"{times} interpreters closed while they run", result, "no crash, no hang", closed == times


def service() -> Iterator[Figure]:
    """The service against an engine in the client's own process, by scripts/bench-service."""
    section = "service against in-process, on the desk"
    found, problem = said_by("bench-service", SERVICE_LIMIT_S)
    for what in ("latency", "fairness", "kills"):
        one = found.get(what, {})
        result = ", ".join(f"{name} {value}" for name, value in one.items() if name != "passed")
        yield Figure(section, what, result or problem or "no figure", "passed", bool(one.get("passed")))


def loop() -> Figure:
    """profile, tune, certify, push, watch, pull, audit against a device of the test farm with the service on it."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/service"]
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=LOOP_LIMIT_S
        )
        said, good = (done.stdout.strip().splitlines() or ["nothing"])[-1], done.returncode == 0
    except subprocess.TimeoutExpired:
        said, good = f"not done after {LOOP_LIMIT_S} s", False
    # Where nothing could be tried, pytest skips and is content.
    return Figure("end to end over adb", "tests/service", said, "all pass", good and "skipped" not in said)


def compared(section: str, what: str, differences: Callable[[], Sequence[str]]) -> Figure:
    try:
        different = differences()
    except RuntimeError as problem:
        different = [str(problem)]
    return Figure(section, what, "; ".join(different)[:300].replace("|", "/") or "same", "same", not different)


if __name__ == "__main__":
    sys.exit(main())
