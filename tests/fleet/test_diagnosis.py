"""What is wrong with a device is named with its remedy, whatever the device prints."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.fleet.diagnosis import Check, Looked, diagnosis, judged, page_bytes, unreachable
from approxlite.formats.service_status import ServiceStatus
from approxlite.profiler.devices import parsers
from approxlite.profiler.devices.describe import described
from approxlite.profiler.devices.faults import (
    DeviceRefusedError,
    DeviceUnauthorisedError,
    ServiceFailedError,
    ServiceMissingError,
)

DATA = Path(__file__).parents[1] / "data"
STATUS = ServiceStatus.model_validate_json((DATA.parent / "contract/service_status.json").read_text())
NINE = {text.stem: text.read_bytes().decode() for text in (DATA / "nine").glob("*.txt")}
NUMERICS = STATUS.numerics_version or 0


def looked(printed: dict[str, str] = NINE, **changes: Any) -> Looked:
    healthy = Looked(
        description=described("A", printed), battery=parsers.battery(printed.get("battery", "")), pages="4096\n",
        installed="package:/data/app/base.apk\n", clock="1700000000\n", desk_s=1_700_000_001.5, service=STATUS,
    )  # fmt: skip
    return replace(healthy, **changes)


def broken(what: Looked) -> dict[str, Check]:
    return {check.name: check for check in judged(what, NUMERICS) if check.ok is False}


def test_a_healthy_phone_is_healthy() -> None:
    checks = judged(looked(), NUMERICS)
    assert diagnosis(checks).healthy
    found = {check.name: check.found for check in checks}
    assert found["Android"] == "15, API level 35"
    assert found["page size"] == "4 KiB"
    assert found["instructions"] == "asimd asimddp fphp i8mm"
    assert found["clock"] == "-2 s from this computer's"
    assert found["engine library"] == "numerics version 2, kernels neon_dotprod"
    assert found["policy"] == "7 (8460a2c7), on trial"


def test_large_pages_name_the_library_that_will_not_load() -> None:
    for text in ("16384\n", "KernelPageSize:       16 kB\n"):
        check = broken(looked(pages=text))["page size"]
        assert check.found == "16 KiB"
        assert "TensorFlow Lite 2.16.1" in check.remedy and "LiteRT" in check.remedy


def changed(**changes: Any) -> Looked:
    return looked(service=STATUS.model_copy(update=changes))


@pytest.mark.parametrize(
    ("what", "name", "remedy"),
    [
        (looked(installed="", service=ServiceMissingError("A: no")), "service", "adb install"),
        (looked(service=ServiceMissingError("A: no")), "service", "is the app disabled"),
        (looked(service=DeviceRefusedError("A: no")), "service", "permission"),
        (looked(service=ServiceFailedError("A: no")), "service", "logcat"),
        (changed(numerics_version=NUMERICS + 1), "engine library", "the same release"),
        (changed(keys=()), "keys", "--trust"),
        (changed(alarm=3), "policy", "certify anew"),
        (changed(store_damaged=True), "store", "higher sequence"),
        (changed(problem="disk full"), "last problem", "free some storage"),
        (looked(clock="1600000000"), "clock", "from the network"),
        (looked({**NINE, "df": "a b c d 5 6 7%"}), "storage", "free at least"),
        (
            looked({**NINE, "battery": "(UPDATES STOPPED -- use 'reset' to restart)"}),
            "battery",
            "dumpsys battery reset",
        ),
        (looked({**NINE, "getprop": NINE["getprop"].replace("[35]", "[23]")}), "Android", "needs API level 27"),
        (looked({**NINE, "getprop": NINE["getprop"].replace("arm64-v8a", "armeabi-v7a")}), "processor", "x86_64"),
        (looked({"machine": "x86_64"}), "Android", "profile --device"),
    ],
)
def test_each_thing_that_is_wrong_has_its_remedy(what: Looked, name: str, remedy: str) -> None:
    assert remedy in broken(what)[name].remedy


def test_the_oldest_android_takes_policies_in_pieces() -> None:
    what = looked({**NINE, "getprop": NINE["getprop"].replace("[35]", "[27]")})
    assert "Android" not in broken(what)
    assert any("in pieces of 32 KiB" in check.found for check in judged(what, NUMERICS))


def test_an_engine_that_nobody_needed_yet_is_not_broken() -> None:
    what = changed(numerics_version=None)
    assert "engine library" not in broken(what)
    assert any("loads with the first policy" in check.remedy for check in judged(what, NUMERICS))


def test_every_broken_line_has_a_remedy() -> None:
    for what in (looked({}), looked({}, service=None, installed=""), looked({}, service=ServiceStatus())):
        assert all(check.remedy for check in broken(what).values())


def test_a_device_that_waits_for_its_owner_says_so() -> None:
    found = unreachable("A", DeviceUnauthorisedError("A: unlock the device; accept this computer's key"))
    assert not found.healthy
    assert (found.checks[0].found, found.checks[0].remedy) == ("unlock the device", "accept this computer's key")


@given(st.text(max_size=60))
def test_a_page_size_is_a_power_of_two_or_unknown(text: str) -> None:
    size = page_bytes(text)
    assert size is None or size & (size - 1) == 0


def test_ten_thousand_mutated_answers_are_judged() -> None:
    chosen = random.Random(3)
    what = looked()
    for number in range(10_000):
        odd = "".join(chosen.choice("0123456789kB \n²-") for _ in range(chosen.randrange(12)))
        judged(replace(what, pages=odd, clock=odd, installed=odd), NUMERICS)
        if number % 5:  # parsing all of it anew takes most of the time
            continue
        printed = dict(NINE)
        section = chosen.choice(sorted(printed))
        text = list(printed[section])
        for _ in range(chosen.randint(1, 5)):
            place = chosen.randrange(len(text) + 1)
            text[place : place + chosen.randint(0, 30)] = chosen.choice(
                ("", "\0", "9" * 40, "\r\n", "[]", "-", "NaN", "²")
            )
        printed[section] = "".join(text)
        what = looked(printed)
