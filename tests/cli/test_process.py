"""The command as a shell sees it: exit codes, streams, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "approxlite.cli")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *(str(a) for a in arguments)], capture_output=True, text=True, timeout=120, check=False
    )


def test_answers_go_to_stdout_and_progress_to_stderr(model: Path) -> None:
    done = run("bench", model, "--seconds", "0.2", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["threads"] == 1
    assert "bench: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(("inspect", "missing.tflite"), 2), (("frobnicate",), 2), (("--help",), 0)]
)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_an_unknown_device_exits_with_3(model: Path, tmp_path: Path) -> None:
    done = run("profile", model, "--device", "R58M123", "--out", tmp_path / "profile.jsonl")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1


def test_a_claim_that_the_data_cannot_support_exits_with_5(model: Path, data: Path, made: Path) -> None:
    done = run("certify", made / "policy.approx", "--model", model, "--data", data, "--epsilon", "0.001")
    assert done.returncode == 5
    assert done.stderr.startswith("approxlite: too little data")


def test_ctrl_c_exits_with_130_and_what_was_measured_is_kept(model: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile.jsonl"
    arguments = ("profile", str(model), "--out", str(profile), "--seconds", "60")
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (profile.exists() and profile.read_bytes().count(b"\n") > 5) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.strip().splitlines()[-1].startswith("approxlite: interrupted; what was measured is kept")
    assert "Traceback" not in stderr
    assert profile.read_bytes().count(b"\n") > 5


def test_a_reader_that_goes_away_is_no_crash(model: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, "inspect", model], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""
