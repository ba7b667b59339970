"""Behind scripts/check-android."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
sys.path[:0] = [str(REPOSITORY / "scripts/lib"), str(REPOSITORY)]

import same_bits  # noqa: E402
import same_decisions  # noqa: E402
import same_live  # noqa: E402
from figures import Figure, text  # noqa: E402
from gates import MOST_BYTES, library_sizes, refusals  # noqa: E402
from same_bits import Subject  # noqa: E402
from virtual_machine import BUILD, MissingError, VirtualMachine, virtual_machine  # noqa: E402

CLOSE_LIMIT_S = 300.0
COLLECTION = Path(os.environ.get("APPROX_DATA", REPOSITORY.parent / "shared/data"))
SUBJECTS = (
    Subject("keyword", REPOSITORY / "examples/keyword/keyword_float.tflite"),
    Subject("har", REPOSITORY / "examples/activity/har_cnn_acc3_float.tflite"),
    Subject("resnet8", COLLECTION / "ic/resnet8_float.tflite"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="check-android")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--classes", required=True, help="class path of what drives the libraries")
    parser.add_argument("--skip-java", action="store_true")
    parser.add_argument("--abi", action="append", help="only these")
    options = parser.parse_args()
    abis = options.abi or ["x86_64", "arm64-v8a"]
    figures = [] if options.skip_java else [java_tests()]
    figures += gates()
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        for abi in abis:
            figures += same_as_the_desk(abi, options.classes, Path(folder))
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=1))
    else:
        print(text(figures))
    return 1 if any(figure.met is False for figure in figures) else 0


def java_tests() -> Figure:
    """JUnit and Robolectric."""
    command: list[str | Path] = [REPOSITORY / "scripts/test-java", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    said = lines[-1][:200] if lines else done.stderr.strip()[-200:]
    return Figure("tests", "Java tests", said.replace("|", "/"), "none fails", done.returncode == 0)


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


def same_as_the_desk(abi: str, classes: str, folder: Path) -> Iterator[Figure]:
    """Java with Android's library against the desk's Python."""
    section = f"same bits as the desk, {abi}"
    aars = sorted(BUILD.glob("*.aar"))
    try:
        if not aars:
            raise MissingError("no AAR; run scripts/build-android")
        machine = virtual_machine(abi, aars[0], classes, folder)
    except MissingError as missing:
        yield Figure(section, "all models", str(missing), "run", False)
        return
    for subject in SUBJECTS:
        what = f"{subject.name}, {len(subject.configurations)} configurations"
        if subject.model.is_file():
            yield compared(section, what, partial(same_bits.differences, subject, machine, folder))
        else:
            yield Figure(section, what, f"not tried: {subject.model.name} is in the larger collection", "same", None)
    for case in same_decisions.CASES:
        what = f"{case}: {same_decisions.SAMPLES // 2} decisions, the desk's guard state taken up"
        yield compared(section, what, partial(same_decisions.differences, case, machine, folder))
    what = "the demo app on sound: features, labels, confidences, rungs and reasons"
    yield compared(section, what, partial(same_live.differences, machine, folder))
    yield Figure(section, *closed_while_running(machine))


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


def compared(section: str, what: str, differences: Callable[[], Sequence[str]]) -> Figure:
    try:
        different = differences()
    except RuntimeError as problem:
        different = [str(problem)]
    return Figure(section, what, "; ".join(different)[:300].replace("|", "/") or "same", "same", not different)


if __name__ == "__main__":
    sys.exit(main())
