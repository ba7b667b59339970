"""What devices are, and what they lack."""

from __future__ import annotations

import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from approxlite.profiler.devices import adb, parsers
from approxlite.profiler.devices.describe import Description, describe, described, state_of
from farm.farm import Farm
from farm.personalities import BUDGET, FLAGSHIP, TABLET


@pytest.fixture(scope="module")
def descriptions(farm: Farm) -> dict[str, Description]:
    found = {}
    for device in farm.devices:
        farm.connect(device)
        found[device.personality.serial] = describe(adb.device(device.serial, farm.client()))
    return found


def test_a_phone_is_described_with_all_it_has(descriptions: dict[str, Description]) -> None:
    phone = descriptions[FLAGSHIP.serial]
    assert phone.device.cpu == "Acme A9000"
    assert phone.android == ("15", 35)
    assert phone.abis == ("arm64-v8a",)
    assert [(cluster.cores, cluster.max_mhz) for cluster in phone.clusters] == [
        ((0, 1, 2, 3), 1803.0),
        ((4, 5, 6), 2348.0),
        ((7,), 2914.0),
    ]
    assert {"asimddp", "i8mm"} <= set(phone.device.features)
    assert phone.facilities.charge_counter
    assert phone.facilities.temperatures == ("cpu0", "skin")
    assert phone.free_bytes is not None


def test_missing_services_are_missing_facilities_and_nothing_more(descriptions: dict[str, Description]) -> None:
    phone = descriptions[BUDGET.serial]
    assert phone.device.features == ("asimd", "crc32", "fp")
    assert phone.facilities.battery
    assert not phone.facilities.charge_counter
    assert not phone.facilities.thermal_status
    assert phone.facilities.temperatures == ()
    assert not phone.facilities.power_stats


def test_devices_are_told_apart_by_what_they_are(descriptions: dict[str, Description]) -> None:
    assert len({each.device.fingerprint for each in descriptions.values()}) == 3


def test_the_state_follows_the_device(farm: Farm) -> None:
    tablet = next(each for each in farm.devices if each.personality is TABLET)
    farm.connect(tablet)
    link = adb.device(tablet.serial, farm.client())
    state = state_of(link)
    assert (state.battery.charge, state.thermal.status) == (0.91, "light")
    assert state.row().temperature_c == 41.0
    tablet.set("thermal_status", "3\n")
    tablet.set("battery_level", "12\n")
    state = state_of(link)
    assert (state.battery.charge, state.thermal.status) == (0.12, "severe")


@pytest.mark.parametrize(
    ("printed", "volts"), [("3981", 3.981), ("4012000", 4.012), ("4", 4.0), ("0", None), ("x", None)]
)
def test_volts_are_volts_whatever_unit_the_vendor_prints(printed: str, volts: float | None) -> None:
    found = parsers.battery(f"  voltage: {printed}\r\n").voltage_v
    assert found == (None if volts is None else pytest.approx(volts))


READERS = (
    parsers.battery, parsers.thermal, parsers.properties, parsers.clusters, parsers.processor_features,
    parsers.processor_name, parsers.free_bytes, parsers.energy_meter_uws,
)  # fmt: skip
SECTIONS = ("getprop", "cpuinfo", "cores", "battery", "thermal", "power", "machine", "df")
WORDS = (
    " ",
    "\t",
    "\n",
    "\r\n",
    ":",
    "=",
    "x",
    "9",
    "-1",
    "1e9",
    "[",
    "]",
    "]: [",
    "Temperature{",
    "}",
    "mValue=",
    ", mName=s",
    "Thermal Status: ",
    "Charge counter: ",
    "level: ",
    " powered: true",
    "flags\t: ",
    "processor\t: ",
    " mWs",
    "=== PowerStats HAL 2.0 energy meter ===",
    "Current temperatures from HAL:",
    "Filesystem ",
)


def read_by_all(text: str) -> None:
    for read in READERS:
        read(text)
    described("PHONE", dict.fromkeys(SECTIONS, text))


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map("".join)))
def test_no_text_of_a_device_is_too_strange(text: str) -> None:
    read_by_all(text)


@pytest.mark.parametrize("name", ["level", "status", "temperature", "voltage", "Charge counter", "Thermal Status"])
@pytest.mark.parametrize("digits", [20, 400, 5_000])
def test_a_number_may_have_thousands_of_digits(name: str, digits: int) -> None:
    read_by_all(f"{name}: {'9' * digits}\n")
    read_by_all(f"{'9' * digits} {'9' * digits} {'9' * digits} 9 {'9' * digits} 9% /\n")
    read_by_all(f"[ro.build.version.sdk]: [{'9' * digits}]\n")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.sampled_from(WORDS))
@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_a_line_without_end_is_read_within_seconds(unit: list[str], last: str) -> None:
    text = "".join(unit)
    begin = time.thread_time()
    read_by_all(text * (30_000 // len(text)) + last)
    # What is linear takes a tenth of a second of the processor; what is not, minutes.
    assert time.thread_time() - begin < 20.0


def test_lines_of_blanks_are_read_at_once() -> None:
    for blanks in (" " * 1_000_000 + "x", "x" + "\t" * 1_000_000 + "x", "=" * 1_000_000, "]: [" * 250_000):
        begin = time.thread_time()
        read_by_all(blanks)
        read_by_all("[" + blanks)
        assert time.thread_time() - begin < 60.0


@given(st.text(alphabet="Thermal Sts:-1093Temperature{mValue=,Namecpu}\r\n", max_size=300))
def test_no_heat_is_too_strange(text: str) -> None:
    found = parsers.thermal(text)
    assert all(-40 <= value <= 150 for value in found.temperatures_c.values())
