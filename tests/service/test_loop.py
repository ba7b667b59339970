"""The whole loop against one device: profile, tune, certify, sign, push, watch, pull, audit; and what is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from approxlite.cli.main import app
from approxlite.formats.guard import GuardSettings
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.policy.signing import generate_key, load_private_key, sign_policy
from approxlite.profiler.campaign import farm as campaign_farm
from approxlite.profiler.campaign.on_device import Pace
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.service import Service
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import make_probe
from farm.service_app import ServiceApp
from support.policies import policy_of, small_data, small_model, stages

Shell = Callable[[str], str]
CONTRACT = Path(__file__).parents[1] / "contract/policy.json"
SIZES = (4 * 8 * 8 * 3, 4 * 5)
TRIAL = 200


class Desk:
    """Files of one loop, in one folder, and the device that it is about."""

    def __init__(self, folder: Path, device: ServiceApp, shell: Shell) -> None:
        self.folder, self._device, self._shell = folder, device, shell
        self.serial = device.device.serial
        self.model, self.data, self.key = folder / "small.tflite", folder / "data.npz", folder / "release.key"
        self.model.write_bytes(small_model())
        self.x = small_data(800).x
        np.savez(self.data, x=self.x)
        generate_key(self.key)

    def run(self, *words: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == code, f"{words}: {done.exit_code}: {done.output}"
        return done.stdout

    def sign(self, policy: Policy, name: str) -> Path:
        path = self.folder / name
        save_policy(path, policy)
        sign_policy(path, load_private_key(self.key), path)
        return path

    def push(self, policy: Path, *more: object, code: int = 0) -> str:
        return self.run(
            "push", policy, "--device", self.serial, "--model", self.model, "--key", f"{self.key}.pub", *more, code=code
        )

    def status(self) -> dict[str, Any]:
        watched = json.loads(self.run("watch", "--device", self.serial, "--once", "--json"))
        status: dict[str, Any] = watched["devices"][0]["status"]
        return status

    def ask(self, count: int) -> dict[str, int]:
        """How many answers came of each rung; all are the service's."""
        answers = self._device.ask(self._shell, self.x.tobytes(), SIZES, count)
        assert sum(answers.values()) == count
        assert all(name.startswith("rung ") for name in answers), answers
        return answers

    def audit(self) -> list[str]:
        """Reasons of all records, the chain being whole."""
        answer = json.loads(self.run("audit", "--device", self.serial, "--last", "0", "--json"))
        assert answer["whole"]
        return [record["words"] for record in answer["records"]]

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.2)


@pytest.fixture(scope="module")
def desk(service_app: ServiceApp, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    serial = service_app.device.serial
    return Desk(tmp_path_factory.mktemp("loop"), service_app, lambda command: adb.reached(serial).run(command).output)


@pytest.fixture(scope="module")
def running(desk: Desk) -> Policy:
    """Measured on the device, tuned, certified, signed and kept by the device after its trial."""
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr(campaign_farm, "Pace", lambda: Pace(soon_s=0.1, longest_poll_s=1.0, backoff_s=0.05, warm_s=0.1))
        profile = desk.folder / "profile.jsonl"
        desk.run("profile", desk.model, "--device", desk.serial, "--service", "--out", profile, "--seconds", 1)
    curve, policy = desk.folder / "curve.json", desk.folder / "policy.approx"
    desk.run("tune", desk.model, "--data", desk.data, "--profile", profile, "--out", curve)
    desk.run("policy", "build", curve, "--model", desk.model, "--data", desk.data, "--out", policy)
    desk.run("certify", policy, "--model", desk.model, "--data", desk.data, "--epsilon", 0.2, "--delta", 0.2)
    desk.run("policy", "sign", policy, "--key", desk.key)
    desk.push(policy, "--trust")
    assert desk.status()["on_trial"]
    assert desk.ask(TRIAL + 1)
    desk.until(lambda: not desk.status()["on_trial"])
    return load_policy(policy)


def test_what_was_tuned_on_the_device_runs_there_and_tells_of_itself(desk: Desk, running: Policy) -> None:
    status = desk.status()
    assert status["sequence"] == running.sequence
    assert status["trial_answers"] == TRIAL + 1 == sum(each["answers"] for each in status["rungs"])
    assert [each["configuration"] for each in status["rungs"]] == [rung.configuration for rung in running.ladder]
    assert any("kept" in words or "trial passed" in words for words in desk.audit())


def test_pulling_keeps_the_record_and_verifies_it(desk: Desk, running: Policy) -> None:
    assert running.sequence >= 0
    out = desk.folder / "fleet"
    first = json.loads(desk.run("pull", "--device", desk.serial, "--out", out, "--json"))["devices"][0]
    assert first["problems"] == []
    assert first["records"] == len(desk.audit())
    again = json.loads(desk.run("pull", "--device", desk.serial, "--out", out, "--json"))["devices"][0]
    assert again["records"] == 0


def test_what_is_refused_leaves_the_running_policy_as_it_is(desk: Desk, running: Policy) -> None:
    before = desk.status()["policy_sha256"]
    older = desk.sign(running.model_copy(update={"tool_version": "0.0.9"}), "same-sequence.approx")
    desk.push(older, code=2)
    service = Service(adb.reached(desk.serial))
    policy = (desk.folder / "policy.approx").read_bytes()
    assert service.give("policy", policy[: len(policy) // 2]).reason == "DAMAGED"
    unsigned = desk.folder / "unsigned.approx"
    save_policy(unsigned, running.model_copy(update={"sequence": running.sequence + 1}))
    assert service.give("policy", unsigned.read_bytes()).reason == "UNSIGNED"
    assert service.give("policy", older.read_bytes()).reason == "REPLAYED"
    assert desk.status()["policy_sha256"] == before
    assert sum("refused" in words for words in desk.audit()) >= 3


def test_a_policy_whose_canaries_alarm_on_trial_is_rolled_back_by_the_device_itself(
    desk: Desk, running: Policy
) -> None:
    """Its certificate promises what its rung does not keep, and every answer is checked."""
    model = small_model()
    certificate = Policy.model_validate_json(CONTRACT.read_bytes()).certificate
    policy = policy_of(
        [stages((1, None))],
        rungs=("exact", "conv_2d_0=rows:1/4,conv_2d_1=rows:1/4"),
        model=model,
        sequence=running.sequence + 1,
        certificate=certificate,
        guard=GuardSettings(canary_rate=1.0),
    )
    with Ladder([model], policy.ladder) as ladder:
        policy = policy.model_copy(update={"probes": tuple(make_probe(ladder, rung, seed=rung) for rung in range(2))})
    desk.push(desk.sign(policy, "harmful.approx"))
    assert desk.status()["sequence"] == running.sequence + 1
    assert {"rung 0", "rung 1"} == set(desk.ask(TRIAL - 1))
    desk.until(lambda: desk.status()["sequence"] == running.sequence)
    assert not desk.status()["on_trial"]
    said = desk.audit()
    assert any("alarm" in words for words in said)
    assert any("rolled back" in words or "taken back" in words for words in said)
