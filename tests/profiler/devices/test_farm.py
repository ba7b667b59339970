"""The farm of adb devices leaves nothing behind, however the program that started it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from farm.farm import FarmUnavailableError, fetch_packages

REPOSITORY = Path(__file__).parents[3]
HOLDS = """
import sys, time
from pathlib import Path
from farm.desk import main
from farm.farm import Farm, fetch_packages
from farm.trials import Trials, equal_devices
folder = Path(sys.argv[1])
farm = Farm(folder, fetch_packages(), equal_devices(2))
farm.start()
second = farm.second_server()
trials = Trials(farm, folder, 0)
desk = trials._desk("held.jsonl")
while not (trials._disk.outside / "held.jsonl").exists() and desk.poll() is None:
    time.sleep(0.1)
print(farm.port, second.port, flush=True)
time.sleep(600)
"""


def left_by(folder: Path, ports: list[str]) -> dict[int, str]:
    """Processes that work in the farm's folder, or for its adb servers; this one, and pytest's, speak of neither."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            root = os.readlink(process / "root")
            serves = "fork-server" in words and any(f":{port}" in words for port in ports)
            if serves or root.startswith(str(folder)) or f"{folder}/" in words:
                found[int(process.name)] = words
    return found


def begun(running: dict[int, str], name: str) -> int:
    """How many of that name there are; a fork of one that is about to be another program has its name still."""
    own = {number for number, words in running.items() if name in words}
    parents = [parent_of(number) for number in own]
    return sum(parent is not None and parent not in own for parent in parents)


def parent_of(number: int) -> int | None:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
    return None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_of_a_farm_outlives_the_program_that_started_it(tmp_path: Path, how: signal.Signals) -> None:
    try:
        fetch_packages()
    except FarmUnavailableError as reason:
        pytest.skip(f"needs a farm of adb devices: {reason}")
    folder = tmp_path / "farm"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])}
    environment.pop("PYTHONSAFEPATH", None)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    try:
        ports = holder.stdout.readline().split()
        assert len(ports) == 2
        running = left_by(folder, ports)
        assert [begun(running, name) for name in ("/adbd/adbd", "fork-server", "farm.desk")] == [2, 2, 1]
    finally:
        holder.send_signal(how)
        holder.wait()
        holder.stdout.close()
    end = time.monotonic() + 30
    while (left := left_by(folder, ports)) and time.monotonic() < end:
        time.sleep(0.2)
    assert left == {}
