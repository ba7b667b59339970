"""A policy from the desk to a phone and back: the command line, real adb, and the real service behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from approxlite.cli.main import app
from approxlite.fleet.keeping import audit_files, device_folder
from approxlite.formats.audit import load_audit
from approxlite.formats.policy import save_policy
from approxlite.policy.signing import generate_key, load_private_key, sign_policy
from support.policies import policy_of, small_model, stages

pytest.importorskip("farm.service_app", reason="needs the service app as a device of the farm")

SHAPE, CLASSES = (8, 8, 3), 5


@dataclass(frozen=True)
class Desk:
    """Files on the desk, and the command line on them."""

    folder: Path

    def __call__(self, *arguments: object) -> Any:
        return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)

    def policy(self, sequence: int) -> Path:
        """Runs exact; signed."""
        path = self.folder / f"policy-{sequence}.approx"
        save_policy(path, policy_of([stages((0, None))], model=small_model(), sequence=sequence))
        sign_policy(path, load_private_key(self.folder / "release.key"), path)
        return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "small.tflite").write_bytes(small_model())
    generate_key(folder / "release.key")
    return Desk(folder)


@pytest.fixture
def asked(desk: Desk, service_app: Any, shell: Callable[[str], str]) -> Callable[[int], int]:
    """Has an app on the phone ask that often; how many answers it was given."""
    samples = np.random.default_rng(0).standard_normal((8, *SHAPE)).astype("f4")

    def ask(count: int) -> int:
        model = desk.folder / "small.tflite"
        told = service_app.ask(shell, model, samples.tobytes(), (samples[0].nbytes, 4 * CLASSES), count)
        return sum(number for name, number in told.items() if name.startswith("rung"))

    return ask


def test_a_policy_goes_out_is_kept_replaced_taken_back_and_all_of_it_is_told(
    desk: Desk, service_app: Any, asked: Callable[[int], int]
) -> None:
    serial, fleet = service_app.device.serial, desk.folder / "fleet"
    key, model = desk.folder / "release.key.pub", desk.folder / "small.tflite"
    first, second = desk.policy(11), desk.policy(12)

    refused = desk("push", first, "--device", serial, "--model", model)
    assert refused.exit_code == 2 and "UNKNOWN_KEY" in refused.stderr
    assert desk("push", first, "--device", serial, "--key", key, "--trust").exit_code == 2  # the model is not there

    pushed = desk("push", first, "--device", serial, "--key", key, "--trust", "--model", model, "--json")
    assert pushed.exit_code == 0, pushed.output
    assert json.loads(pushed.stdout)["devices"][0]["state"] == "trial"
    given = 0
    while given < 200:
        given += asked(200 - given)
    assert desk("push", first, "--device", serial, "--wait", "--trial-s", "60").exit_code == 0

    seen = json.loads(desk("watch", "--once", "--json", "--device", serial).stdout)["devices"][0]
    assert (seen["status"]["sequence"], seen["status"]["on_trial"], seen["problem"]) == (11, False, None)
    assert seen["status"]["trial_answers"] >= 200
    assert desk("pull", "--device", serial, "--out", fleet).exit_code == 0

    assert desk("push", second, "--device", serial).exit_code == 0
    replayed = desk("push", first, "--device", serial, "--restart")
    assert replayed.exit_code == 2 and "REPLAYED" in replayed.stderr
    back = json.loads(desk("push", second, "--rollback", "--device", serial, "--json").stdout)
    assert back["devices"][0]["why"] == "policy 11 runs"

    assert desk("pull", "--device", serial, "--out", fleet).exit_code == 0
    again = json.loads(desk("pull", "--device", serial, "--out", fleet, "--json").stdout)
    assert (again["devices"][0]["records"], again["devices"][0]["problems"]) == (0, [])
    (log,) = audit_files(device_folder(fleet, serial))
    reasons = [record.reason.partition(",")[0] for record in load_audit(log).records if record.event == "policy"]
    assert [each.partition(":")[0] for each in reasons][-4:] == ["on trial", "kept", "on trial", "rolled back"]
    assert desk("audit", log).exit_code == 0
    on_phone = json.loads(desk("audit", "--device", serial, "--json").stdout)
    assert (on_phone["whole"], on_phone["vouched"]) == (True, True)


def test_the_doctor_finds_nothing_wrong_with_a_phone_that_follows_a_policy(desk: Desk, service_app: Any) -> None:
    told = json.loads(desk("doctor", "--device", service_app.device.serial, "--json").stdout)
    broken = [check["name"] for check in told["checks"] if check["ok"] is False]
    assert broken in ([], ["keys"]), told


def test_a_log_that_was_changed_on_the_phone_is_named(desk: Desk, service_app: Any) -> None:
    device, fleet = service_app.device, desk.folder / "tampered"
    (log,) = (file for file in device.root.rglob("audit.jsonl") if file.is_file())
    content = log.read_bytes()
    assert b"on trial" in content
    log.write_bytes(content.replace(b"on trial", b"on trail"))
    try:
        ran = desk("audit", "--device", device.serial)
        assert ran.exit_code == 5 and "one of them was changed" in ran.stderr
        assert desk("pull", "--device", device.serial, "--out", fleet).exit_code == 5
    finally:
        log.write_bytes(content)
