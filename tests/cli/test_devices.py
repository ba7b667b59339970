"""Devices that are missing, several, locked or nameless: one line with the remedy, and exit code 3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from approxlite.cli.on_devices import chosen
from approxlite.profiler.devices.faults import NoSuchDeviceError
from farm.server import ListingServer

Serve = Callable[..., None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """`serve(serial="unauthorized", ...)`: an adb server that sees these devices."""
    running: list[ListingServer] = []

    def start(**states: str) -> None:
        running.append(ListingServer(states))
        monkeypatch.setenv("ANDROID_ADB_SERVER_HOST", "127.0.0.1")
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(running[-1].port))

    yield start
    for server in running:
        server.close()


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    folder = tmp_path / "agents" / "arm64-v8a"
    folder.mkdir(parents=True)
    for name in ("approx-agent", "libapproxlite.so", "libtensorflowlite_jni.so"):
        (folder / name).write_bytes(b"program")
    return folder.parent


def refused(approxlite: Any, *arguments: object) -> str:
    ran = approxlite(*arguments)
    lines = ran.stderr.splitlines()
    assert ran.code == 3, ran
    assert len(lines) == 1, lines
    return str(lines[0])


@pytest.mark.parametrize("port", ["abc", "99999", "0", "-1", "5037x", "9" * 5000, "٣"])
def test_what_is_no_port_of_a_server_is_one_line(approxlite: Any, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", port)
    assert "set it to the port of an adb server, 1 to 65535" in refused(approxlite, "devices")


@pytest.mark.parametrize("host", ["no-such-computer.invalid", "256.1.1.1", "x" * 300, "two words"])
def test_a_server_of_another_computer_is_not_started_here(
    approxlite: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str
) -> None:
    program = tmp_path / "adb"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    program.chmod(0o755)
    for name in ("ADB", "ADBUTILS_ADB_PATH"):
        monkeypatch.setenv(name, str(program))
    monkeypatch.setenv("ANDROID_ADB_SERVER_HOST", host)
    line = refused(approxlite, "devices")
    assert "no adb server at" in line
    assert "set ADB to the program, ANDROID_ADB_SERVER_HOST and _PORT to a running server" in line
    assert not (tmp_path / "started").exists()


def test_two_devices_have_to_be_told_apart(approxlite: Any, serve: Serve, model: Path, tmp_path: Path) -> None:
    serve(A="device", B="device")
    line = refused(approxlite, "profile", model, "--device", "adb", "--out", tmp_path / "p.jsonl")
    assert line == "approxlite: 2 devices: A, B; choose one with --device"


def test_an_unknown_serial_names_those_there_are(approxlite: Any, serve: Serve, model: Path, tmp_path: Path) -> None:
    serve(A="device")
    line = refused(approxlite, "profile", model, "--device", "X", "--out", tmp_path / "p.jsonl")
    assert line == "approxlite: no device 'X'; adb sees A"


def test_no_device_at_all_says_what_to_do(approxlite: Any, serve: Serve, model: Path, tmp_path: Path) -> None:
    serve()
    for name in ("adb", "all"):
        line = refused(approxlite, "profile", model, "--device", name, "--out", tmp_path / "p.jsonl")
        assert "connect one, turn on USB debugging" in line


def test_an_unauthorised_device_asks_to_be_unlocked(approxlite: Any, serve: Serve, model: Path, tmp_path: Path) -> None:
    serve(A="unauthorized")
    line = refused(approxlite, "profile", model, "--device", "A", "--out", tmp_path / "p.jsonl")
    assert line == "approxlite: A: unlock the device and accept this computer's key, then try again"


def test_a_sick_device_among_several_is_left_to_the_campaign(serve: Serve) -> None:
    serve(A="device", B="unauthorized", C="offline")
    assert chosen(["all"]) == ["A", "B", "C"]
    assert chosen(["A", "C"]) == ["A", "C"]
    with pytest.raises(NoSuchDeviceError, match="no device 'X'; adb sees A, B, C"):
        chosen(["A", "X"])


@pytest.mark.parametrize("service", [[], ["--service"]])
def test_a_folder_is_no_model(approxlite: Any, serve: Serve, agents: Path, tmp_path: Path, service: list[str]) -> None:
    serve(A="device")
    words = ("--device", "A", "--agents", agents, "--out", tmp_path / "p.jsonl", *service)
    line = refused(approxlite, "profile", tmp_path, *words)
    assert line == f"approxlite: {tmp_path}: a folder; give the .tflite file to profile"


def test_what_is_wrong_with_the_command_is_said_before_a_device_is_probed(
    approxlite: Any, serve: Serve, model: Path, agents: Path, tmp_path: Path
) -> None:
    serve(A="device", B="device")
    (tmp_path / "folder").mkdir()
    words = ("profile", model, "--agents", agents, "--energy", "--device", "A", "--device")
    ran = approxlite(*words, "B", "--out", tmp_path / "folder")
    assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)
    assert f"{tmp_path}/folder: " in ran.stderr
    ran = approxlite(*words, "A", "--out", tmp_path / "p.jsonl")
    assert (ran.code, ran.stderr) == (2, "approxlite: a device is named twice; name each once\n")
    assert not (tmp_path / "p.jsonl").exists()


def test_a_missing_adb_says_what_to_set(
    approxlite: Any, monkeypatch: pytest.MonkeyPatch, model: Path, tmp_path: Path
) -> None:
    for name in ("ADB", "ADBUTILS_ADB_PATH"):  # the second is set from the first, and has to go with it
        monkeypatch.setenv(name, str(tmp_path / "no-adb"))
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "1")
    line = refused(approxlite, "profile", model, "--device", "A", "--out", tmp_path / "p.jsonl")
    assert "set ADB to the program" in line
    assert "adb cannot be used" in refused(approxlite, "devices")


def test_missing_programs_say_where_they_go(approxlite: Any, serve: Serve, model: Path, tmp_path: Path) -> None:
    serve(A="device")
    line = refused(
        approxlite, "profile", model, "--device", "A", "--out", tmp_path / "p.jsonl", "--agents", tmp_path / "none"
    )
    assert "holds no agent for devices; `scripts/build-agent ABI` makes one" in line


def test_a_program_without_its_libraries_names_the_missing_one(
    approxlite: Any, serve: Serve, agents: Path, model: Path, tmp_path: Path
) -> None:
    serve(A="device")
    (agents / "arm64-v8a" / "libapproxlite.so").unlink()
    line = refused(approxlite, "profile", model, "--device", "A", "--out", tmp_path / "p.jsonl", "--agents", agents)
    assert line.endswith("holds approx-agent but not libapproxlite.so; copy it there")


def test_a_missing_model_is_named(approxlite: Any, serve: Serve, agents: Path, tmp_path: Path) -> None:
    serve(A="device")
    model = tmp_path / "no.tflite"
    line = refused(approxlite, "profile", model, "--device", "A", "--out", tmp_path / "p", "--agents", agents)
    assert line == f"approxlite: {model}: no such file; give the .tflite file to profile"


def test_a_missing_model_is_bad_input_on_this_computer(approxlite: Any, tmp_path: Path) -> None:
    ran = approxlite("profile", tmp_path / "no.tflite", "--out", tmp_path / "p")
    assert (ran.code, ran.stderr) == (2, f"approxlite: {tmp_path}/no.tflite: no such file\n")


def test_tuning_on_a_device_says_what_to_do_instead(approxlite: Any, model: Path, tmp_path: Path) -> None:
    tune = ("tune", model, "--data", "data.npz", "--profile", tmp_path / "p", "--out", tmp_path / "c")
    assert "`approxlite profile --device A` measures there" in refused(approxlite, *tune, "--device", "A")


def test_a_meter_measures_one_device(approxlite: Any, serve: Serve, agents: Path, model: Path, tmp_path: Path) -> None:
    serve(A="device", B="device")
    profile = ("profile", model, "--out", tmp_path / "p.jsonl", "--agents", agents, "--meter", tmp_path / "m.csv")
    for more in (("--device", "A"), ("--device", "all", "--energy"), ("--device", "A", "--device", "B", "--energy")):
        ran = approxlite(*profile, *more)
        assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)
        assert "--meter tells the joules of one device" in ran.stderr
    assert "--energy needs a device" in approxlite(*profile).stderr
    ran = approxlite(*profile, "--device", "A", "--energy", "--sessions", "2")
    assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)
    assert "--meter tells of one session" in ran.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--half-width", "2"), "give --energy with them"),
        (("--max-secs", "600"), "give --energy with them"),
        (("--sessions", "2"), "give --energy with them"),
        (("--rate", "30"), "give --sustained with it"),
        (
            ("--rate", "0.016", "--sustained", "5"),
            "--rate 0.016: agents pause for a minute at most; give 0.0167 or more",
        ),
    ],
)
def test_options_that_would_say_nothing_are_refused(
    approxlite: Any, serve: Serve, agents: Path, model: Path, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    serve(A="device")
    out = tmp_path / "p.jsonl"
    ran = approxlite("profile", model, "--device", "A", "--out", out, "--agents", agents, *more)
    assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)
    assert said in ran.stderr
    assert not out.exists()


def test_this_computer_and_devices_are_not_mixed(approxlite: Any, model: Path, tmp_path: Path) -> None:
    ran = approxlite("profile", model, "--device", "host", "--device", "A", "--out", tmp_path / "p.jsonl")
    assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)


def test_this_computer_tells_no_joules(approxlite: Any, model: Path, tmp_path: Path) -> None:
    ran = approxlite("profile", model, "--energy", "--out", tmp_path / "p.jsonl")
    assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)
    assert "--energy needs a device" in ran.stderr


def test_a_cluster_measures_on_all_of_its_devices(
    approxlite: Any, serve: Serve, agents: Path, model: Path, tmp_path: Path
) -> None:
    serve(A="device")
    profile = ("profile", model, "--out", tmp_path / "p.jsonl", "--agents", agents, "--cluster", "tcp://127.0.0.1:9")
    for more in ((), ("--device", "A"), ("--device", "all", "--energy")):
        ran = approxlite(*profile, *more)
        assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)
        assert "--device all" in ran.stderr


def test_there_is_nothing_to_resume_without_a_profile(approxlite: Any, model: Path, tmp_path: Path) -> None:
    ran = approxlite("profile", model, "--resume", "--out", tmp_path / "p.jsonl")
    assert ran.code == 2
    assert "nothing to resume" in ran.stderr


def test_a_campaign_of_other_options_is_not_resumed(approxlite: Any, model: Path, tmp_path: Path) -> None:
    assert approxlite("profile", model, "--out", tmp_path / "p.jsonl", "--seconds", "0.1").code == 0
    before = (tmp_path / "p.jsonl").read_bytes()
    ran = approxlite("profile", model, "--resume", "--seed", "1", "--out", tmp_path / "p.jsonl")
    assert (ran.code, len(ran.stderr.splitlines())) == (2, 1)
    assert "repeat the options that it was begun with" in ran.stderr
    assert (tmp_path / "p.jsonl").read_bytes() == before


def test_devices_lists_what_cannot_be_used_and_why(approxlite: Any, serve: Serve) -> None:
    serve(A="unauthorized", B="offline")
    ran = approxlite("devices")
    assert ran.code == 0
    assert "accept this computer's key" in ran.stdout
    assert "reconnect the cable" in ran.stdout
