"""Energy in campaigns on devices: sources are probed, blocks long enough for them, and figures come with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from approxlite.formats.profile import load_profile
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.energy import EnergyDesign, energies, energy_design
from approxlite.profiler.campaign.farm import Job, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.devices import adb
from approxlite.profiler.energy.outcome import Comparison
from farm.desk import PACE
from farm.farm import Farm, FarmDevice
from farm.trials import restored

HURRY = 600
INT8 = "conv_2d_0=int8,conv_2d_1=int8"
FAST = replace(PACE, longest_poll_s=0.5)


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


def designed(device: FarmDevice, files: AgentFiles) -> EnergyDesign:
    return energy_design([device.serial], files, adb.reached, gates=Gates.for_energy(), pace=FAST)


def test_a_rail_is_found_and_tells_ratios_with_intervals(device: FarmDevice, files: AgentFiles, tmp_path: Path) -> None:
    found = designed(device, files)
    assert found.sources == {device.serial: "meter0/VDD"}
    assert found.design is not None
    out = tmp_path / "profile.jsonl"
    job = Job(files, found.design.model_copy(update={"sweeps": 12}), gates=Gates.for_energy())
    outcome = profile_devices([device.serial], job, out, adb.reached, pace=FAST)
    profile = load_profile(out)
    energy = energies(profile, outcome.campaigns[0])[device.serial]
    assert energy.refused == ""
    int8 = energy.settings[INT8]
    assert isinstance(int8, Comparison)
    # Work draws the same power whatever runs, so that joules go as time does.
    latency = {row.configuration: row.latency_ns.median for row in profile.blocks if row.subject == "approxlite"}
    assert int8.ratio.low <= latency[INT8] / latency["exact"] <= int8.ratio.high
    assert int8.ratio.high - int8.ratio.low < 0.06 * int8.ratio.value
    assert int8.idle_w.value == pytest.approx(0.5, rel=0.02)
    assert profile.campaigns[0].energy is not None
    assert restored(device)


def test_a_device_without_rails_is_refused_with_the_reason(device: FarmDevice, files: AgentFiles) -> None:
    device.set("rail_uw", None)
    found = designed(device, files)
    assert found.design is None
    assert "no energy source of this device can be trusted" in found.refused[device.serial]
    assert "energy-probe" not in [each.name for each in (device.disk.outside / "approxlite").iterdir()]
    assert restored(device)
    assert not (device.root / "data/farm/input").exists()


def test_a_rail_that_does_not_follow_the_load_is_no_source(device: FarmDevice, files: AgentFiles) -> None:
    device.set("rail_uw", "0.001\n")
    device.set("hurry", "6000\n")
    assert "hardly changes" in designed(device, files).refused[device.serial]
