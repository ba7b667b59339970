"""Campaigns on real adb daemons: through faults, at any number of devices, and back to the settings that were there."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from approxlite.formats.errors import DeviceError, UnstableError
from approxlite.formats.profile import load_profile
from approxlite.profiler.campaign.agent import Agent, AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.farm import Job, Outcome, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.on_device import Pace
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.campaign.settings import QUIET, changes, restore_leftovers, take_command
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.describe import FOLDER
from approxlite.profiler.devices.faults import DeviceRefusedError, WrongAbiError
from farm.desk import PACE
from farm.farm import Farm, FarmDevice
from farm.trials import Trials, restored

FAULTS = 10


@pytest.fixture
def farm(settled_farm: Farm, monkeypatch: pytest.MonkeyPatch) -> Farm:
    monkeypatch.setattr(adb, "COMMAND_S", 4.0)
    return settled_farm


def profiled(
    farm: Farm, folder: Path, devices: int, *, pace: Pace = PACE, gates: Gates | None = None, abi: str = "x86_64",
    model: bytes = b"any model", seed: int = 0,
) -> Outcome:  # fmt: skip
    (folder / "model.tflite").write_bytes(model)
    files = AgentFiles(folder / "model.tflite", {abi: {"agent": farm.agent}})
    job = Job(files, Design(sweeps=6, block_s=0.02, idle=True), seed=seed, gates=gates or Gates())
    serials = [device.serial for device in farm.devices[:devices]]
    return profile_devices(serials, job, folder / f"{devices}.jsonl", adb.reached, pace=pace)


def test_no_fault_loses_a_row_or_a_setting(farm: Farm, tmp_path: Path) -> None:
    trials = Trials(farm, tmp_path, seed=11)
    try:
        figures = trials.run(FAULTS)
    finally:
        trials.close()
    assert figures.kept, figures
    assert sum(figures.faults.values()) >= FAULTS


def test_results_do_not_depend_on_how_many_devices_measured(farm: Farm, tmp_path: Path) -> None:
    rows = []
    for devices in (1, 3):
        profiled(farm, tmp_path, devices)
        profile = load_profile(tmp_path / f"{devices}.jsonl")
        rows.append({row.block: (row.round, row.configuration, row.latency_ns) for row in profile.blocks})
        assert len({row.serial for row in profile.measured}) == devices
    assert rows[0] == rows[1]


def test_a_finished_campaign_measures_nothing_again_and_leaves_nothing_behind(farm: Farm, tmp_path: Path) -> None:
    profiled(farm, tmp_path, 1)
    before = (tmp_path / "1.jsonl").read_bytes()
    profiled(farm, tmp_path, 1)
    assert (tmp_path / "1.jsonl").read_bytes() == before
    assert sorted(each.name for each in (farm.devices[0].disk.outside / "approxlite").iterdir()) == ["files"]
    assert restored(farm.devices[0])


def test_a_device_that_is_unplugged_for_good_leaves_its_blocks_to_others(farm: Farm, tmp_path: Path) -> None:
    lost = farm.devices[2]
    threading.Timer(2.0, lost.wire.unplug).start()
    try:
        pace = Pace(soon_s=0.1, backoff_s=0.1, longest_backoff_s=0.2, patience=3, lease_s=2, warm_s=0.02)
        outcome = profiled(farm, tmp_path, 3, pace=pace, seed=1)
    finally:
        lost.wire.plug()
    profiled(farm, tmp_path, 1, seed=1)
    alone = {row.block for row in load_profile(tmp_path / "1.jsonl").measured}
    assert {row.block for row in load_profile(tmp_path / "3.jsonl").measured} == alone
    assert set(outcome.given_up) <= {lost.serial}
    _wait_until_restored(lost, 30.0)


def test_a_device_that_is_gone_from_adbs_list_is_waited_for(farm: Farm, tmp_path: Path) -> None:
    device, board, unplugged = farm.devices[0], Board(), threading.Event()
    (tmp_path / "model.tflite").write_bytes(b"any model")
    job = Job(AgentFiles(tmp_path / "model.tflite", {"x86_64": {"agent": farm.agent}}), Design(sweeps=12, block_s=0.1))

    def look(board: Board) -> None:
        standing = board.of(device.serial)
        if standing.doing == "measuring" and not unplugged.is_set():
            unplugged.set()
            device.wire.unplug()
            farm.client().disconnect(device.serial)
        elif "adb no longer sees the device" in standing.why:
            device.wire.plug()

    outcome = profile_devices(
        [device.serial], job, tmp_path / "p.jsonl", adb.reached, board=board, pace=PACE, look=look
    )
    assert unplugged.is_set()
    assert (outcome.given_up, board.of(device.serial).doing) == ({}, "done")


def test_a_hot_device_says_what_it_waits_for(farm: Farm, tmp_path: Path) -> None:
    device, board, said = farm.devices[0], Board(), set()
    device.set("skin_temperature", "38.4\n")
    (tmp_path / "model.tflite").write_bytes(b"any model")
    job = Job(AgentFiles(tmp_path / "model.tflite", {"x86_64": {"agent": farm.agent}}), Design(sweeps=1, block_s=0.02))

    def look(board: Board) -> None:
        said.update(each.why for each in board.all())
        if any("cooling" in why for why in said):
            device.set("skin_temperature", "31.0\n")

    profile_devices([device.serial], job, tmp_path / "p.jsonl", adb.reached, board=board, pace=PACE, look=look)
    assert "cooling 38.4 → 37.0 °C" in said
    assert board.of(device.serial).doing == "done"


def test_a_device_that_never_cools_is_not_measured(farm: Farm, tmp_path: Path) -> None:
    pace = Pace(gate_s=0.05, gates_give_up_s=0.2)
    with pytest.raises(UnstableError, match="cooling 31.2 → 20.0 °C took too long; let it rest"):
        profiled(farm, tmp_path, 1, pace=pace, gates=Gates(hottest_c=20.0))
    assert restored(farm.devices[0])


def test_an_agent_for_another_processor_is_refused(farm: Farm, tmp_path: Path) -> None:
    with pytest.raises(WrongAbiError, match="has x86_64, and there are agents for riscv64"):
        profiled(farm, tmp_path, 1, abi="riscv64")


def test_an_agent_that_cannot_run_is_no_passing_fault(farm: Farm, tmp_path: Path) -> None:
    broken = tmp_path / "agent"
    broken.write_bytes(b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\x00\xf3\x00" + b"\0" * 44)
    (tmp_path / "model.tflite").write_bytes(b"m")
    job = Job(AgentFiles(tmp_path / "model.tflite", {"x86_64": {"agent": broken}}))
    with pytest.raises((WrongAbiError, DeviceRefusedError)):
        profile_devices([farm.devices[0].serial], job, tmp_path / "p.jsonl", adb.reached, pace=PACE)


def test_a_device_without_room_says_so(farm: Farm, tmp_path: Path) -> None:
    device = farm.devices[0]
    device.disk.fill()
    try:
        with pytest.raises(DeviceError, match="no room left on the device; free some storage") as raised:
            profiled(farm, tmp_path, 1, pace=Pace(backoff_s=0.05, full_patience=2), model=b"a model of its own", seed=9)
    finally:
        device.disk.free()
    assert raised.value.exit_code == 3
    assert restored(device)


def test_the_watchdog_restores_what_a_dead_desk_left(farm: Farm) -> None:
    device = farm.devices[0]
    link, agent = adb.reached(device.serial), Agent.of("dead-desk")
    agent.install(link, {})
    said = changes(link.run(take_command(agent.folder, {**QUIET, "charging": "false"}, lease_s=2, longest_s=9)).output)
    assert {change.name: change.after for change in said} == {**QUIET, "charging": "false"}
    assert {change.name: change.before for change in said}["brightness"] == "137"
    assert not restored(device)
    _wait_until_restored(device, 20.0)
    assert not (device.root / "data/farm/input").exists()


def test_what_the_first_campaign_found_is_what_comes_back(farm: Farm) -> None:
    device = farm.devices[0]
    link, agent = adb.reached(device.serial), Agent.of("twice")
    agent.install(link, {})
    for value in ("20", "40"):
        link.run(take_command(agent.folder, {"brightness": value}, lease_s=600, longest_s=9))
    assert restore_leftovers(link, FOLDER) == [agent.folder]
    assert restored(device)
    assert restore_leftovers(link, FOLDER) == []


def test_settings_are_left_alone_where_there_is_no_room_to_record_them(farm: Farm) -> None:
    device = farm.devices[0]
    link, agent = adb.reached(device.serial), Agent.of("full")
    agent.install(link, {})
    link.run(f"touch {agent.folder}/alive")
    device.disk.fill()
    try:
        done = link.run(take_command(agent.folder, QUIET, lease_s=600, longest_s=9))
    finally:
        device.disk.free()
    assert done.status == 28
    assert restored(device)


def _wait_until_restored(device: FarmDevice, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not restored(device) and time.monotonic() < end:
        time.sleep(0.1)
    assert restored(device), os.listdir(device.root / "data/farm/settings")
