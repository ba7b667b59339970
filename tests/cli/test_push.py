"""`approxlite push`: what is wrong is found on the desk where it can be, and exit codes say what became of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approxlite.fleet import rollout
from approxlite.formats.document import now
from approxlite.formats.policy import load_policy, save_policy
from approxlite.policy.signing import load_private_key, sign_policy
from support.releases import Made, phone, signed
from support.service_twin import ServiceTwin

Phones = dict[str, ServiceTwin]


@pytest.fixture
def made_for_phones(tmp_path: Path) -> Made:
    return signed(tmp_path, 1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow one another without a pause, as the phones of these tests need none."""
    monkeypatch.setattr(rollout.time, "sleep", lambda _: None)


def refused(ran: Any, code: int) -> str:
    lines = ran.stderr.splitlines()
    assert (ran.code, len(lines)) == (code, 1), ran
    return str(lines[0])


def test_a_policy_is_pushed_and_the_verdict_told(approxlite: Any, phones: Phones, made_for_phones: Made) -> None:
    made = made_for_phones
    phones["A"] = phone(made, "A", model=False)
    ran = approxlite("push", made.policy, "--model", made.model, "--key", made.key)
    assert ran.code == 0, ran
    assert ran.stdout.splitlines()[1].split() == ["A", "1", "trial", "0", "of", "200", "answers"]
    assert ran.stdout.splitlines()[-1] == "policy 1 is on 1 device"
    assert "A: on trial, 0 of 200 answers" in ran.stderr


def test_json_is_one_document(approxlite: Any, phones: Phones, made_for_phones: Made) -> None:
    phones["A"] = phone(made_for_phones, "A")
    ran = approxlite("push", made_for_phones.policy, "--device", "A", "--json")
    answer = json.loads(ran.stdout)
    assert (answer["outcome"], answer["sequence"], answer["devices"][0]["state"]) == ("done", 1, "trial")


def test_stages_wait_for_trials(approxlite: Any, phones: Phones, made_for_phones: Made) -> None:
    for serial in ("A", "B", "C"):
        phones[serial] = phone(made_for_phones, serial)
        phones[serial].on_policy = lambda twin: twin.answer(200)
    ran = approxlite("push", made_for_phones.policy, "--all", "--stages", "--json")
    assert ran.code == 0, ran
    assert [(each["stage"], each["state"]) for each in json.loads(ran.stdout)["devices"]] == [
        (1, "kept"), (2, "kept"), (3, "kept"),
    ]  # fmt: skip


def test_an_alarm_is_exit_code_5_and_the_same_policy_is_not_pushed_again(
    approxlite: Any, phones: Phones, made_for_phones: Made
) -> None:
    for serial in ("A", "B"):
        phones[serial] = phone(made_for_phones, serial)
    phones["A"].on_policy = lambda twin: twin.alarm()
    push = ("push", made_for_phones.policy, "--all", "--stages")
    ran = approxlite(*push)
    assert ran.code == 5
    assert ran.stdout.splitlines()[-1] == "taken back: A: rolled back: canaries alarmed on trial"
    assert "was taken back (A: rolled back" in refused(approxlite(*push), 2)


def test_trials_that_are_not_over_are_exit_code_3_and_go_on(
    approxlite: Any, phones: Phones, made_for_phones: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(1_000_000))
    monkeypatch.setattr(rollout.time, "monotonic", lambda: float(next(ticks)))
    phones["A"] = phone(made_for_phones, "A")
    push = ("push", made_for_phones.policy, "--wait", "--trial-s", "5")
    ran = approxlite(*push)
    assert ran.code == 3
    assert "the same command goes on" in ran.stdout
    phones["A"].answer(200)
    assert approxlite(*push).code == 0


def test_what_devices_would_refuse_is_told_before_anything_is_pushed(
    approxlite: Any, phones: Phones, made_for_phones: Made
) -> None:
    phones["A"], phones["B"] = phone(made_for_phones, "A"), phone(made_for_phones, "B", model=False)
    line = refused(approxlite("push", made_for_phones.policy, "--all"), 2)
    assert "nothing was pushed: B: would refuse it, OTHER_MODEL" in line
    assert phones["A"].policies == []
    phones["A"].lost = True
    assert "and 1 more devices" in refused(approxlite("push", made_for_phones.policy, "--all"), 3)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    approxlite: Any, phones: Phones, made_for_phones: Made, tmp_path: Path
) -> None:
    made = made_for_phones
    for serial in ("A", "B"):
        phones[serial] = phone(made, serial)
    ran = approxlite("push", made.policy, "--all", "--stages", "--dry-run", "--key", made.key, "--model", made.model)
    assert ran.code == 0, ran
    assert "stage 1: A\nstage 2: B\n" in ran.stdout
    assert "holds: signed by key" in ran.stdout
    assert phones["A"].policies == [] and not list(tmp_path.glob("*.rollout.jsonl"))
    phones["B"].missing = True
    ran = approxlite("push", made.policy, "--all", "--dry-run", "--json")
    assert ran.code == 3
    assert "install its APK" in json.loads(ran.stdout)["obstacles"]["B"]


def test_a_policy_that_nobody_or_somebody_else_signed_stays_on_the_desk(
    approxlite: Any, phones: Phones, made_for_phones: Made, tmp_path: Path
) -> None:
    phones["A"] = phone(made_for_phones, "A")
    other = signed(tmp_path / "other", 1) if (tmp_path / "other").mkdir() is None else made_for_phones
    line = refused(approxlite("push", made_for_phones.policy, "--key", other.key), 2)
    assert "which is none of those given" in line
    save_policy(made_for_phones.policy, load_policy(made_for_phones.policy))
    assert "is not signed" in refused(approxlite("push", made_for_phones.policy), 2)
    assert phones["A"].commands == []


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"numerics_version": 999}, 2, "is for numerics version 999"),
        ({"validity": {"not_before": 1}}, 5, "holds from"),
        ({"validity": {"not_before": -2, "not_after": -1}}, 5, "expired on"),
    ],
)
def test_a_policy_out_of_its_time_or_place_stays_on_the_desk(
    approxlite: Any, phones: Phones, made_for_phones: Made, changes: dict[str, Any], code: int, said: str
) -> None:
    made = made_for_phones
    phones["A"] = phone(made, "A")
    policy = load_policy(made.policy)
    if "validity" in changes:
        days = {name: now() + timedelta(days=value) for name, value in changes["validity"].items()}
        changes = {"validity": policy.validity.model_copy(update=days)}
    save_policy(made.policy, policy.model_copy(update=changes))
    sign_policy(made.policy, load_private_key(made.key.with_suffix("")), made.policy)
    assert said in refused(approxlite("push", made.policy), code)
    assert phones["A"].commands == []


def test_another_model_than_the_policys_is_named(
    approxlite: Any, phones: Phones, made_for_phones: Made, model: Path
) -> None:
    phones["A"] = phone(made_for_phones, "A")
    assert "is not for" in refused(approxlite("push", made_for_phones.policy, "--model", model), 2)


def test_trusting_hands_the_key_over_first(approxlite: Any, phones: Phones, made_for_phones: Made) -> None:
    made = made_for_phones
    phones["A"] = phone(made, "A")
    phones["A"].state["keys"] = []
    assert "UNKNOWN_KEY" in refused(approxlite("push", made.policy, "--key", made.key), 2)
    assert approxlite("push", made.policy, "--key", made.key, "--trust").code == 0


def test_rollback_takes_what_runs_back(approxlite: Any, phones: Phones, made_for_phones: Made) -> None:
    phones["A"] = phone(made_for_phones, "A")
    assert approxlite("push", made_for_phones.policy).code == 0
    ran = approxlite("push", "--rollback")
    assert (ran.code, ran.stdout.splitlines()[-1].split()) == (0, ["A", "taken", "back", "exact", "runs"])
    assert phones["A"].state["policy_sha256"] is None
    ran = approxlite("push", "--rollback", "--json")
    assert (ran.code, json.loads(ran.stdout)["devices"][0]["state"]) == (3, "failed")


def test_usage_is_one_line(approxlite: Any, phones: Phones, made_for_phones: Made) -> None:
    phones["A"] = phone(made_for_phones, "A")
    assert "push needs a POLICY" in refused(approxlite("push"), 2)
    assert "--trust needs the --key" in refused(approxlite("push", made_for_phones.policy, "--trust"), 2)
    assert "exclude one another" in refused(approxlite("push", made_for_phones.policy, "--all", "--device", "A"), 2)
    assert "growing shares" in refused(approxlite("push", made_for_phones.policy, "--staged", "9%"), 2)
