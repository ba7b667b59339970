"""Energy in campaigns on devices: sources are probed, blocks long enough for them, and figures come with intervals."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from approxlite.formats.errors import UnstableError
from approxlite.formats.profile import ProfiledOperator, SustainedRow, load_profile
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.energy import energies
from approxlite.profiler.campaign.energy_goal import Wish, efforts, energy_goal
from approxlite.profiler.campaign.energy_probe import Sources, energy_sources
from approxlite.profiler.campaign.farm import Job, Outcome, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.campaign.sustained_run import SustainedWish, sustain, sustained_runs
from approxlite.profiler.devices import adb
from approxlite.profiler.energy.outcome import Comparison
from approxlite.profiler.energy.sustained import Sustained
from farm.desk import PACE
from farm.farm import Farm, FarmDevice
from farm.settings import restored

HURRY = 600
INT8 = "conv_2d_0=int8,conv_2d_1=int8"
OPERATORS = [
    ProfiledOperator(id="conv_2d_0", knobs=("exact", "int8", "rows:1/2"), multiply_accumulates=1),
    ProfiledOperator(id="conv_2d_1", knobs=("exact", "int8"), multiply_accumulates=1),
]
FAST = replace(PACE, longest_poll_s=0.5, longest_quiet_s=0.5)


@pytest.fixture
def device(settled_farm: Farm) -> Iterator[FarmDevice]:
    """With a power rail, whose minutes are seconds."""
    device = settled_farm.devices[1]
    device.set("rail_uw", "500000\n")
    device.set("hurry", f"{HURRY}\n")
    yield device
    device.set("rail_uw", None)
    device.set("hurry", None)


@pytest.fixture
def files(equal_farm: Farm, tmp_path: Path) -> AgentFiles:
    (tmp_path / "model.tflite").write_bytes(b"any model")
    return AgentFiles(tmp_path / "model.tflite", {"x86_64": {"agent": equal_farm.agent}})


def probed(device: FarmDevice, files: AgentFiles) -> Sources:
    return energy_sources([device.serial], files, adb.reached, gates=Gates.for_energy(), pace=FAST)


def job_for(found: Sources, files: AgentFiles, wish: Wish) -> Job:
    design, goal = energy_goal(found, OPERATORS, wish)
    return Job(files, design, gates=Gates.for_energy(), goal=goal, probed=found.probed)


def test_a_rail_is_found_and_tells_ratios_with_intervals(device: FarmDevice, files: AgentFiles, tmp_path: Path) -> None:
    found = probed(device, files)
    assert found.refused == {}
    job = job_for(found, files, Wish(half_width=0.02))
    assert job.goal is not None
    assert job.goal.sources == {device.serial: "meter0/VDD"}
    out = tmp_path / "profile.jsonl"
    outcome = profile_devices([device.serial], job, out, adb.reached, pace=FAST)
    profile = load_profile(out)
    energy = energies(profile, outcome.campaigns[0])[device.serial]
    assert energy.refused == ""
    int8 = energy.settings[INT8]
    assert isinstance(int8, Comparison)
    # Work draws the same power whatever runs, so that joules go as time does.
    latency = {row.configuration: row.latency_ns.median for row in profile.blocks if row.subject == "approxlite"}
    assert int8.ratio.low <= latency[INT8] / latency["exact"] <= int8.ratio.high
    assert int8.ratio.high - int8.ratio.low < 0.04 * int8.ratio.value
    assert int8.idle_w.value == pytest.approx(0.5, rel=0.02)
    effort = efforts(profile, outcome.campaigns[0])[device.serial]
    assert effort.stopped == "width"
    assert 0 < effort.spent_s < effort.planned_s
    assert len({row.round for row in profile.blocks}) < job.design.rounds
    assert restored(device)
    # What has been settled stays so.
    before = out.read_bytes()
    again = profile_devices([device.serial], job, out, adb.reached, pace=FAST)
    assert (again.campaigns, out.read_bytes()) == (outcome.campaigns, before)
    assert restored(device)


def test_a_campaign_that_time_ends_says_so_and_keeps_what_it_has(
    device: FarmDevice, files: AgentFiles, tmp_path: Path
) -> None:
    job = job_for(probed(device, files), files, Wish(half_width=0.02))
    assert job.goal is not None
    eager = replace(job, goal=job.goal.model_copy(update={"half_width": 1e-4}))
    out = tmp_path / "profile.jsonl"
    outcome = profile_devices([device.serial], eager, out, adb.reached, pace=FAST)
    profile = load_profile(out)
    effort = efforts(profile, outcome.campaigns[0])[device.serial]
    assert effort.stopped == "time"
    assert len({row.round for row in profile.blocks}) == eager.design.rounds  # its operators are timed in no time
    assert effort.spent_s <= effort.planned_s
    assert isinstance(energies(profile, outcome.campaigns[0])[device.serial].settings[INT8], Comparison)


def test_sessions_are_told_apart_by_boots_and_asked_for_one_after_the_other(
    settled_farm: Farm, device: FarmDevice, files: AgentFiles, tmp_path: Path
) -> None:
    job = job_for(probed(device, files), files, Wish(half_width=0.02, sessions=2))
    out = tmp_path / "profile.jsonl"

    def measured() -> Outcome:
        return profile_devices([device.serial], job, out, adb.reached, pace=FAST)

    first = measured()
    assert first.paused == (device.serial,)
    rows = len(load_profile(out).blocks)
    assert measured().paused == (device.serial,)  # it was not started anew
    assert len(load_profile(out).blocks) == rows
    device.reboot()
    settled_farm.connect(device)
    assert measured().paused == ()
    profile = load_profile(out)
    assert [row.session for row in profile.blocks] == sorted(row.session for row in profile.blocks)
    boots = {row.session: row.boot_id for row in profile.measured}
    assert len(boots) == len(set(boots.values())) == 2
    effort = efforts(profile, first.campaigns[0])[device.serial]
    assert (effort.sessions, effort.sessions_wanted, effort.stopped) == (2, 2, "width")
    int8 = energies(profile, first.campaigns[0])[device.serial].settings[INT8]
    assert isinstance(int8, Comparison)
    assert int8.ratio.samples >= 12


def test_what_takes_too_long_is_said_before_it_begins(device: FarmDevice, files: AgentFiles) -> None:
    found = probed(device, files)
    said = r"meter0/VDD: ±1.0% of energy takes about \d+ min, and 10 min are allowed; allow more with --max-secs"
    with pytest.raises(UnstableError, match=said):
        energy_goal(found, OPERATORS, Wish(half_width=0.01, longest_s=600))


def test_a_device_without_rails_is_refused_with_the_reason(device: FarmDevice, files: AgentFiles) -> None:
    device.set("rail_uw", None)
    found = probed(device, files)
    assert found.probed == {}
    assert "no energy source of this device can be trusted" in found.refused[device.serial]
    assert (
        "its shell may be told less than an app: try --service, or an external --meter" in found.refused[device.serial]
    )
    assert "energy-probe" not in [each.name for each in (device.disk.outside / "approxlite").iterdir()]
    assert restored(device)
    assert not (device.root / "data/farm/input").exists()


def test_a_full_device_on_its_cable_stops_charging_and_waits(device: FarmDevice, files: AgentFiles) -> None:
    charging, said = device.root / "data/farm/input", set[str]()
    device.set("battery_level", "81\n")

    def look(board: Board) -> None:
        said.add(board.of(device.serial).why)
        if charging.exists() and charging.read_text() == "suspended\n":
            device.set("battery_level", "80\n")

    pace = replace(FAST, gates_give_up_s=5.0)
    try:
        found = energy_sources([device.serial], files, adb.reached, gates=Gates.for_energy(), pace=pace, look=look)
    finally:
        device.set("battery_level", None)
    assert "discharging 81% → 80%" in said
    assert found.refused == {}
    assert restored(device)
    assert not charging.exists()


def test_a_device_that_never_gets_emptier_says_what_helps(device: FarmDevice, files: AgentFiles) -> None:
    device.set("battery_level", "95\n")
    pace = replace(FAST, gates_give_up_s=0.5)
    try:
        found = energy_sources([device.serial], files, adb.reached, gates=Gates.for_energy(), pace=pace)
    finally:
        device.set("battery_level", None)
    assert "discharging 95% → 80% took too long; use it without its cable" in found.refused[device.serial]
    assert restored(device)


def test_a_battery_that_runs_low_ends_the_campaign_at_once_and_charged_it_goes_on(
    device: FarmDevice, files: AgentFiles, tmp_path: Path
) -> None:
    device.set("hurry", "200\n")
    job, out = job_for(probed(device, files), files, Wish(half_width=0.02)), tmp_path / "profile.jsonl"

    def drain(board: Board) -> None:
        if board.of(device.serial).blocks >= 20:
            device.set("battery_level", "29\n")

    try:
        with pytest.raises(UnstableError, match="charging 29% → 30% cannot be waited for while charging is held off"):
            profile_devices([device.serial], job, out, adb.reached, pace=FAST, look=drain)
    finally:
        device.set("battery_level", None)
    assert restored(device)
    assert not (device.root / "data/farm/input").exists()
    kept = load_profile(out).blocks
    assert len(kept) >= 10
    assert profile_devices([device.serial], job, out, adb.reached, pace=FAST).given_up == {}
    assert load_profile(out).blocks[: len(kept)] == kept


def test_a_rail_that_does_not_follow_the_load_is_no_source(device: FarmDevice, files: AgentFiles) -> None:
    device.set("rail_uw", "0.001\n")
    device.set("hurry", "6000\n")
    assert "hardly changes" in probed(device, files).refused[device.serial]


def test_a_sustained_run_tells_the_end_beside_the_cold_begin(
    device: FarmDevice, files: AgentFiles, tmp_path: Path
) -> None:
    job = job_for(probed(device, files), files, Wish(half_width=0.02))
    out = tmp_path / "profile.jsonl"
    outcome = profile_devices([device.serial], job, out, adb.reached, pace=FAST)
    wish = SustainedWish(run_s=600.0, rate_hz=200.0)
    assert sustain([device.serial], job, outcome.campaigns, out, wish, adb.reached, pace=FAST) == {}
    profile = load_profile(out)
    runs = sustained_runs(profile, outcome.campaigns[0], wish)[device.serial]
    assert runs.keys() == {"exact", INT8}
    exact = runs["exact"]
    assert isinstance(exact, Sustained)
    # The simulated device knows no heat; its power is uneven by a percent.
    assert exact.latency_ratio.value == 1
    assert exact.ratio is not None
    assert exact.ratio.low - 0.02 < 1 < exact.ratio.high + 0.02
    assert exact.gap_ms == 4.0  # an inference takes 1 of 5 ms
    assert exact.run_s >= 600
    assert not (device.disk.outside / f"approxlite/{outcome.campaigns[0]}-sustained").exists()
    assert restored(device)
    before = out.read_bytes()
    sustain([device.serial], job, outcome.campaigns, out, wish, adb.reached, pace=FAST)
    assert out.read_bytes() == before


def test_a_run_that_breaks_off_is_made_anew_and_one_that_only_lost_its_cable_goes_on(
    settled_farm: Farm, device: FarmDevice, files: AgentFiles, tmp_path: Path
) -> None:
    device.set("hurry", "100\n")
    out = tmp_path / "profile.jsonl"
    job = Job(files, Design(sweeps=1))
    outcome = profile_devices([device.serial], job, out, adb.reached, pace=FAST)
    wish = SustainedWish(run_s=600.0)
    done: list[str] = []

    def rows() -> list[SustainedRow]:
        return [row for row in load_profile(out).sustained if row.campaign == outcome.campaigns[0]]

    def disturb(_board: Board) -> None:
        begun = {row.run for row in rows()}
        if 0 in begun and "cut" not in done:
            device.kill_adbd()
            done.append("cut")
        elif 1 in begun and "rebooted" not in done:
            device.reboot()
            settled_farm.connect(device)
            done.append("rebooted")

    assert sustain([device.serial], job, outcome.campaigns, out, wish, adb.reached, pace=FAST, look=disturb) == {}
    assert done == ["cut", "rebooted"]
    found = rows()
    whole = {row.run for row in found if sum(other.run == row.run for other in found) == row.of}
    assert whole == {0, 2}
    assert len({(row.run, row.place) for row in found}) == len(found)
    runs = sustained_runs(load_profile(out), outcome.campaigns[0], wish)[device.serial]
    exact = runs["exact"]
    assert isinstance(exact, Sustained)
    assert exact.ratio is None  # this campaign was of latencies alone
    assert restored(device)


def test_an_interrupted_campaign_goes_on_in_the_same_session(
    device: FarmDevice, files: AgentFiles, tmp_path: Path
) -> None:
    device.set("hurry", "200\n")
    job = job_for(probed(device, files), files, Wish(half_width=0.02))
    out = tmp_path / "profile.jsonl"

    def interrupt(board: Board) -> None:
        if board.of(device.serial).blocks >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        profile_devices([device.serial], job, out, adb.reached, pace=FAST, look=interrupt)
    assert restored(device)
    begun = load_profile(out)
    assert len(begun.blocks) >= 10
    assert begun.settled == ()
    outcome = profile_devices([device.serial], replace(job, probed={}), out, adb.reached, pace=FAST)
    profile = load_profile(out)
    assert len(profile.campaigns) == 1
    assert profile.blocks[: len(begun.blocks)] == begun.blocks
    assert len({row.block for row in profile.measured}) == len(profile.measured)
    effort = efforts(profile, outcome.campaigns[0])[device.serial]
    assert (effort.stopped, effort.sessions) == ("width", 1)


def test_a_device_that_started_anew_between_two_polls_warms_up_again(
    device: FarmDevice, files: AgentFiles, tmp_path: Path
) -> None:
    device.set("hurry", "200\n")
    job = job_for(probed(device, files), files, Wish(half_width=0.02))
    rebooted: list[str] = []
    doings: list[str] = []

    def look(board: Board) -> None:
        standing = board.of(device.serial)
        if rebooted:
            doings.append(standing.doing)
        elif standing.blocks >= 20:
            # A reboot that no poll meets: all it leaves is another boot, and no agent.
            (device.root / "data/boot_id").write_text("4a2f8f0e-0f0e-4c43-9f3f-2b5d7a8e9c01\n")
            for number in device.running("folder="):
                os.kill(number, signal.SIGKILL)
            rebooted.append(standing.doing)

    out = tmp_path / "profile.jsonl"
    outcome = profile_devices([device.serial], job, out, adb.reached, pace=FAST, look=look)
    assert (rebooted, outcome.given_up) == (["measuring"], {})
    assert "warming up" in doings
    assert len({row.boot_id for row in load_profile(out).measured}) == 2
    assert restored(device)
