"""What devices once printed is read as it was when a person looked it over; scripts/record-device adds more.

`nine`, `slab` and `zwei-lite` are recordings of the test farm's devices, which print as phones' tools do; no phone has
been recorded yet.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from approxlite.profiler.devices import parsers
from approxlite.profiler.devices.describe import Description, described

RECORDED = sorted((Path(__file__).parents[2] / "data").glob("*/description.json"))


def printed(folder: Path) -> dict[str, str]:
    return {text.stem: text.read_bytes().decode() for text in folder.glob("*.txt")}


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: str(file.parent.name))
def test_a_recorded_device_is_what_it_was(file: Path) -> None:
    assert described("recorded", printed(file.parent)) == Description.model_validate_json(file.read_text())


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: str(file.parent.name))
def test_a_recorded_device_may_end_lines_either_way_and_lack_any_section(file: Path) -> None:
    texts = printed(file.parent)
    ended = {name: text.replace("\r\n", "\n").replace("\n", "\r\n") for name, text in texts.items()}
    assert described("recorded", ended) == described("recorded", texts)
    for missing in texts:
        described("recorded", {name: text for name, text in texts.items() if name != missing})


@pytest.mark.parametrize("words", [["-x"], ["SERIAL", "--help"], ["one", "two", "three"]])
def test_a_wrong_call_of_the_recorder_is_told_at_once(words: list[str]) -> None:
    script = Path(__file__).parents[3] / "scripts" / "record-device"
    ran = subprocess.run([script, *words], capture_output=True, text=True, timeout=20, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "usage: scripts/record-device [SERIAL] [FOLDER]\n"


def test_there_are_recordings() -> None:
    assert len(RECORDED) >= 3


def test_heat_is_what_the_sensors_say_now_not_when_it_was_last_hot() -> None:
    cached = "Cached temperatures:\n\tTemperature{mValue=48.5, mType=3, mName=skin, mStatus=2}\n"
    now = "Current temperatures from HAL:\n\tTemperature{mValue=31.0, mType=3, mName=skin, mStatus=0}\n"
    assert parsers.thermal(cached + "HAL Ready: true\n" + now).temperatures_c == {"skin": 31.0}
    assert parsers.thermal(cached + "HAL Ready: false\n").temperatures_c == {"skin": 48.5}


def test_only_what_tells_degrees_is_a_temperature() -> None:
    sensors = (
        "mValue=61.000004, mType=0, mName=BIG", "mValue=37.0, mType=9, mName=TPU", "mValue=19.0, mType=8, mName=soc",
        "mValue=4.285, mType=6, mName=vbat", "mValue=1050.0, mType=6, mName=vdroop1",
        "mValue=11900.0, mType=7, mName=ocp_cpu2", "mValue=22.279001, mType=-1, mName=qi_therm",
        "mValue=-273.0, mType=3, mName=VIRTUAL-SKIN",
    )  # fmt: skip
    text = "Current temperatures from HAL:\n" + "".join(f"\tTemperature{{{each}, mStatus=0}}\n" for each in sensors)
    assert parsers.thermal(text).temperatures_c == {"BIG": 61.000004, "TPU": 37.0, "qi_therm": 22.279001}


def test_events_of_the_past_are_not_the_battery_of_today() -> None:
    now = "Current Battery Service state:\n  level: 75\n  scale: 100\n  temperature: 357\n"
    events = "[EventLogBuffer]\n08-11 18:34:14.721  Sending ACTION_BATTERY_CHANGED: level:72, temperature:345\n"
    assert (parsers.battery(now + events).charge, parsers.battery(now + events).temperature_c) == (0.75, 35.7)
