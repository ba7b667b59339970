"""`approxlite profile --device SERIAL --service`: measured by the service app, behind real adb."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from approxlite.cli import on_devices
from approxlite.cli.main import app
from approxlite.cli.tiny_model import tiny_model
from approxlite.formats.profile import load_profile
from approxlite.profiler.campaign import farm as campaign_farm
from approxlite.profiler.campaign.on_device import Pace
from approxlite.runtime import Interpreter
from approxlite.runtime.library import numerics_version
from farm.farm import FarmDevice
from farm.service_app import FILES, ServiceApp

QUICK = Pace(soon_s=0.1, longest_poll_s=1.0, longest_quiet_s=1.0, backoff_s=0.05, warm_s=0.1)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(campaign_farm, "Pace", lambda: QUICK)
    monkeypatch.setattr(on_devices, "SHORTEST_BLOCK_S", 0.005)
    path = tmp_path / "tiny.tflite"
    path.write_bytes(tiny_model())
    return path


def profiled(device: FarmDevice, model: Path, out: Path, *options: str) -> str:
    arguments = ["profile", str(model), "--out", str(out), "--device", device.serial, "--service", "--seconds", "1"]
    done = CliRunner().invoke(app, [*arguments, "--json", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_service_measures_every_knob_and_stock(
    device: FarmDevice, shell: Callable[[str], str], model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "profile.jsonl"
    told = json.loads(profiled(device, model, out))
    profile = load_profile(out)
    campaign = profile.campaigns[0]
    assert campaign.numerics_version == numerics_version()
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    assert [each.id for each in campaign.operators] == [each.id for each in interpreter.operators]
    assert [each.knobs for each in campaign.operators] == [each.knobs for each in interpreter.operators]
    assert {each["knob"] for each in told["campaigns"][0]["knobs"]} > {"exact", "int8"}
    assert told["campaigns"][0]["stock_ms"] > 0
    # Settings are back, and nothing of the campaign is left in either folder.
    assert {each.name for each in (device.root / FILES).iterdir()} <= {"files", "another_campaign"}
    assert set(shell("ls /data/local/tmp/approxlite").split()) <= {"push"}


def test_a_campaign_goes_on_after_the_app_was_killed(
    service_app: ServiceApp, device: FarmDevice, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "profile.jsonl"
    profiled(device, model, out)
    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines[: len(lines) // 2]))
    service_app.kill()
    service_app.start()
    profiled(device, model, out, "--resume")
    profile = load_profile(out)
    blocks = [row.block for row in profile.blocks]
    assert len(blocks) == len(set(blocks))
    assert sum('"kind":"block"' in line.replace(" ", "") for line in lines) == len(blocks)


def test_a_device_without_the_app_is_told_of(device: FarmDevice, model: Path, tmp_path: Path) -> None:
    app_folder = device.root / "data/app/dev.approxlite.service"
    elsewhere = app_folder.with_name("elsewhere")
    app_folder.rename(elsewhere)
    try:
        arguments = ["profile", str(model), "--out", str(tmp_path / "p.jsonl"), "--device", device.serial, "--service"]
        done = CliRunner().invoke(app, arguments)
    finally:
        elsewhere.rename(app_folder)
    assert done.exit_code == 3
    assert "has no service app" in done.output
