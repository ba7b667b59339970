"""A roll-out goes on only over healthy devices, takes all back otherwise, and survives being cut off anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from approxlite.fleet.delivery import Delivery, taken_back
from approxlite.fleet.rollout import Patience, Rollout, RolloutOutcome
from approxlite.fleet.stages import Stages, stages_of
from approxlite.formats.errors import FormatError
from approxlite.formats.rollout import BeginRow, EndRow, RolloutJournal, load_rollout, states_of
from approxlite.profiler.devices.service import Service
from support.releases import Made, phone, signed
from support.service_twin import ServiceTwin

Phones = dict[str, ServiceTwin]


def phones(made: Made, count: int) -> Phones:
    return {f"P{number}": phone(made, f"P{number}") for number in range(count)}


def rolled_out(
    made: Made,
    devices: Phones,
    journal: Path,
    shares: Sequence[float] = (0.25, 0.5, 1),
    *,
    wait: bool = True,
    looks: int = 20,
    again: int = 1,
    meanwhile: Callable[[int], None] = lambda _: None,
    stages: Stages | None = None,
    trusted: bool = False,
) -> RolloutOutcome:
    """meanwhile: told of every look what number it has; a stage has `looks` of them. again: looks until a device that
    could not take it is handed it again."""
    number = [0]

    def sleep(_: float) -> None:
        number[0] += 1
        meanwhile(number[0])

    rows = load_rollout(journal)
    before = {serial: row.state for serial, row in states_of(rows).items()} if rows else None
    with RolloutJournal(journal) as opened:
        return Rollout(
            Delivery(made.release, {made.release.signed_by: made.key} if trusted else None),
            stages or stages_of(list(devices), shares),
            lambda serial: Service(devices[serial]),
            opened,
            Patience(wait=wait, stage_s=looks, poll_s=1, again_s=again),
            before=before,
            sleep=sleep,
            clock=lambda: float(number[0]),
        ).run()


def on(devices: Phones, made: Made) -> list[str]:
    return [serial for serial, twin in devices.items() if twin.state["policy_sha256"] == made.release.sha256]


def busy(devices: Phones) -> Callable[[int], None]:
    """Apps ask all of them."""

    def answer(_: int) -> None:
        for twin in devices.values():
            twin.answer(60)

    return answer


def test_all_get_it_stage_by_stage_once_those_before_passed_their_trial(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 4)
    handed: list[int] = []
    for twin in devices.values():
        twin.on_policy = lambda _: handed.append(
            len([p for p in devices.values() if not p.state["on_trial"] and p.policies])
        )
    outcome = rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices))
    assert (outcome.outcome, on(devices, made)) == ("done", ["P0", "P1", "P2", "P3"])
    assert [(each.state, each.stage) for each in outcome.devices] == [
        ("kept", 1),
        ("kept", 2),
        ("kept", 3),
        ("kept", 3),
    ]
    assert handed[:2] == [0, 1] and handed[2] == 2


def test_an_alarm_on_trial_takes_everything_back(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 4)
    devices["P1"].on_policy = lambda twin: twin.alarm()
    outcome = rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices))
    assert (outcome.outcome, on(devices, made)) == ("taken back", [])
    assert outcome.why == "P1: rolled back: canaries alarmed on trial"
    states = {each.serial: each.state for each in outcome.devices}
    assert states == {"P0": "taken back", "P1": "rolled back", "P2": "waiting", "P3": "waiting"}


def test_an_alarm_after_the_trial_of_an_earlier_stage_stops_the_later_one(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 4)

    def meanwhile(look: int) -> None:
        devices["P0"].answer(200)
        if look == 3:
            devices["P0"].alarm("constant")

    outcome = rolled_out(made, devices, tmp_path / "j", meanwhile=meanwhile)
    assert outcome.outcome == "taken back"
    assert "P0: alarmed: its guard latched exact: constant, 5 of 9 canaries differed" in outcome.why
    assert on(devices, made) == []


def test_a_refusal_stops_with_the_devices_reason(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 2)
    devices["P0"].refuses["policy"] = ("WRONG_PROBES", "rung 1 computes other bits here")
    outcome = rolled_out(made, devices, tmp_path / "j")
    assert (outcome.outcome, outcome.why) == (
        "taken back",
        "P0: refused: WRONG_PROBES: rung 1 computes other bits here",
    )
    assert on(devices, made) == []


def test_a_device_that_still_tries_it_is_handed_it_once_and_goes_on(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 2)
    devices["P0"].tries = 5
    assert rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices)).outcome == "done"
    assert len(devices["P0"].policies) == 1


def test_a_device_that_still_tries_it_when_another_is_harmed_is_taken_back_once_it_follows_it(
    made: Made, tmp_path: Path
) -> None:
    devices = phones(made, 3)
    devices["P1"].tries = 4
    devices["P2"].on_policy = lambda twin: twin.alarm()
    outcome = rolled_out(made, devices, tmp_path / "j", shares=(1.0,))
    assert (outcome.outcome, on(devices, made)) == ("taken back", [])
    assert (devices["P1"].tried, devices["P1"].state["highest_sequence"]) == ({}, 1)
    assert [each.state for each in outcome.devices] == ["taken back", "taken back", "rolled back"]


def test_a_device_that_tries_it_for_too_long_is_named_and_the_same_command_takes_it_back(
    made: Made, tmp_path: Path
) -> None:
    devices = phones(made, 3)
    devices["P1"].tries = 1000
    devices["P2"].on_policy = lambda twin: twin.alarm()
    outcome = rolled_out(made, devices, tmp_path / "j", shares=(1.0,), looks=3)
    assert outcome.outcome == "stopped"
    assert outcome.why == (
        "P2: rolled back: canaries alarmed on trial; it may still run on P1; the same command takes it back there"
    )
    devices["P1"].tries = 1
    assert rolled_out(made, devices, tmp_path / "j", shares=(1.0,)).outcome == "taken back"
    assert (on(devices, made), devices["P1"].state["highest_sequence"]) == ([], 1)


def test_a_desk_that_dies_while_it_takes_back_goes_on_with_devices_of_every_stage(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 3)
    devices["P2"].tries = 3

    class DiedError(Exception):
        pass

    def meanwhile(look: int) -> None:
        devices["P0"].answer(200)
        if look == 2:
            devices["P1"].alarm()
        if look == 3:
            raise DiedError

    stages: Stages = (("P0",), ("P1", "P2"))
    with pytest.raises(DiedError):
        rolled_out(made, devices, tmp_path / "j", meanwhile=meanwhile, stages=stages)
    assert devices["P0"].state["policy_sha256"] is None and devices["P2"].tried
    assert rolled_out(made, devices, tmp_path / "j", stages=stages).outcome == "taken back"
    assert (on(devices, made), devices["P2"].tried) == ([], {})


@pytest.mark.parametrize("kind", ["policy", "model", "key"])
def test_a_phone_that_cannot_take_it_for_a_moment_is_handed_it_again(made: Made, tmp_path: Path, kind: str) -> None:
    devices = phones(made, 2)
    devices["P1"].fails[kind] = 2
    devices["P1"].state |= {"models": [], "keys": []}
    outcome = rolled_out(made, devices, tmp_path / "j", trusted=True, meanwhile=busy(devices))
    assert (outcome.outcome, devices["P1"].fails[kind]) == ("done", 0)


def test_a_phone_that_can_never_take_it_stops_and_takes_nothing_back(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 3)
    devices["P2"].fails["policy"] = 1000
    outcome = rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices), looks=12, again=5)
    assert (outcome.outcome, on(devices, made)) == ("stopped", ["P0", "P1"])
    assert "P2 waiting" in outcome.why
    assert outcome.devices[2].why == (
        "the device cannot take it now: it could not be tried now: the engine's process died"
    )
    assert 1000 - devices["P2"].fails["policy"] == 3, "it is left alone in between"


def test_without_waiting_the_verdict_is_the_end(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 2)
    outcome = rolled_out(made, devices, tmp_path / "j", shares=(1.0,), wait=False)
    assert outcome.outcome == "done"
    assert {each.state for each in outcome.devices} == {"trial"}


def test_time_that_runs_out_stops_and_the_same_command_goes_on(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 4)
    outcome = rolled_out(made, devices, tmp_path / "j", looks=3)
    assert (outcome.outcome, on(devices, made)) == ("stopped", ["P0"])
    assert "P0 trial" in outcome.why
    before = len(devices["P0"].policies)
    assert rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices)).outcome == "done"
    assert len(devices["P0"].policies) == before


def test_a_lost_device_is_waited_for_and_is_no_harm(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 2)

    def meanwhile(look: int) -> None:
        devices["P0"].lost = 2 <= look < 6
        busy(devices)(look)

    outcome = rolled_out(made, devices, tmp_path / "j", meanwhile=meanwhile)
    assert outcome.outcome == "done"
    rows = load_rollout(tmp_path / "j")
    assert "unreachable" in [row.state for row in rows if not isinstance(row, BeginRow | EndRow)]


def test_a_device_that_stays_lost_stops_but_takes_nothing_back(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 4)

    def meanwhile(look: int) -> None:
        devices["P1"].lost = True
        busy(devices)(look)

    outcome = rolled_out(made, devices, tmp_path / "j", meanwhile=meanwhile)
    assert (outcome.outcome, on(devices, made)) == ("stopped", ["P0"])
    assert "P1 unreachable" in outcome.why


def test_a_device_that_rolled_back_while_the_desk_was_away_is_seen(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 4)
    rolled_out(made, devices, tmp_path / "j", looks=2)
    devices["P0"].alarm()
    outcome = rolled_out(made, devices, tmp_path / "j")
    assert (outcome.outcome, outcome.why) == ("taken back", "P0: rolled back: canaries alarmed on trial")


def test_a_device_that_was_handed_it_just_before_the_desk_died_is_not_handed_it_again(
    made: Made, tmp_path: Path
) -> None:
    devices = phones(made, 2)
    with RolloutJournal(tmp_path / "j") as journal:
        journal.append(
            BeginRow(
                time=made.release.policy.created,
                policy_sha256=made.release.sha256,
                sequence=1,
                stages=(("P0",), ("P1",)),
            )
        )
    Service(devices["P0"]).give("policy", made.release.content)
    assert rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices)).outcome == "done"
    assert len(devices["P0"].policies) == 1


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_desk_that_dies_at_any_command_goes_on_to_the_same_end(made: Made, tmp_path: Path, cut: int) -> None:
    devices = phones(made, 3)
    left = [cut]

    class DiedError(Exception):
        pass

    def counted(twin: ServiceTwin) -> None:
        asked = twin.run

        def run(command: str, *, timeout_s: float = 1.0) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise DiedError
            return asked(command, timeout_s=timeout_s)

        twin.run = run  # type: ignore[method-assign, assignment]

    for twin in devices.values():
        counted(twin)
    try:
        rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices))
    except DiedError:
        outcome = rolled_out(made, devices, tmp_path / "j", meanwhile=busy(devices))
        assert outcome.outcome == "done"
    assert on(devices, made) == ["P0", "P1", "P2"]
    assert all(len(twin.policies) == 1 for twin in devices.values())


def test_a_torn_journal_is_read_up_to_its_last_whole_line(made: Made, tmp_path: Path) -> None:
    devices = phones(made, 4)
    rolled_out(made, devices, tmp_path / "j", looks=2)
    whole = (tmp_path / "j").read_bytes()
    for size in range(whole.index(b"\n") + 1, len(whole)):
        (tmp_path / "j").write_bytes(whole[:size])
        load_rollout(tmp_path / "j")
    (tmp_path / "j").write_bytes(b'{"kind":"device"}\n')
    with pytest.raises(FormatError, match="line 1"):
        load_rollout(tmp_path / "j")


def test_models_and_keys_are_handed_over_where_they_are_missing(made: Made) -> None:
    twin = phone(made, model=False)
    twin.state["keys"] = []
    delivery = Delivery(made.release, {made.release.signed_by: made.key})
    assert delivery.obstacle(Service(twin).status()) is None
    assert delivery.step(Service(twin), "waiting").state == "trial"
    assert len(twin.state["models"]) == len(twin.state["keys"]) == 1


def test_what_stands_in_the_way_is_told_before_anything_is_pushed(made: Made) -> None:
    bare = replace(made.release, models={})
    for changes, why in (
        ({"keys": []}, "UNKNOWN_KEY: the device does not trust key"),
        ({"models": []}, "OTHER_MODEL: small is not on the device; give it with --model"),
        ({"numerics_version": 999}, "OTHER_NUMERICS"),
        ({"highest_sequence": 1}, "REPLAYED: has sequence 1, but 1 was on the device before"),
    ):
        twin = phone(made)
        twin.state |= changes
        assert why in str(Delivery(bare).obstacle(Service(twin).status()))


def test_taking_back_goes_to_the_policy_before_and_says_so(made: Made, tmp_path: Path) -> None:
    twin = phone(made)
    later = signed(tmp_path, 2)
    for each in (made, later):
        Delivery(each.release).step(Service(twin), "waiting")
        twin.answer(200)
    assert taken_back(Service(twin), later.release.sha256).why == "policy 1 runs"
    assert taken_back(Service(twin), later.release.sha256).why == "it was gone already"
    assert taken_back(Service(twin), None).why == "exact runs"


@pytest.mark.parametrize("named", [True, False])
def test_a_phone_that_went_back_since_the_desk_looked_keeps_its_good_policy(
    made: Made, tmp_path: Path, named: bool
) -> None:
    twin = phone(made)
    later = signed(tmp_path, 2)
    Delivery(made.release).step(Service(twin), "waiting")
    twin.answer(200)
    Delivery(later.release).step(Service(twin), "waiting")
    twin.on_status = lambda looked: looked.alarm() if looked.state["on_trial"] else None
    back = taken_back(Service(twin), later.release.sha256 if named else None)
    assert (back.state, back.why) == ("taken back", "it was gone already")
    assert twin.state["policy_sha256"] == made.release.sha256


def test_what_a_phone_still_tries_is_not_said_to_be_gone(made: Made) -> None:
    twin = phone(made)
    twin.tries = 2
    assert Delivery(made.release).step(Service(twin), "waiting").state == "waiting"
    assert taken_back(Service(twin), made.release.sha256).state == "waiting"
    assert (taken_back(Service(twin), made.release.sha256).why, twin.policies) == ("exact runs", [])


def test_a_phone_that_keeps_no_policy_before_is_not_said_to_have_gone_back(made: Made) -> None:
    twin = phone(made)
    twin.keeps_previous = False
    Delivery(made.release).step(Service(twin), "waiting")
    twin.answer(200)
    assert taken_back(Service(twin), made.release.sha256).state == "stays"
