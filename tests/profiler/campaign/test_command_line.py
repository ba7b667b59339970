"""`approxlite profile --device SERIAL` with the agent that is delivered, behind real adb."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from approxlite.cli import on_devices
from approxlite.cli.main import app
from approxlite.cli.tiny_model import INPUT, tiny_model
from approxlite.formats.curve import load_curve
from approxlite.formats.errors import DeviceError
from approxlite.formats.profile import Profile, load_profile
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.campaign import energy_probe, runner, sustained_run
from approxlite.profiler.campaign import farm as campaign_farm
from approxlite.profiler.campaign.energy_goal import Wish
from approxlite.profiler.campaign.energy_probe import Sources
from approxlite.profiler.campaign.farm import Job, Outcome
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.on_device import Pace
from approxlite.profiler.energy import prove
from approxlite.profiler.frame import read_frame
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.summary import recorded
from farm.agent import AgentUnavailableError, agent_for
from farm.farm import Farm, FarmDevice

Profiled = Callable[..., Result]
QUICK = Pace(soon_s=0.1, longest_poll_s=1.0, longest_quiet_s=1.0, backoff_s=0.05, warm_s=0.1)


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As scripts/build-agent fills it."""
    folder = tmp_path_factory.mktemp("agents") / "x86_64"
    folder.mkdir()
    try:
        agent = agent_for("x86_64")
    except AgentUnavailableError as reason:
        pytest.skip(str(reason))
    for each in (agent.program, agent.engine, *agent.libraries):
        shutil.copy(each, folder / each.name)
    return folder.parent


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.tflite"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture
def device(settled_farm: Farm) -> Iterator[FarmDevice]:
    device = settled_farm.devices[2]
    # Asking it takes longer than the blocks of a tiny model, many times.
    tool = device.root / "system/bin/dumpsys"
    tool.rename(tool.with_suffix(".away"))
    yield device
    tool.with_suffix(".away").rename(tool)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are too short for anything but to see that they come back."""
    monkeypatch.setattr(on_devices, "SHORTEST_BLOCK_S", 0.001)
    monkeypatch.setattr(runner, "MAX_WINDOWS", 3)
    for module in (campaign_farm, energy_probe, sustained_run):
        monkeypatch.setattr(module, "Pace", lambda: QUICK)


@pytest.fixture
def profile(device: FarmDevice, model: Path, agents: Path, tmp_path: Path) -> Profiled:
    """`profile("--resume")` into profile.jsonl."""

    def run(*more: str, folder: Path = agents, subject: Path = model) -> Result:
        arguments = ["profile", subject, "--device", device.serial, "--out", tmp_path / "profile.jsonl"]
        words = [*map(str, arguments), "--agents", str(folder), "--seconds", "0.1", *more]
        return CliRunner().invoke(app, words, catch_exceptions=False)

    return run


def measured(path: Path) -> RecordedProfile:
    profile = load_profile(path)
    return recorded(profile, profile.campaigns[-1].model.sha256)


def test_a_device_is_profiled_by_one_command_and_its_rows_are_a_table(
    profile: Profiled, device: FarmDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove, "PROBE_S", (0.2,))
    ran = profile("--json", "--energy")
    assert ran.exit_code == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["energy"][device.serial]["refused"].startswith("no energy source of this device can be trusted")
    assert said["given_up"] == {}
    times = {(knob["operator"], knob["knob"]): knob["time_ms"]["value"] for knob in said["campaigns"][0]["knobs"]}
    assert all(time > 0 for time in times.values())
    frame = read_frame(tmp_path / "profile.jsonl")
    assert frame["block"].is_unique
    assert set(frame["subject"]) == {"approxlite", "stock"}
    assert (frame["latency_ms"] > 0).all()
    # What the tuner asks of a profile, this one answers.
    costs = measured(tmp_path / "profile.jsonl").measure(["exact", "conv_2d_0=int8"])
    assert all(0 < each.cost.low <= each.cost.value <= each.cost.high for each in costs)
    before = (tmp_path / "profile.jsonl").read_bytes()
    assert profile("--resume").exit_code == 0
    assert (tmp_path / "profile.jsonl").read_bytes() == before
    other = profile("--resume", "--seed", "1")
    assert (other.exit_code, other.stderr.count("\n")) == (2, 1)
    assert "holds no campaign of this model, device and these options" in other.stderr
    assert (tmp_path / "profile.jsonl").read_bytes() == before


def test_a_device_without_room_or_agent_is_one_line_with_the_remedy(
    profile: Profiled, device: FarmDevice, model: Path, agents: Path, tmp_path: Path
) -> None:
    other = tmp_path / "agents"
    shutil.copytree(agents / "x86_64", other / "arm64-v8a")
    ran = profile(folder=other)
    assert (ran.exit_code, ran.stderr.count("\n")) == (3, 1)
    assert "has x86_64, and there are agents for arm64-v8a; `scripts/build-agent x86_64` makes one" in ran.stderr
    large = tmp_path / "large.tflite"
    large.write_bytes(model.read_bytes() + bytes(1000))
    device.disk.fill()
    try:
        ran = profile(subject=large)
    finally:
        device.disk.free()
    line = f"approxlite: {device.serial}: no room left on the device; free some storage and try again\n"
    assert (ran.exit_code, ran.stderr) == (3, line)


def test_a_full_device_among_several_is_given_up_with_the_remedy(
    settled_farm: Farm, device: FarmDevice, model: Path, simulated: Path, tmp_path: Path
) -> None:
    other = settled_farm.devices[1]
    words = ["profile", model, "--device", device.serial, "--device", other.serial, "--agents", simulated]
    words += ["--seconds", "0.1", "--json", "--out"]

    def profiled(name: str) -> Result:
        return CliRunner().invoke(app, [*map(str, words), str(tmp_path / name)], catch_exceptions=False)

    line = f"given up: {device.serial}: no room left on the device; free some storage and try again"
    device.disk.fill()
    try:
        one = profiled("one.jsonl")
        assert one.exit_code == 0, one.stderr
        assert line in one.stderr.splitlines()
        assert list(json.loads(one.stdout)["given_up"]) == [device.serial]
        assert {row.serial for row in load_profile(tmp_path / "one.jsonl").blocks} == {other.serial}
        other.disk.fill()
        both = profiled("both.jsonl")
    finally:
        other.disk.free()
        device.disk.free()
    assert (both.exit_code, both.stdout) == (3, "")
    last = both.stderr.splitlines()[-1]
    assert last.startswith("approxlite: 2 of 2 devices failed, so blocks are left; the first: 127.0.0.1:")
    assert last.endswith("no room left on the device; free some storage and try again")


@pytest.fixture
def simulated(settled_farm: Farm, device: FarmDevice, tmp_path: Path) -> Iterator[Path]:
    """A folder of agents whose work lasts as long as it says, and a device whose minutes are a tenth of a second."""
    folder = tmp_path / "simulated" / "x86_64"
    folder.mkdir(parents=True)
    shutil.copy(settled_farm.agent, folder / "approx-agent")
    for name in ("libapproxlite.so", "libtensorflowlite_jni.so"):
        (folder / name).write_bytes(b"not loaded")
    device.set("hurry", "600\n")
    yield folder.parent
    device.set("hurry", None)


def test_settings_that_a_device_refuses_are_said(profile: Profiled, device: FarmDevice, simulated: Path) -> None:
    device.set("no-performance-mode", "")
    try:
        ran = profile(folder=simulated)
    finally:
        device.set("no-performance-mode", None)
    assert ran.exit_code == 0, ran.stderr
    assert f"{device.serial}: does not let be changed while it measures: performance_mode" in ran.stdout
    again = json.loads(profile("--json", folder=simulated).stdout)
    assert again["refused_settings"] == {device.serial: ["performance_mode"]}
    assert again["unsteady"] == {}


def test_a_meters_file_tells_joules_once_it_is_there(
    profile: Profiled, device: FarmDevice, simulated: Path, tmp_path: Path
) -> None:
    file = tmp_path / "meter.csv"
    # The simulated model has few knobs to deal: it takes more rounds to tell them apart than for the ratios.
    metered = ("--energy", "--half-width", "1.2", "--meter", str(file))
    first = profile(*metered, folder=simulated)
    assert first.exit_code == 0, first.stderr
    assert "energy: " in first.stderr
    assert f"the meter has to run from now to the end; its samples go to {file}" in first.stderr
    assert f"{device.serial}: no joules: {file} is not there yet; export all of the meter's samples" in first.stdout
    journal = (tmp_path / "profile.jsonl").read_bytes()
    latencies = write_meter(file, load_profile(tmp_path / "profile.jsonl"))
    told = profile(*metered, "--json", folder=simulated)
    assert told.exit_code == 0, told.stderr
    assert (tmp_path / "profile.jsonl").read_bytes() == journal
    energy = json.loads(told.stdout)["energy"][device.serial]
    assert (energy["refused"], energy["source"]["kind"]) == ("", "meter")
    # Work draws the same power whatever runs, so that joules go as time does.
    assert {"conv_2d_0=int8,conv_2d_1=int8", "stock"} <= {each["configuration"] for each in energy["settings"]}, energy
    for each in energy["settings"]:
        wanted = latencies[each["configuration"]] / latencies["exact"]
        assert each["ratio"]["value"] == pytest.approx(wanted, rel=0.03)
    assert all(each["value"] < 0 for each in energy["knob_mj"].values())
    assert energy["not_told"] == {}
    shown = profile(*metered, folder=simulated)
    assert "of exact's" in shown.stdout
    assert "as many rounds as were planned" in shown.stdout
    lines = [line for line in shown.stdout.splitlines() if line.startswith("conv_2d_1   int8")]
    assert [" mJ " in line for line in lines] == [False, True]


def test_energy_says_beforehand_how_long_it_takes_and_afterwards_why_it_stopped(
    profile: Profiled, device: FarmDevice, simulated: Path, tmp_path: Path, settled_farm: Farm
) -> None:
    device.set("rail_uw", "500000\n")
    try:
        long = profile("--energy", "--half-width", "0.5", "--max-secs", "600", folder=simulated)
        assert (long.exit_code, long.stdout) == (4, "")
        assert "meter0/VDD: ±0.5% of energy takes about" in long.stderr
        assert not (tmp_path / "profile.jsonl").exists()
        words = ("--energy", "--half-width", "2", "--sessions", "2")
        first = profile(*words, folder=simulated)
        assert first.exit_code == 0, first.stderr
        assert "energy: ±2.0% by meter0/VDD in about" in first.stderr
        assert "in 2 sessions, at most" in first.stderr
        assert f"{device.serial}: 1 of 2 sessions measured; start the device anew" in first.stdout
        device.reboot()
        settled_farm.connect(device)
        told = profile(*words, "--json", folder=simulated)
        assert told.exit_code == 0, told.stderr
        said = json.loads(told.stdout)
        assert said["paused"] == []
        effort = said["energy"][device.serial]["effort"]
        assert (effort["stopped"], effort["sessions"]) == ("width", 2)
        assert effort["spent_s"] <= effort["planned_s"]
        shown = profile(*words, "--sustained", "5", folder=simulated)
        assert "sustained: exact and int8 for 5 min 0 s each, from cold on" in shown.stderr
        lines = [line for line in shown.stdout.splitlines() if " of the first's latency" in line]
        assert [line.split()[1] for line in lines] == ["exact", "conv_2d_0=int8,conv_2d_1=int8"]
        assert all("of its joules beyond idle" in line for line in lines)
        assert "in 2 of 2 sessions: every interval is within ±2.0%" in shown.stdout
        assert f"{device.serial}: exact against itself gives" in shown.stdout
    finally:
        device.set("rail_uw", None)


def write_meter(file: Path, profile: Profile) -> dict[str, float]:
    """What a meter of 50 Hz with a clock of its own sees: half a watt at rest, a joule more for each second of work. A
    busy desk starts and ends blocks late, and a millisecond of it is most of a second of the device. Latencies in ms by
    configuration."""
    measured = sorted((AgentBlock.model_validate(row.agent_row) for row in profile.measured), key=lambda b: b.begin_ns)
    spans = np.array([(row.begin_ns, row.end_ns) for row in measured], float) * 1e-9
    times = np.arange(spans[0, 0] - 5, spans[-1, 1] + 5, 0.02)
    place = np.maximum(np.searchsorted(spans[:, 0], times, side="right") - 1, 0)
    work_s = np.array([row.latency_ns.total * 1e-9 if row.latency_ns else 0.0 for row in measured])
    share = (work_s / (spans[:, 1] - spans[:, 0]))[place]
    power = 0.5 + share * (times <= spans[place, 1]) + np.random.default_rng(0).normal(0, 0.02, len(times))
    lines = [f"{time - spans[0, 0] + 1234.5:.4f},{watts * 1e3:.3f}" for time, watts in zip(times, power, strict=True)]
    file.write_text("\n".join(["Time(s),Main Avg Power(mW)", *lines]))
    return {
        "stock" if row.subject == "stock" else row.configuration: row.latency_ns.median * 1e-6 for row in profile.blocks
    }


def test_a_meter_that_is_damaged_or_of_another_time_is_refused(
    profile: Profiled, device: FarmDevice, simulated: Path, tmp_path: Path
) -> None:
    file = tmp_path / "meter.csv"
    file.write_text("time_s,colour\n1,red\n2,blue\n")
    ran = profile("--energy", "--meter", str(file), folder=simulated)
    assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
    assert "needs a column of time" in ran.stderr
    assert not (tmp_path / "profile.jsonl").exists()
    file.write_text("time_s,power_w\n1,1\n2,1\n3,2\n")
    ran = profile("--energy", "--meter", str(file), folder=simulated)
    assert ran.exit_code == 0, ran.stderr
    assert f"{device.serial}: no joules: the meter's 2 s are shorter than the blocks'" in ran.stdout


def test_a_model_that_is_not_there_is_named(profile: Profiled, tmp_path: Path) -> None:
    ran = profile(subject=tmp_path / "no.tflite")
    line = f"approxlite: {tmp_path}/no.tflite: no such file; give the .tflite file to profile\n"
    assert (ran.exit_code, ran.stderr) == (3, line)


def test_a_policy_is_chosen_by_a_devices_times(
    device: FarmDevice, model: Path, agents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approxlite.policy.turns.UNSTABLE", float("inf"))  # a busy machine
    random = np.random.default_rng(1)
    np.savez(tmp_path / "data.npz", x=random.standard_normal((240, *INPUT[1:])).astype(np.float32))
    words = ["optimize", model, "--data", tmp_path / "data.npz", "--device", "adb", "--agents", agents]
    words += ["--out", tmp_path / "out", "--seconds", "0.1", "--epsilon", "0.1"]

    def optimize(*more: object) -> Result:
        return CliRunner().invoke(app, [str(each) for each in (*words, *more)], catch_exceptions=False)

    several = optimize()
    assert (several.exit_code, several.stderr.count("\n")) == (3, 1)
    words[words.index("adb")] = device.serial
    ran = optimize()
    assert ran.exit_code == 0, ran.stderr
    assert f"the policy is chosen by those of {device.serial}, from its profile" in ran.stdout
    profiled = load_profile(tmp_path / "out/profile.jsonl")
    assert {row.serial for row in profiled.blocks} == {device.serial}
    assert load_curve(tmp_path / "out/curve.json")[0].device_class == profiled.campaigns[0].device.fingerprint
    assert "not of the device" in (tmp_path / "out/report.html").read_text()
    again = optimize()
    assert "profile: done before, with the same inputs; skipped" in again.stderr
    ran = optimize(model)
    assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
    assert "--device takes one device and one model" in ran.stderr


def test_resume_needs_a_campaign_to_resume(profile: Profiled) -> None:
    ran = profile("--resume")
    assert ran.exit_code == 2
    assert "nothing to resume; leave --resume out to begin" in ran.stderr


def test_where_no_device_has_a_source_a_full_one_measures_latencies(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Gates] = []

    def profiled(_serials: Sequence[str], job: Job, *_rest: object, **_more: object) -> Outcome:
        given.append(job.gates)
        raise DeviceError("seen")

    monkeypatch.setattr(on_devices, "chosen", list)
    monkeypatch.setattr(on_devices, "energy_sources", lambda *_, **__: Sources({}, {"PHONE": "it has none"}))
    monkeypatch.setattr(on_devices, "profile_devices", profiled)
    with pytest.raises(DeviceError, match="seen"):
        on_devices.profile_on(
            ["PHONE"], model, tmp_path / "p.jsonl", None, seconds=0.1, seed=0, max_temp_c=36.0, energy=Wish()
        )
    assert given == [Gates(hottest_c=36.0)]
