"""How fast a farm's devices measure together, and what it costs while they wait."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from farm.farm import Farm, FarmUnavailableError
from farm.mortal import MORTAL


def throughput(farm: Farm, folder: Path, devices: int, *, sweeps: int) -> tuple[float, dict[str, list[int]]]:
    """Blocks a second of a campaign on the first so many devices, and [blocks, round trips, faults] of each."""
    command, serials = _command(farm, folder, f"throughput{devices}"), _serials(farm, devices)
    more = {"FARM_SWEEPS": str(sweeps), "FARM_BLOCK_S": "0.2"}
    done = subprocess.run(
        [*command, *serials], env={**farm.environment, **more}, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise FarmUnavailableError(f"a campaign without faults failed: {done.stderr[-300:]}")
    said = json.loads(done.stdout)
    return sum(each[0] for each in said["standings"].values()) / said["seconds"], said["standings"]


def idle_share(farm: Farm, folder: Path, *, settle_s: float = 8.0, seconds: float = 20.0) -> float:
    """Of one core, what the desk, its live table and the adb server use while every device waits until it is cool."""
    command, serials = _command(farm, folder, "idle"), _serials(farm, len(farm.devices))
    desk = subprocess.Popen(
        [*command, *serials],
        env={**farm.environment, "FARM_IDLE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(settle_s)
        begin, used = time.monotonic(), _cpu_s(desk.pid) + _cpu_s(_server(farm))
        time.sleep(seconds)
        if desk.poll() is not None:
            raise FarmUnavailableError("the idle desk ended by itself")
        return (_cpu_s(desk.pid) + _cpu_s(_server(farm)) - used) / (time.monotonic() - begin)
    finally:
        desk.send_signal(signal.SIGINT)
        desk.wait(60.0)


def _command(farm: Farm, folder: Path, name: str) -> list[str]:
    model = folder / "model.tflite"
    model.write_bytes(b"any model")
    return [*MORTAL, sys.executable, "-m", "farm.desk", str(folder / f"{name}.jsonl"), str(farm.agent), str(model)]


def _serials(farm: Farm, count: int) -> list[str]:
    return [device.serial for device in farm.devices[:count]]


def _cpu_s(number: int) -> float:
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _server(farm: Farm) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "fork-server" in words and any(str(farm.port) in word for word in words):
                return int(process.name)
    raise FarmUnavailableError("the adb server is not there")
