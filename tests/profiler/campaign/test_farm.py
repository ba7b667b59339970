"""Campaigns on real adb daemons: through faults, at any number of devices, and back to the settings that were there."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from approxlite.formats.errors import DeviceError, UnstableError
from approxlite.formats.profile import load_profile
from approxlite.profiler.campaign import on_device, runner
from approxlite.profiler.campaign.agent import Agent, AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.farm import Job, Outcome, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.on_device import Pace
from approxlite.profiler.campaign.plan import Design, preparation
from approxlite.profiler.campaign.settings import QUIET, changes, restore_leftovers, take_command, wanted
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.describe import FOLDER
from approxlite.profiler.devices.faults import AgentHungError, DeviceLostError, DeviceRefusedError, WrongAbiError
from approxlite.profiler.devices.link import checked
from farm.desk import PACE
from farm.farm import Farm, FarmDevice
from farm.settings import restored
from farm.trials import Figures, Trials

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


def test_faults_that_meet_nothing_are_not_counted(farm: Farm, tmp_path: Path) -> None:
    trials = Trials(farm, tmp_path, seed=3)
    device = farm.devices[0]
    over = subprocess.Popen(["true"])
    over.wait()
    happened = Counter[str]()
    try:
        for fault in (Trials.cut_transfer, Trials.hang, Trials.fill_device, Trials.kill_desk):
            trials._pending.append((fault.__name__, fault(trials, over)))
        trials._tell(happened, over=True)
        assert not happened
        assert len(trials.figures.vain) == 4
        farm.kill_server()
        assert trials.kill_server(over) is False
        assert device.kill_adbd()
    finally:
        trials.close()
        for each in farm.devices:
            each.wire.cut_after(1 << 40)
        farm.start_server()
        for each in farm.devices:
            farm.connect(each)


def test_a_run_that_hardly_looked_at_settings_is_not_one_that_kept_them() -> None:
    looked = Figures(faults={"desk killed": 40}, campaigns=3, restores_checked=10)
    assert looked.kept
    assert not replace(looked, restores_checked=9).kept


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


def test_devices_that_are_sick_at_the_start_leave_the_campaign_to_the_others(farm: Farm, tmp_path: Path) -> None:
    well, unplugged, other = farm.devices
    unplugged.wire.unplug()
    other.set("properties", "ro.product.cpu.abilist=riscv64\n")
    try:
        outcome = profiled(farm, tmp_path, 3, seed=3)
    finally:
        unplugged.wire.plug()
        other.set("properties", None)
    assert outcome.given_up.keys() == {unplugged.serial, other.serial}
    assert "has riscv64, and there are agents for x86_64" in outcome.given_up[other.serial]
    assert {row.serial for row in load_profile(tmp_path / "3.jsonl").measured} == {well.serial}


def test_a_device_that_writes_nonsense_stops_nobody_else_and_measures_again(farm: Farm, tmp_path: Path) -> None:
    mad, written = farm.devices[1], threading.Event()
    (tmp_path / "model.tflite").write_bytes(b"any model")
    files = AgentFiles(tmp_path / "model.tflite", {"x86_64": {"agent": farm.agent}})
    job = Job(files, Design(sweeps=12, block_s=0.05), seed=4)

    def look(board: Board) -> None:
        rows = list((mad.disk.outside / "approxlite").glob("*/rows.jsonl"))
        if board.of(mad.serial).doing == "measuring" and rows and not written.is_set():
            written.set()
            with rows[0].open("ab") as file:
                file.write(b'{"kind":"block","block":-1}\n')

    serials = [device.serial for device in farm.devices]
    outcome = profile_devices(serials, job, tmp_path / "p.jsonl", adb.reached, pace=PACE, look=look)
    assert written.is_set()
    assert outcome.given_up.keys() == {mad.serial}
    assert "cannot be read (row " in outcome.given_up[mad.serial]
    assert restored(mad)
    assert profile_devices([mad.serial], job, tmp_path / "again.jsonl", adb.reached, pace=PACE).given_up == {}
    blocks = [{row.block for row in load_profile(tmp_path / name).measured} for name in ("p.jsonl", "again.jsonl")]
    assert blocks[0] == blocks[1]


def test_what_became_of_settings_and_warming_up_is_in_the_journal(
    farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = farm.devices[0]
    monkeypatch.setattr(runner, "STEADY", -1.0)
    monkeypatch.setattr(runner, "MAX_WINDOWS", 3)
    device.set("no-performance-mode", "")
    try:
        profiled(farm, tmp_path, 1, seed=6)
    finally:
        device.set("no-performance-mode", None)
    (row,) = load_profile(tmp_path / "1.jsonl").prepared
    found = {each.name: (each.before, each.after) for each in row.settings}
    assert (row.serial, row.refused, row.unsteady) == (device.serial, ("performance_mode",), 0.0)
    assert (found["brightness"], found["airplane"]) == (("137", "20"), ("0", "1"))
    assert found.keys() == {*QUIET, "airplane"}
    monkeypatch.undo()
    assert restored(device)


def test_polls_leave_their_time_on_the_device(farm: Farm) -> None:
    link, agent = adb.reached(farm.devices[0].serial), Agent.of("visited")
    agent.install(link, {})
    for _ in range(2):
        agent.poll(link, 0)
    times = [float(line) for line in checked(link, f"cat {agent.folder}/visits").split()]
    assert len(times) == 2
    assert agent.visits.now_s is not None
    assert times[0] <= times[1] <= agent.visits.now_s < times[1] + 60.0
    agent.remove(link)


def test_where_every_device_is_sick_at_the_start_the_first_says_why(farm: Farm, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"2 of 2 devices failed, so blocks are left; the first: .* has x86_64"):
        profiled(farm, tmp_path, 2, abi="riscv64")


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


def test_a_device_that_is_still_starting_is_waited_for_and_keeps_its_settings(farm: Farm, tmp_path: Path) -> None:
    device = farm.devices[0]
    device.set("starting", "")
    ready = threading.Timer(2.0, lambda: device.set("starting", None))
    ready.start()
    try:
        outcome = profiled(farm, tmp_path, 1, seed=2)
    finally:
        ready.join()
    assert outcome.given_up == {}
    assert restored(device)


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


def test_an_agent_that_dies_at_the_same_block_each_time_is_given_up(farm: Farm, tmp_path: Path) -> None:
    device, board, begin = farm.devices[0], Board(), time.monotonic()
    (tmp_path / "model.tflite").write_bytes(b"any model")
    job = Job(AgentFiles(tmp_path / "model.tflite", {"x86_64": {"agent": farm.agent}}), Design(sweeps=2, block_s=0.02))

    def look(_board: Board) -> None:
        assert time.monotonic() < begin + 60.0

    def profiled_again() -> Outcome:
        return profile_devices(
            [device.serial], job, tmp_path / "p.jsonl", adb.reached, board=board, pace=replace(PACE, patience=3),
            look=look,
        )  # fmt: skip

    device.set("deadly_block", "5\n")
    try:
        with pytest.raises(DeviceLostError, match="the agent ends without measuring [0-9]+ rounds; see its agent.log"):
            profiled_again()
    finally:
        device.set("deadly_block", None)
    assert (board.of(device.serial).faults, board.of(device.serial).doing) == (3, "quarantined")
    assert 5 not in {row.block for row in load_profile(tmp_path / "p.jsonl").measured}
    assert restored(device)
    assert profiled_again().given_up == {}


def test_an_agent_that_hangs_is_ended_and_given_up_where_it_hangs_again(
    farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_device, "TRIES_OF_A_BLOCK", 0)
    device, pace = farm.devices[0], replace(PACE, gates_give_up_s=2.0)
    device.set("hanging_block", "5\n")
    try:
        said = r"in 0 min; the agent hangs.* to cool: let it rest, .* --max-temp-c, else see /data/.*/agent\.log"
        with pytest.raises(AgentHungError, match=said):
            profiled(farm, tmp_path, 1, pace=pace)
    finally:
        device.set("hanging_block", None)
    assert 5 not in {row.block for row in load_profile(tmp_path / "1.jsonl").measured}
    assert restored(device)
    assert profiled(farm, tmp_path, 1).given_up == {}


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
    wanted = {**QUIET, "charging": "false"}
    said = changes(link.run(take_command(agent.folder, wanted, lease_s=2, longest_s=9)).output, wanted)
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


def test_a_campaign_ends_another_ones_agent_and_finds_what_that_one_found(farm: Farm, tmp_path: Path) -> None:
    device = farm.devices[0]
    link, agent = adb.reached(device.serial), Agent.of("of-a-dead-desk")
    agent.install(link, {"agent": farm.agent.read_bytes(), "model": b"any model"})
    # Longer than this campaign takes, so that no watchdog puts anything back.
    agent.start(link, [preparation(0, "approxlite", 600.0)], wanted(device.serial, measures_energy=True), lease_s=600)
    assert device.running(f"folder={agent.folder} ")
    profiled(farm, tmp_path, 1, seed=8)
    (row,) = load_profile(tmp_path / "1.jsonl").prepared
    assert {each.name: each.before for each in row.settings}["brightness"] == "137"
    assert not device.running(f"folder={agent.folder} ")
    assert restore_leftovers(link, FOLDER) == []
    assert restored(device)
    assert not (device.root / "data/farm/input").exists()
    agent.remove(link)


def test_a_campaign_that_gave_way_takes_nothing_until_it_begins_anew(farm: Farm) -> None:
    """Two desks on one device: what the second one set would be what the first one finds, and puts back for good."""
    device = farm.devices[0]
    link, first, second = adb.reached(device.serial), Agent.of("first"), Agent.of("second")
    settings = wanted(device.serial, measures_energy=True)
    first.install(link, {})
    first.release_others(link)
    first.guard(link, settings, lease_s=600)
    second.install(link, {})
    second.release_others(link)
    second.guard(link, settings, lease_s=600)
    with pytest.raises(DeviceRefusedError, match="another campaign, .* has taken the device over; run this again once"):
        first.guard(link, settings, lease_s=600)
    first.restore(link)
    assert not restored(device)
    second.remove(link)
    assert restored(device)
    first.release_others(link)
    first.guard(link, settings, lease_s=600)
    assert not restored(device)
    first.remove(link)
    assert restored(device)


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
