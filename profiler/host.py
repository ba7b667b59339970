"""This computer as a device: what it is and in what state it measures."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

from approxlite.formats.profile import DeviceState
from approxlite.formats.provenance import Device
from approxlite.runtime.library import cpu_features

ENERGY_REFUSED = "no energy source on this computer has been shown to be trustworthy, so no joules are given"
"""Running-power counters of desks and virtual machines count the whole package, neighbours included."""


def cpu_model() -> str:
    """The processor's name as the operating system gives it, or its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.lower().startswith(("model name", "hardware"))]
    return next((name for name in named if name), platform.processor() or platform.machine())


def governor() -> str | None:
    """The frequency governor of the first processor; None where the system shows none, as in virtual machines."""
    return _frequency_file("scaling_governor")


def frequency_mhz() -> float | None:
    """Of the first processor now; None where the system shows none."""
    text = _frequency_file("scaling_cur_freq")
    return int(text) / 1000 if text is not None and text.isdecimal() else None


def _frequency_file(name: str) -> str | None:
    try:
        return Path("/sys/devices/system/cpu/cpu0/cpufreq", name).read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeError):
        return None


def load_average() -> float | None:
    """Runnable tasks averaged over the last minute; None where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def operating_system() -> str:
    """Name, kernel release and governor, e.g. "Debian GNU/Linux 12 (bookworm), Linux 6.1.0, governor powersave"."""
    mode = governor()
    kernel = f"{platform.system()} {platform.release()}{'' if mode is None else f', governor {mode}'}"
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return kernel
    return f"{name}, {kernel}"


def host_device() -> Device:
    """This computer. Machines with one fingerprint have one processor model, features, core count and system."""
    features = tuple(cpu_features().split())
    identity = "\n".join([cpu_model(), platform.machine(), *features, str(os.cpu_count()), platform.system()])
    return Device(
        fingerprint=hashlib.sha256(identity.encode()).hexdigest()[:16],
        cpu=cpu_model(),
        features=features,
        os=operating_system(),
    )


def host_state() -> DeviceState:
    """How fast and how busy this computer is now; desks show no thermal status."""
    return DeviceState(frequency_mhz=frequency_mhz(), load_average=load_average())
