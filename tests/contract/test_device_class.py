"""A device is of the same class on the desk and to itself: DeviceClassTest.java reads the same cases."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from approxlite.profiler.devices.describe import described

CASES = json.loads((Path(__file__).parent / "device_class.json").read_text(encoding="utf-8"))


def seen_over_adb(case: dict[str, Any], end: str) -> dict[str, str]:
    """What the shell of such a device prints; `end` of lines."""
    values = {
        "ro.hardware": case["hardware"],
        "ro.product.board": case["board"],
        "ro.product.cpu.abilist": ",".join(case["abis"]),
        "ro.build.fingerprint": case["build"],
        "ro.product.model": "not part of it",
    }
    return {
        "getprop": "".join(f"[{name}]: [{value}]{end}" for name, value in values.items()),
        "cpuinfo": case["processors"],
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_the_desk_gives_a_device_the_class_that_it_gives_itself(case: dict[str, Any], end: str) -> None:
    assert described("serial", seen_over_adb(case, end)).device.fingerprint == case["device_class"]


def test_what_differs_in_hardware_system_or_instruction_sets_is_of_another_class() -> None:
    assert len({case["device_class"] for case in CASES}) == len(CASES) - 1  # no features are as good as none told


def test_the_text_that_is_hashed_is_as_said() -> None:
    case = CASES[0]
    common = "aes asimd asimddp asimdhp atomics crc32 fp fphp"
    text = "\n".join([case["hardware"], case["board"], ",".join(case["abis"]), case["build"], common])
    assert case["device_class"] == hashlib.sha256(text.encode()).hexdigest()[:16]
