"""The service on a phone through `content`: what it prints is anybody's text, and ends in a value or a typed fault."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.errors import DeviceError
from approxlite.formats.service_status import ServiceStatus
from approxlite.profiler.devices import content
from approxlite.profiler.devices.faults import (
    DeviceLostError,
    DeviceRefusedError,
    ServiceFailedError,
    ServiceMissingError,
)
from approxlite.profiler.devices.link import COMMAND_S, Completed
from approxlite.profiler.devices.service import PIECE_BYTES, Service
from support.service_twin import ServiceTwin, audit_log

CONTRACT = Path(__file__).parents[2] / "contract" / "service_status.json"
STATUS = json.dumps(json.loads(CONTRACT.read_text()), separators=(",", ":"))
FAILED = "Error while accessing provider:dev.approxlite.control\n"
PRINTED = (
    f"Row: 0 json={STATUS}\n",
    f"Result: Bundle[{{json={STATUS}}}]\n",
    'Result: Bundle[{json={"outcome":"refused","reason":"REPLAYED","message":"has sequence 3","sequence":null}}]\n',
    'Result: Bundle[{json={"error":"no policy is followed"}}]\n',
    "No result found.\n",
    f"{FAILED}java.lang.SecurityException: uid 10007 may not\n\tat a.b(C.java:1)\n",
    "[ERROR] Unsupported operation: write\nusage: adb shell content [subcommand] [options]\n",
    "/system/bin/sh: content: inaccessible or not found\n",
)


class Says:
    """A link that prints one thing, whatever it is asked."""

    serial = "PHONE1"

    def __init__(self, output: str, pulled: bytes = b"") -> None:
        self.output, self.pulled = output, pulled

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        del timeout_s
        return Completed(self.output if "content " in command else "", 0)

    def push(self, content: bytes, target: str, *, mode: int = 0o644) -> None:
        pass

    def pull(self, source: str, *, offset: int = 0) -> bytes:
        del source, offset
        return self.pulled


def test_a_status_is_read_as_the_contract_has_it() -> None:
    status = Service(Says(PRINTED[0])).status()
    assert status == ServiceStatus.model_validate_json(CONTRACT.read_text())
    assert (status.sequence, status.on_trial, status.rung, status.reason) == (7, True, 1, "confident")
    assert status.guard is not None and status.guard.canaries == 4
    assert [rung.answers for rung in status.rungs] == [3, 120]


def test_lines_may_end_as_a_terminal_ends_them() -> None:
    assert Service(Says(PRINTED[0].replace("\n", "\r\n"))).status().sequence == 7


def test_a_phone_without_the_app_or_without_android_has_no_service() -> None:
    for printed in (
        f"{FAILED}java.lang.IllegalStateException: Could not find provider: dev.approxlite.control\n",
        PRINTED[7],
        "sh: content: not found\n",
    ):
        with pytest.raises(ServiceMissingError, match="install its APK"):
            Service(Says(printed)).status()


def test_a_phone_that_does_not_let_us_says_so() -> None:
    with pytest.raises(DeviceRefusedError, match="PHONE1: the service refuses: uid 10007 may not"):
        Service(Says(PRINTED[5])).status()


def test_a_system_too_old_to_write_says_so() -> None:
    with pytest.raises(ServiceFailedError, match="Unsupported operation: write"):
        Service(Says(PRINTED[6])).give("model", b"x")


def test_an_answer_that_nobody_can_read_is_a_fault_of_one_line() -> None:
    for printed in (
        "",
        "No result found.\n",
        "Row: 0 json={}garbage",
        'Row: 0 json={"sequence":"seven"}',
        "Row: 0 json={\n",
    ):
        with pytest.raises(ServiceFailedError) as raised:
            Service(Says(printed)).status()
        assert "\n" not in str(raised.value)
        assert str(raised.value).startswith("PHONE1: ")


def test_a_refused_rollback_says_why() -> None:
    with pytest.raises(ServiceFailedError, match="rollback: no policy is followed"):
        Service(Says(PRINTED[3])).roll_back()


def test_what_is_given_arrives_under_its_hash_and_leaves_nothing_behind() -> None:
    twin = ServiceTwin()
    outcome = Service(twin).give("model", b"model file")
    assert outcome.outcome == "installed"
    assert twin.state["models"] == [hashlib.sha256(b"model file").hexdigest()]
    assert twin.files == {}


def test_a_refusal_is_an_outcome_with_its_reason() -> None:
    twin = ServiceTwin(refuses={"model": ("OVERSIZED", "is larger than 5 bytes")})
    assert Service(twin).give("model", b"model file").why == "OVERSIZED: is larger than 5 bytes"


def test_the_audit_log_comes_back_byte_for_byte() -> None:
    twin = ServiceTwin()
    twin.log = audit_log(5).decode().splitlines()
    assert Service(twin).audit() == audit_log(5)
    assert Service(twin).audit(3) == b"".join(audit_log(5).splitlines(keepends=True)[3:])
    assert twin.files == {}


def test_a_lost_phone_is_lost() -> None:
    with pytest.raises(DeviceLostError):
        Service(ServiceTwin(lost=True)).status()


ASKED = (
    Service.status,
    Service.roll_back,
    Service.audit,
    lambda service: service.pin("exact"),
    lambda service: service.give("policy", b""),
)


def asked(question: int, link: Says) -> None:
    try:
        ASKED[question % len(ASKED)](Service(link))
    except DeviceError as fault:
        assert "\n" not in str(fault)
        assert len(str(fault)) < 1000


def mutated(text: str, chosen: random.Random) -> str:
    letters = list(text)
    for _ in range(chosen.randint(1, 8)):
        place, action = chosen.randrange(len(letters) + 1), chosen.randrange(4)
        if action == 0:
            letters[place : place + chosen.randint(1, 40)] = []
        elif action == 1:
            letters[place:place] = chr(chosen.choice((0, 10, 13, 34, 92, 123, 125, 0x2028, 0xFFFD, 0x1F600)))
        elif action == 2:
            letters[place:place] = chosen.choice(PRINTED)
        else:
            letters[place : place + 1] = chosen.choice(("1e999", "-1", "null", "[", "{" * 200, "9" * 400, "NaN", '"'))
    return "".join(letters)


def test_ten_thousand_mutated_answers_are_values_or_typed_faults() -> None:
    chosen = random.Random(1)
    for number in range(10_000):
        asked(number, Says(mutated(chosen.choice(PRINTED), chosen)))


@given(st.text(max_size=300))
def test_any_text_is_a_value_or_a_typed_fault(text: str) -> None:
    for question in range(len(ASKED)):
        asked(question, Says(text))


@pytest.mark.parametrize(
    "unit", ["Error while accessing provider\n", "a.", "Row: 0 json={", "}", "{", "A.b.C: ", "content: "]
)
def test_megabytes_of_anything_are_read_within_seconds(unit: str) -> None:
    text = unit * (3_000_000 // len(unit))
    assert content.row_json(text) is None
    content.result_json(text)
    content.failure(text)


@pytest.mark.parametrize("size", [1, PIECE_BYTES, 3 * PIECE_BYTES + 7])
def test_android_8_1_is_given_in_pieces_what_its_content_cannot_write(size: int) -> None:
    phone = ServiceTwin("PHONE1", writes=False)
    what = random.Random(size).randbytes(size)
    assert Service(phone).give("model", what).outcome == "installed"
    assert phone.state["models"] == [hashlib.sha256(what).hexdigest()]
    assert max(map(len, phone.commands)) < 65_535
    assert not phone.files


def test_a_piece_that_is_refused_is_said() -> None:
    class Refuses(ServiceTwin):
        def _call(self, method: str, argument: str | None) -> dict[str, object]:
            return {"error": "no room"} if method == "append" else super()._call(method, argument)

    with pytest.raises(ServiceFailedError, match="append: no room"):
        Service(Refuses("PHONE1", writes=False)).give("model", b"x")
