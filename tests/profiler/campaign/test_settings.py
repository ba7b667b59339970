"""settings.sh in a shell of this computer: what is put back is what was there, whatever the device's tools say."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from approxlite.profiler.campaign.settings import SCRIPT
from approxlite.profiler.devices.faults import PASSING, DeviceNotReadyError
from approxlite.profiler.devices.link import Completed, checked

TOOL = """#!/bin/sh
[ ! -e "$STORE/says" ] || { cat "$STORE/says"; exit $(cat "$STORE/status"); }
case $1 in
  get) cat "$STORE/$3" 2> /dev/null || echo null ;;
  put) printf '%s\\n' "$4" > "$STORE/$3" ;;
  delete) rm -f "$STORE/$3" ;;
esac
"""
BEFORE = {"screen_brightness": "137", "screen_off_timeout": "60000", "stay_on_while_plugged_in": "3"}
TAKEN = ("brightness=20", "screen_timeout_ms=1800000", "stay_on=7", "power_saving=0")


@dataclass
class Phone:
    """Settings as files in `store`; `folder` is the campaign's."""

    folder: Path
    store: Path
    tools: Path
    serial: str = "PHONE"
    stretch: float = 1.0

    def says(self, text: str | None, status: int = 0) -> None:
        """What the tool prints from now on, in place of what it is asked for."""
        (self.store / "status").write_text(str(status))
        (self.store / "says").unlink(missing_ok=True)
        if text is not None:
            (self.store / "says").write_text(text)

    def settings(self) -> dict[str, str]:
        names = [each for each in self.store.iterdir() if each.name not in ("says", "status")]
        return {each.name: each.read_text().strip() for each in names}

    def do(self, action: str, *more: str) -> Completed:
        done = subprocess.run(
            ["sh", str(self.folder / "settings.sh"), action, str(self.folder), *more],
            env={**os.environ, "PATH": f"{self.tools}:/usr/bin:/bin", "STORE": str(self.store)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        )  # fmt: skip
        return Completed(done.stdout, done.returncode)

    def take(self) -> Completed:
        (self.folder / "alive").touch()
        return self.do("take", "600", "9", *TAKEN)

    def run(self, command: str, *, timeout_s: float = 0.0) -> Completed:
        del timeout_s
        return self.take() if command == "take" else self.do("restore")

    @property
    def saved(self) -> Path:
        return self.folder / "settings.saved"


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    found = Phone(tmp_path / "campaign", tmp_path / "store", tmp_path / "tools")
    for folder in (found.folder, found.store, found.tools):
        folder.mkdir()
    (found.folder / "settings.sh").write_bytes(SCRIPT)
    (found.tools / "settings").write_text(TOOL)
    for name in ("cmd", "dumpsys"):
        (found.tools / name).write_text("#!/bin/sh\nexit 20\n")
    for tool in found.tools.iterdir():
        tool.chmod(0o755)
    # The watch that `take` leaves behind would sleep for a quarter of its lease.
    (found.tools / "setsid").write_text("#!/bin/sh\n")
    (found.tools / "setsid").chmod(0o755)
    for name, value in BEFORE.items():
        (found.store / name).write_text(value + "\n")
    return found


NO_SETTING = (
    ("cmd: Can't find service: settings\n", 0),
    ("cmd: Can't find service: settings\n", 20),
    ("", 0),
    ("", 1),
    ("137\nFailure calling service settings: Broken pipe (32)\n", 0),
    ("-\n", 0),
    ("1.2.3\n", 0),
)


@pytest.mark.parametrize(("said", "status"), NO_SETTING)
def test_an_answer_that_is_no_setting_is_never_recorded_nor_written_back(phone: Phone, said: str, status: int) -> None:
    phone.says(said, status)
    with pytest.raises(DeviceNotReadyError, match="PHONE: still starting, its settings cannot be read yet"):
        checked(phone, "take")
    assert not phone.saved.exists()
    phone.says(None)
    assert phone.take().status == 0
    assert phone.settings() == {
        "screen_brightness": "20", "screen_off_timeout": "1800000", "stay_on_while_plugged_in": "7", "low_power": "0",
    }  # fmt: skip
    assert phone.do("restore").status == 0
    assert phone.settings() == BEFORE


def test_a_device_that_is_starting_is_tried_again() -> None:
    assert DeviceNotReadyError in PASSING


def test_what_cannot_be_read_back_stays_recorded_until_it_can(phone: Phone) -> None:
    assert phone.take().status == 0
    phone.says("cmd: Can't find service: settings\n", 20)
    with pytest.raises(DeviceNotReadyError):
        checked(phone, "restore")
    assert phone.saved.exists()
    phone.says(None)
    assert phone.do("restore").status == 0
    assert phone.settings() == BEFORE
    assert not phone.saved.exists()


@pytest.mark.parametrize("value", ["0", "137", "-1", "0.5", "null", "true", "false", "2147483647"])
def test_every_setting_that_a_device_has_comes_back(phone: Phone, value: str) -> None:
    (phone.store / "screen_brightness").write_text(value + "\n")
    assert phone.take().status == 0
    assert phone.settings()["screen_brightness"] == "20"
    assert phone.do("restore").status == 0
    assert phone.settings().get("screen_brightness", "null") == value


def test_a_system_without_settings_is_left_as_it_is(phone: Phone) -> None:
    (phone.tools / "settings").unlink()
    taken = phone.take()
    assert taken.status == 0
    assert "brightness absent refused" in taken.output
    assert phone.do("restore").status == 0
    assert not phone.saved.exists()
