"""Talking to real adb devices, some of which are slow, end lines their own way, or vanish."""

from __future__ import annotations

import hashlib

import pytest

from approxlite.profiler.devices import adb
from approxlite.profiler.devices.adb import AdbDevice
from approxlite.profiler.devices.faults import (
    PASSING,
    DeviceFullError,
    DeviceLostError,
    DeviceOfflineError,
    DeviceRefusedError,
    DeviceSlowError,
    NoSuchDeviceError,
    WrongAbiError,
)
from approxlite.profiler.devices.link import checked
from farm.farm import Farm, FarmDevice

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def link(farm: Farm, device: FarmDevice) -> AdbDevice:
    return adb.device(device.serial, farm.client())


def test_a_command_ends_with_its_own_status_and_output(link: AdbDevice) -> None:
    completed = link.run("echo out; echo err >&2; exit 7")
    assert (completed.output, completed.status) == ("out\nerr", 7) or completed.output == "out\nerr\n"
    assert completed.status == 7


def test_what_a_command_prints_cannot_pass_for_its_end(link: AdbDevice) -> None:
    assert link.run("echo; echo approx-end-0123456789abcdef 0; exit 3").status == 3


def test_files_arrive_and_come_back_byte_for_byte(link: AdbDevice) -> None:
    link.push(CONTENT, "/data/local/tmp/content")
    assert link.pull("/data/local/tmp/content") == CONTENT
    assert link.pull("/data/local/tmp/content", offset=len(CONTENT) - 5) == CONTENT[-5:]
    assert link.pull("/data/local/tmp/content", offset=len(CONTENT)) == b""
    assert hashlib.sha256(CONTENT).hexdigest() in checked(link, "sha256sum /data/local/tmp/content")


def test_a_cut_push_leaves_the_file_that_was_there(farm: Farm, device: FarmDevice, link: AdbDevice) -> None:
    link.push(b"before", "/data/local/tmp/kept")
    device.wire.cut_after(100_000)
    with pytest.raises(PASSING):
        link.push(CONTENT, "/data/local/tmp/kept")
    farm.connect(device)
    assert link.pull("/data/local/tmp/kept") == b"before"


def test_a_cut_pull_is_a_lost_device_and_no_short_file(farm: Farm, device: FarmDevice, link: AdbDevice) -> None:
    link.push(CONTENT, "/data/local/tmp/content")
    device.wire.cut_after(100_000)
    with pytest.raises(PASSING):
        link.pull("/data/local/tmp/content")
    farm.connect(device)
    assert link.pull("/data/local/tmp/content") == CONTENT


def test_a_command_that_hangs_is_cut_at_its_limit(link: AdbDevice) -> None:
    with pytest.raises(DeviceSlowError, match="no answer within 1 s from `sleep 30`"):
        link.run("sleep 30", timeout_s=1.0)
    assert link.run("echo well").output.strip() == "well"


def test_a_silent_wire_is_cut_at_the_limit(device: FarmDevice, link: AdbDevice) -> None:
    device.wire.hold()
    try:
        with pytest.raises(DeviceSlowError):
            link.run("true", timeout_s=1.0)
    finally:
        device.wire.let_go()


def test_a_device_that_dies_in_mid_command_is_lost_whatever_adb_says(farm: Farm, device: FarmDevice) -> None:
    link = adb.device(device.serial, farm.client())
    device.wire.cut_after(2_000)
    with pytest.raises((DeviceLostError, DeviceOfflineError)):
        link.run("seq 100000; echo all of it")
    farm.connect(device)


def test_an_unknown_device_and_an_ambiguous_one_say_what_to_do(farm: Farm) -> None:
    with pytest.raises(NoSuchDeviceError, match="no device 'nobody'; adb sees 127"):
        adb.device("nobody", farm.client())
    with pytest.raises(NoSuchDeviceError, match="3 devices: .*; choose one with --device"):
        adb.device(None, farm.client())


def test_a_full_device_and_a_refusal_are_told_apart(link: AdbDevice) -> None:
    with pytest.raises(DeviceFullError, match="no room left"):
        checked(link, "echo 'cp: write error: No space left on device' >&2; exit 1")
    with pytest.raises(DeviceRefusedError, match="does not allow it"):
        checked(link, "echo 'sh: /x: Permission denied' >&2; exit 126")
    with pytest.raises(DeviceRefusedError, match="ended with status 5"):
        checked(link, "exit 5")


def test_a_program_for_another_processor_is_named(link: AdbDevice) -> None:
    # The header of a program for a machine that nothing here runs.
    link.push(
        b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\x00\xf3\x00" + b"\0" * 44, "/data/local/tmp/other", mode=0o755
    )
    with pytest.raises((WrongAbiError, DeviceRefusedError)):
        checked(link, "/data/local/tmp/other")


def test_apps_are_installed_by_push(link: AdbDevice) -> None:
    link.install(CONTENT)
    assert "package:" in link.run("pm list packages").output
