"""The whole loop against one device: profile, tune, certify, sign, push, watch, pull, audit; and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from approxlite.formats.guard import GuardSettings
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.service import Service
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.library import variants
from approxlite.runtime.probes import make_probe
from farm.service_app import ServiceApp
from support.phone_desk import PhoneDesk
from support.policies import policy_of, small_model, stages

CONTRACT = Path(__file__).parents[1] / "contract/policy.json"
TRIAL = 200


@pytest.fixture(scope="module")
def desk(service_app: ServiceApp, tmp_path_factory: pytest.TempPathFactory) -> PhoneDesk:
    return PhoneDesk(tmp_path_factory.mktemp("loop"), service_app, small_model())


@pytest.fixture(scope="module")
def running(desk: PhoneDesk) -> Policy:
    """Measured on the device, tuned, certified, signed and kept by the device after its trial."""
    policy = desk.build(desk.profile())
    desk.run("certify", policy, "--model", desk.model, "--data", desk.data, "--epsilon", 0.2, "--delta", 0.2)
    desk.run("policy", "sign", policy, "--key", desk.key)
    desk.push(policy, "--trust")
    assert desk.status()["on_trial"]
    assert desk.ask(TRIAL + 1)
    desk.until(lambda: not desk.status()["on_trial"])
    return load_policy(policy)


def test_what_was_tuned_on_the_device_runs_there_and_tells_of_itself(desk: PhoneDesk, running: Policy) -> None:
    status = desk.status()
    assert status["sequence"] == running.sequence
    assert status["trial_answers"] == TRIAL + 1 == sum(each["answers"] for each in status["rungs"])
    assert [each["configuration"] for each in status["rungs"]] == [rung.configuration for rung in running.ladder]
    assert all(each["runs"] >= each["answers"] for each in status["rungs"])
    assert status["numerics_version"] == running.numerics_version
    assert status["kernel_variant"] in variants()  # Android's library has fewer of them than the desk's
    assert any("kept" in words or "trial passed" in words for words in desk.audit())


def test_pulling_keeps_the_record_and_verifies_it(desk: PhoneDesk, running: Policy) -> None:
    assert running.sequence >= 0
    out = desk.folder / "fleet"
    first = json.loads(desk.run("pull", "--device", desk.serial, "--out", out, "--json"))["devices"][0]
    assert first["problems"] == []
    assert first["records"] == len(desk.audit())
    again = json.loads(desk.run("pull", "--device", desk.serial, "--out", out, "--json"))["devices"][0]
    assert again["records"] == 0


def test_what_is_refused_leaves_the_running_policy_as_it_is(desk: PhoneDesk, running: Policy) -> None:
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
    desk: PhoneDesk, running: Policy
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
    answered_by = {each for each in desk.ask(TRIAL - 1) if each.startswith("rung")}
    known = {f"rung {rung}" for rung in range(max(2, len(running.ladder)))}
    assert {"rung 0", "rung 1"} <= answered_by <= known  # the running policy's, too, once that is back
    desk.until(lambda: desk.status()["sequence"] == running.sequence)
    assert not desk.status()["on_trial"]
    said = desk.audit()
    assert any("alarm" in words for words in said)
    assert any("rolled back" in words or "taken back" in words for words in said)
