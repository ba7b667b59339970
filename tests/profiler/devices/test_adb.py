"""Talking to real adb devices, some of which are slow, end lines their own way, or vanish."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from adbutils import AdbClient, FileInfo

from approxlite.profiler.devices import adb
from approxlite.profiler.devices.adb import AdbDevice
from approxlite.profiler.devices.faults import (
    PASSING,
    AdbMissingError,
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


def test_a_command_that_prints_without_end_is_cut_off(link: AdbDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adb, "MAX_OUTPUT_BYTES", 1_000_000)
    with pytest.raises(DeviceRefusedError, match="`yes` brings more than 1000000 bytes; not read"):
        link.run("yes")
    assert link.run("echo well").output.strip() == "well"


def test_a_file_that_is_too_large_is_not_read(link: AdbDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adb, "MAX_FILE_BYTES", len(CONTENT) - 1)
    link.push(CONTENT, "/data/local/tmp/content")
    with pytest.raises(DeviceRefusedError, match="reading /data/local/tmp/content brings more than"):
        link.pull("/data/local/tmp/content")


def test_a_device_that_understates_a_file_cannot_make_it_larger(
    link: AdbDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.push(CONTENT, "/data/local/tmp/content")
    monkeypatch.setattr(adb, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(type(link._transport.sync), "stat", lambda *_: FileInfo(0, 10, None, ""))
    with pytest.raises(DeviceRefusedError, match="brings more than 1000 bytes"):
        link.pull("/data/local/tmp/content")


def test_a_port_of_this_computer_leads_to_the_device(link: AdbDevice) -> None:
    # Devices of the farm share this computer's network, and so its abstract sockets.
    name = f"approxlite-{link.serial.rpartition(':')[2]}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen()
        listener.settimeout(20.0)
        with socket.create_connection(("127.0.0.1", link.forward(f"localabstract:{name}")), timeout=20.0) as ours:
            ours.sendall(b"asked")
            theirs, _ = listener.accept()
            with theirs:
                assert theirs.recv(5) == b"asked"
                theirs.sendall(b"answered")
            assert ours.makefile("rb").read() == b"answered"


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


def test_an_adb_program_that_hangs_is_a_server_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, run = tmp_path / "adb", subprocess.run
    hangs.write_text("#!/bin/sh\nexec sleep 30\n")
    hangs.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("ADB", str(hangs))
    monkeypatch.setenv("ADBUTILS_ADB_PATH", str(hangs))
    monkeypatch.setenv("ANDROID_ADB_SERVER_HOST", "127.0.0.1")
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
    monkeypatch.setattr(subprocess, "run", lambda words, **options: run(words, **{**options, "timeout": 0.2}))
    assert AdbMissingError in PASSING
    with pytest.raises(AdbMissingError, match="adb cannot be used"):
        adb.listed()
    with pytest.raises(AdbMissingError, match="adb cannot be used"):
        adb.reached("PHONE")
    with pytest.raises(AdbMissingError, match="the adb server does not answer"):
        AdbDevice(adb.client(), "PHONE").run("true")


def test_an_answer_that_is_cut_in_the_middle_of_a_number_is_a_lost_device() -> None:
    def answer(server: socket.socket) -> None:
        with server.accept()[0] as transport:
            with server.accept()[0] as version:
                version.recv(1000)
                version.sendall(b"OKAY00040029")
            for each in (b"OKAY" + bytes(8), b"OKAY", b"STAT" + bytes(3)):
                transport.recv(1000)
                transport.sendall(each)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20.0)
        serving = threading.Thread(target=answer, args=(server,), daemon=True)
        serving.start()
        link = AdbDevice(AdbClient(host="127.0.0.1", port=server.getsockname()[1], socket_timeout=20.0), "PHONE")
        with pytest.raises(DeviceLostError, match="PHONE: the connection broke"):
            link.pull("/data/local/tmp/content")
        serving.join(20.0)


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
