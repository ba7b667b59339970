"""What a device says of its boot and its clock, as far as it says anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from approxlite.profiler.devices.clock import boot_and_time
from support.here_link import HereLink
from support.scripted_agent import ScriptedLink


def test_a_device_tells_its_boot_and_its_time() -> None:
    boot, time = boot_and_time(HereLink())
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert time is not None and abs(time - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", (None, None)),
        ("@clock boot= now=\n", (None, None)),
        ("@clock boot=x now=+%s\n", ("x", None)),
        ("@clock boot= now=99999999999\n", (None, None)),
        ("a vendor's warning\n@clock boot=x now=0\r\n", ("x", datetime(1970, 1, 1, tzinfo=UTC))),
    ],
)
def test_what_it_does_not_tell_is_not_guessed(said: str, told: tuple[str | None, datetime | None]) -> None:
    assert boot_and_time(ScriptedLink({"boot_id": lambda: said})) == told
