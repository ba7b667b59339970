"""What a device is and what it can tell about itself, asked in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from approxlite.formats.document import Document
from approxlite.formats.profile import DeviceState
from approxlite.formats.provenance import Device
from approxlite.profiler.devices import parsers
from approxlite.profiler.devices.device_class import device_class
from approxlite.profiler.devices.link import Link

FOLDER = "/data/local/tmp/approxlite"
"""Where everything of ours lies on a device."""

_SECTIONS = {
    "getprop": "getprop",
    "cpuinfo": "cat /proc/cpuinfo",
    "cores": "for c in /sys/devices/system/cpu/cpu[0-9]*; do "
    'echo "${c##*/cpu} $(cat $c/cpufreq/cpuinfo_max_freq 2>/dev/null)"; done',
    "battery": "dumpsys battery",
    "thermal": "dumpsys thermalservice",
    "power": "dumpsys android.hardware.power.stats.IPowerStats/default delta",
    "machine": "uname -m",
    "df": "df -k /data/local/tmp",
}
LOOK_S = 60.0
"""All of it is dozens of programs, which old devices start slowly."""

_STATE = ("battery", "thermal")
_MARK = "approxlite-section"


class Facilities(Document):
    """What can be measured on a device, as far as looking tells; each is proven or refused before it is believed."""

    battery: bool
    charge_counter: bool
    thermal_status: bool
    temperatures: tuple[str, ...]
    power_stats: bool


class Cluster(Document):
    """Cores of one kind."""

    cores: tuple[int, ...]
    max_mhz: float | None


class Description(Document):
    """One device. android: version and API level, None for a Linux that is no Android."""

    serial: str
    device: Device
    model: str
    abis: tuple[str, ...]
    android: tuple[str, int] | None
    clusters: tuple[Cluster, ...]
    facilities: Facilities
    free_bytes: int | None


@dataclass(frozen=True)
class State:
    """How a device is now."""

    battery: parsers.Battery
    thermal: parsers.Thermal

    def row(self) -> DeviceState:
        """As a profile keeps it."""
        hottest = max(self.thermal.temperatures_c.values(), default=self.battery.temperature_c)
        return DeviceState(temperature_c=hottest, thermal_status=self.thermal.status)


def describe(link: Link) -> Description:
    """Everything that looking tells. A device that lacks a facility is described without it."""
    return described(link.serial, looked_at(link))


def looked_at(link: Link) -> dict[str, str]:
    """What the device prints, by section, as `described` reads it and `scripts/record-device` keeps it."""
    return _sections(link.run(_command(_SECTIONS), timeout_s=LOOK_S).output)


def described(serial: str, printed: Mapping[str, str]) -> Description:
    """What those texts say; sections may be missing."""
    found = {**dict.fromkeys(_SECTIONS, ""), **printed}
    properties = parsers.properties(found["getprop"])
    cpu = parsers.processor_name(found["cpuinfo"])
    soc = " ".join(filter(None, (properties.get("ro.soc.manufacturer"), properties.get("ro.soc.model"))))
    abis = tuple(filter(None, properties.get("ro.product.cpu.abilist", "").split(","))) or _abis(found["machine"])
    features = parsers.processor_features(found["cpuinfo"])
    system = properties.get("ro.build.fingerprint") or properties.get("ro.build.version.release", "Linux")
    clusters = parsers.clusters(found["cores"])
    name = soc or properties.get("ro.board.platform") or cpu or found["machine"].strip()
    # A Linux that is no Android names its hardware by the processor alone.
    hardware, board = properties.get("ro.hardware") or name, properties.get("ro.product.board", "")
    battery, thermal = parsers.battery(found["battery"]), parsers.thermal(found["thermal"])
    level = properties.get("ro.build.version.sdk", "")[:9]
    return Description(
        serial=serial,
        device=Device(
            fingerprint=device_class(hardware, board, abis, system, features), cpu=name, features=features, os=system
        ),
        model=properties.get("ro.product.model", "unknown"),
        abis=abis,
        android=(properties.get("ro.build.version.release", "?"), int(level)) if level.isdecimal() else None,
        clusters=tuple(Cluster(cores=cluster.cores, max_mhz=cluster.max_mhz) for cluster in clusters),
        facilities=Facilities(
            battery=battery.charge is not None,
            charge_counter=battery.charge_counter_uah is not None,
            thermal_status=thermal.status is not None,
            temperatures=tuple(sorted(thermal.temperatures_c)),
            power_stats=bool(parsers.energy_meter_uws(found["power"])),
        ),
        free_bytes=parsers.free_bytes(found["df"]),
    )


def state_of(link: Link) -> State:
    """Battery and heat now."""
    found = _sections(link.run(_command({name: _SECTIONS[name] for name in _STATE})).output)
    return State(parsers.battery(found["battery"]), parsers.thermal(found["thermal"]))


def _command(sections: dict[str, str]) -> str:
    """Each section's own failure is no failure of the whole."""
    return "\n".join(f"echo {_MARK} {name}; {command} 2>&1" for name, command in sections.items()) + "\ntrue"


def _sections(text: str) -> dict[str, str]:
    found = dict.fromkeys(_SECTIONS, "")
    for part in text.replace("\r\n", "\n").split(f"{_MARK} ")[1:]:
        name, _, content = part.partition("\n")
        if name in found:
            found[name] = content
    return found


def _abis(machine: str) -> tuple[str, ...]:
    known = {"aarch64": "arm64-v8a", "x86_64": "x86_64", "armv7l": "armeabi-v7a", "armv8l": "armeabi-v7a"}
    return tuple(filter(None, [known.get(machine.strip())]))
