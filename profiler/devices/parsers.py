"""What devices print, as values. Pure functions: any text in, values or None out, nothing raised, in linear time.

Vendors leave things out, rename them and end lines their own way, so every field may be missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_METERS = ("energy meter", "rail energy data")
"""Sections of the power stats service that count energy, by how their titles end."""

_LONGEST_NUMBER = 64
_MOST_CORES = 4096
_COLD_C, _HOT_C = -40.0, 150.0
"""Sensors that say anything else are broken or speak another unit."""

_BCL = {6.0, 7.0, 8.0}
"""Types of android.hardware.thermal's sensors that tell a battery's volts, amperes and percent."""

BATTERY_STATUS = {1: "unknown", 2: "charging", 3: "discharging", 4: "not charging", 5: "full"}
THERMAL_STATUS = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")


@dataclass(frozen=True)
class Battery:
    """From `dumpsys battery`. charge: 0..1. None where the device does not say."""

    charge: float | None = None
    temperature_c: float | None = None
    voltage_v: float | None = None
    status: str | None = None
    plugged: tuple[str, ...] = ()
    charge_counter_uah: int | None = None
    updates_stopped: bool = False


@dataclass(frozen=True)
class Thermal:
    """From `dumpsys thermalservice`. status: Android's word, None without the service."""

    status: str | None = None
    temperatures_c: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cluster:
    """Cores with one highest frequency; None where the system shows none."""

    cores: tuple[int, ...]
    max_mhz: float | None


def properties(text: str) -> dict[str, str]:
    """Of `getprop`."""
    pairs = (line[1:-1].partition("]: [") for line in _lines(text) if line.startswith("[") and line.endswith("]"))
    return {name: value for name, found, value in pairs if name and found}


def battery(text: str) -> Battery:
    fields = _fields(text)
    level, scale = _number(fields.get("level")), _number(fields.get("scale")) or 100.0
    tenths, volts = _number(fields.get("temperature")), _number(fields.get("voltage"))
    status = _number(fields.get("status"))
    counter = _number(fields.get("Charge counter"))
    powered = (line for line in fields if line.endswith(" powered") and fields[line] == "true")
    return Battery(
        charge=level / scale if level is not None and 0 <= level <= scale else None,
        temperature_c=_plausible(tenths / 10 if tenths is not None else None),
        voltage_v=_volts(volts),
        status=None if status is None else BATTERY_STATUS.get(int(status), "unknown"),
        plugged=tuple(sorted(line.removesuffix(" powered") for line in powered)),
        charge_counter_uah=None if counter is None else int(counter),
        updates_stopped="UPDATES STOPPED" in text,
    )


def thermal(text: str) -> Thermal:
    fields = _fields(text)
    number = _number(fields.get("Thermal Status"))
    known = number is not None and 0 <= number < len(THERMAL_STATUS)
    # What the service read just now; what it has cached may be from the last time it was hot.
    cached, _, current = text.partition("Current temperatures from HAL:")
    return Thermal(
        status=THERMAL_STATUS[int(number)] if known and number is not None else None,
        temperatures_c=_temperatures(current) or _temperatures(cached),
    )


def _temperatures(text: str) -> dict[str, float]:
    """By sensor."""
    found: dict[str, float] = {}
    for part in text.split("Temperature{")[1:]:
        inside, closed, _ = part.partition("}")
        if not closed or "\n" in inside:
            continue
        values = dict(pair.strip().split("=", 1) for pair in inside.split(",") if "=" in pair)
        value = _plausible(_number(values.get("mValue")))
        if value is not None and values.get("mName") and _number(values.get("mType")) not in _BCL:
            found[values["mName"]] = value
    return found


def processor_features(text: str) -> tuple[str, ...]:
    """Of /proc/cpuinfo: those that every core has."""
    found = [set(value.split()) for key, value in _pairs(text) if key.lower() in ("features", "flags")]
    return tuple(sorted(set.intersection(*found))) if found else ()


def processor_name(text: str) -> str | None:
    """Of /proc/cpuinfo."""
    named = [v for k, v in _pairs(text) if k.lower() in ("model name", "hardware", "processor") and not v.isdecimal()]
    return next((name for name in named if name), None)


def clusters(text: str) -> tuple[Cluster, ...]:
    """Of lines `<core> <highest frequency in kHz>`, slowest cluster first."""
    by_frequency: dict[float | None, list[int]] = {}
    for line in _lines(text):
        core, _, khz = line.strip().partition(" ")
        number = _number(core) if core.isdecimal() else None
        if number is not None and number < _MOST_CORES:
            frequency = _number(khz)
            by_frequency.setdefault(frequency / 1000 if frequency else None, []).append(int(number))
    order = sorted(by_frequency, key=lambda mhz: -1.0 if mhz is None else mhz)
    return tuple(Cluster(tuple(sorted(by_frequency[mhz])), mhz) for mhz in order)


def free_bytes(text: str) -> int | None:
    """Of `df -k <folder>`: the fourth number of the last line that has one."""
    for line in reversed(_lines(text)):
        parts = line.split()
        blocks = _number(parts[-3]) if len(parts) >= 4 and parts[-3].isdecimal() else None
        if blocks is not None:
            return int(blocks) * 1024
    return None


def energy_meter_uws(text: str) -> dict[str, float]:
    """Of `dumpsys android.hardware.power.stats.IPowerStats/default`: what each rail has used, in microwatt-seconds.

    The service prints 32-bit floats in milliwatt-seconds, so totals grow coarse.
    """
    found: dict[str, float] = {}
    inside = False
    for line in map(str.strip, _lines(text)):
        if line.startswith("="):
            if inside:
                break
            title = line.strip("= ")
            inside = title.startswith("PowerStats HAL ") and title.endswith(_METERS)
        elif inside and " mWs" in line:
            before = line.partition(" mWs")[0]
            printed = before.split()[-1] if before.strip() else ""
            name, value = before.removesuffix(printed), _number(printed)
            if value is not None and name.strip() and name[-2:].isspace():
                found[name.strip()] = value * 1e3
    return found


def _volts(value: float | None) -> float | None:
    """Vendors print millivolts, microvolts or volts; a cell has 2.5 to 5 V, two in a row up to 10."""
    if value is None:
        return None
    for unit in (1e-3, 1e-6, 1.0):
        if 2.0 <= value * unit <= 13.0:
            return value * unit
    return None


def _plausible(celsius: float | None) -> float | None:
    return celsius if celsius is not None and _COLD_C <= celsius <= _HOT_C else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None and len(text) <= _LONGEST_NUMBER else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _fields(text: str) -> dict[str, str]:
    """First occurrence of each `name: value`."""
    fields: dict[str, str] = {}
    for key, value in _pairs(text):
        fields.setdefault(key, value)
    return fields


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for line in _lines(text):
        place = min((at for at in (line.find(":"), line.find("=")) if at >= 0), default=-1)
        if place >= 0 and (key := line[:place].strip()):
            yield key, line[place + 1 :].strip()


def _lines(text: str) -> list[str]:
    return text.replace("\r", "\n").split("\n")
