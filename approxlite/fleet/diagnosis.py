"""What `approxlite doctor --device` finds out about a device, and what to do about each thing that is wrong.

Looking is apart from judging: `judged` is a pure function over what a device printed, which may be anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from approxlite.formats.document import Document
from approxlite.formats.errors import DeviceError, one_line
from approxlite.formats.service_status import ServiceStatus
from approxlite.profiler.devices import parsers
from approxlite.profiler.devices.describe import Description, described, looked_at
from approxlite.profiler.devices.faults import DeviceRefusedError, ServiceMissingError
from approxlite.profiler.devices.link import Link
from approxlite.profiler.devices.service import PACKAGE, PIECE_BYTES, Service

ABIS = ("arm64-v8a", "x86_64")
RUNS_FROM, WRITES_FROM = 27, 28
"""API levels: of the service, and of Android's `content write`."""
SMALL_PAGE, LARGE_PAGE = 4096, 16384
ROOM_BYTES = 100 * 1024 * 1024
CLOCK_S = 300.0
INSTALL = "scripts/build-android, then `adb install -r` the service's APK"


class Check(Document):
    """One thing that was looked at. `ok` is None where either answer is fine. remedy: what to do, "" for nothing."""

    name: str
    ok: bool | None
    found: str
    remedy: str = ""


class Diagnosis(Document):
    """The answer of `approxlite doctor`."""

    healthy: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Looked:
    """What a device said. pages, installed, clock: as its shell printed them. service: its status, or why there is
    none. desk_s: this computer's time when the clock was asked, in seconds since 1970."""

    description: Description
    battery: parsers.Battery = field(default_factory=parsers.Battery)
    pages: str = ""
    installed: str = ""
    clock: str = ""
    desk_s: float = 0.0
    service: ServiceStatus | DeviceError | None = None


def diagnose_device(link: Link, numerics_version: int) -> Diagnosis:
    """Looks at everything. Raises a fault of the link only where the device is lost meanwhile."""
    printed = looked_at(link)
    clock = link.run("date +%s").output
    looked = Looked(
        description=described(link.serial, printed),
        battery=parsers.battery(printed["battery"]),
        clock=clock,
        desk_s=time.time(),
        pages=link.run("getconf PAGE_SIZE 2> /dev/null || grep -m 1 KernelPageSize /proc/self/smaps").output,
        installed=link.run(f"pm path {PACKAGE}").output,
        service=_status(link),
    )
    return diagnosis((Check(name="adb", ok=True, found=f"{link.serial} answers"), *judged(looked, numerics_version)))


def diagnosis(checks: tuple[Check, ...]) -> Diagnosis:
    return Diagnosis(healthy=all(check.ok is not False for check in checks), checks=checks)


def unreachable(serial: str, fault: DeviceError) -> Diagnosis:
    """Of a device that adb cannot talk to: its message holds the remedy."""
    what, _, remedy = str(fault).removeprefix(f"{serial}: ").partition("; ")
    return diagnosis((Check(name="adb", ok=False, found=what, remedy=remedy or "see `approxlite devices`"),))


def judged(looked: Looked, numerics_version: int) -> tuple[Check, ...]:
    """numerics_version: of this installation, whose policies the device is to run. Raises nothing."""
    return (*_system(looked), *_facilities(looked), *_service(looked, numerics_version))


def page_bytes(text: str) -> int | None:
    """Of `getconf PAGE_SIZE`, or of a line `KernelPageSize: 16 kB` of smaps."""
    words = text.split()
    for word, unit in zip(words, [*words[1:], ""], strict=False):
        if word.isascii() and word.isdecimal() and len(word) < 8:
            size = int(word) * (1024 if unit == "kB" else 1)
            return size if size >= 1024 and size & (size - 1) == 0 else None
    return None


def _system(looked: Looked) -> Iterator[Check]:
    known = looked.description
    yield Check(name="device", ok=None, found=f"{known.model}, {known.device.cpu}")
    yield _android(known)
    fits = next((abi for abi in ABIS if abi in known.abis), None)
    yield Check(
        name="processor",
        ok=fits is not None,
        found=" ".join(known.abis) or "unknown",
        remedy="" if fits else f"the service is built for {' and '.join(ABIS)}; take another device",
    )
    yield _instructions(known)
    yield _pages(looked.pages)
    yield _storage(known.free_bytes)
    yield _clock(looked)


def _android(known: Description) -> Check:
    if known.android is None:
        remedy = "only `approxlite profile --device` works here; policies need Android"
        return Check(name="Android", ok=False, found=f"none: {known.device.os}", remedy=remedy)
    release, level = known.android
    found = f"{release}, API level {level}"
    if level < RUNS_FROM:
        return Check(name="Android", ok=False, found=found, remedy=f"the service needs API level {RUNS_FROM}")
    if level < WRITES_FROM:
        slowly = f"{found}; `content write` came with Android 9: files go in pieces of {PIECE_BYTES // 1024} KiB"
        return Check(name="Android", ok=True, found=slowly)
    return Check(name="Android", ok=True, found=found)


def _instructions(known: Description) -> Check:
    features = set(known.device.features)
    if not features:
        return Check(
            name="instructions", ok=None, found="the kernel does not tell", remedy="`profile` measures instead"
        )
    useful = [name for name in ("asimd", "asimddp", "fphp", "i8mm", "avx2", "avx512_vnni") if name in features]
    slow = "arm64-v8a" in known.abis and "asimddp" not in features
    remedy = "without asimddp (dot products) int8 saves less; profile before you tune" if slow else ""
    return Check(name="instructions", ok=None, found=" ".join(useful) or "none that kernels use", remedy=remedy)


def _pages(text: str) -> Check:
    size = page_bytes(text)
    if size is None:
        return Check(name="page size", ok=None, found="unknown", remedy="`adb shell getconf PAGE_SIZE` by hand")
    found = f"{size // 1024} KiB"
    if size <= SMALL_PAGE:
        return Check(name="page size", ok=True, found=found)
    remedy = (
        "TensorFlow Lite 2.16.1 in the APK is aligned to 4 KiB and will not load here; our own library is aligned to "
        "16 KiB. Build with a runtime that is, such as LiteRT 1.4, or start the device with 4 KiB pages"
    )
    return Check(name="page size", ok=False, found=found, remedy=remedy)


def _storage(free: int | None) -> Check:
    if free is None:
        return Check(name="storage", ok=None, found="unknown", remedy="`adb shell df /data` by hand")
    remedy = "" if free >= ROOM_BYTES else f"free at least {ROOM_BYTES // 2**20} MiB for app, models and measurements"
    return Check(name="storage", ok=free >= ROOM_BYTES, found=f"{free // 2**20} MiB free", remedy=remedy)


def _clock(looked: Looked) -> Check:
    text = looked.clock.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return Check(name="clock", ok=None, found="unknown")
    off = int(text) - looked.desk_s
    remedy = "" if abs(off) <= CLOCK_S else "set the time from the network: policies hold between two dates"
    return Check(name="clock", ok=abs(off) <= CLOCK_S, found=f"{off:+.0f} s from this computer's", remedy=remedy)


def _facilities(looked: Looked) -> Iterator[Check]:
    has = looked.description.facilities
    yield Check(
        name="heat",
        ok=None,
        found=f"thermal status, {len(has.temperatures)} sensors" if has.thermal_status else "no thermal status",
        remedy="" if has.thermal_status else "policies cannot see heat coming here; give a deadline or budget instead",
    )
    sources = {"charge counter": has.charge_counter, "power rails": has.power_stats}
    found = ", ".join(name for name, there in sources.items() if there)
    remedy = "" if found else "joules need an external meter, docs/external-meters.md"
    yield Check(name="power", ok=None, found=found or "nothing that tells energy", remedy=remedy)
    if looked.battery.updates_stopped:
        yield Check(
            name="battery",
            ok=False,
            found="its readings are frozen",
            remedy="`adb shell dumpsys battery reset`, or `approxlite devices --restore` after a campaign",
        )


def _service(looked: Looked, numerics_version: int) -> Iterator[Check]:
    installed = looked.installed.strip().startswith("package:")
    status = looked.service
    if not installed and not isinstance(status, ServiceStatus):
        yield Check(name="service", ok=False, found=f"{PACKAGE} is not installed", remedy=INSTALL)
        return
    if not isinstance(status, ServiceStatus):
        yield _silent(status)
        return
    version = status.package_version or "of an unknown version"
    yield Check(name="service", ok=True, found=f"{version}, answers the shell")
    yield _numerics(status, numerics_version)
    yield _keys(status)
    yield _policy(status)
    if status.engine_deaths:
        yield Check(
            name="engine",
            ok=None,
            found=f"its process died {status.engine_deaths} times under this policy",
            remedy="`adb logcat -b crash`; a policy on trial is rolled back at the second",
        )
    if status.store_damaged:
        remedy = "push a policy with a higher sequence number"
        yield Check(name="store", ok=False, found="its state could not be read; exact runs", remedy=remedy)
    if status.problem:
        remedy = "free some storage, then `approxlite audit --device` for what was written down"
        yield Check(name="last problem", ok=False, found=one_line(ValueError(status.problem), 150), remedy=remedy)


def _silent(fault: DeviceError | None) -> Check:
    found = "does not answer" if fault is None else one_line(fault, 150)
    if isinstance(fault, DeviceRefusedError):
        remedy = "this shell holds no permission; try another ROM's developer options, or `adb root`"
    elif isinstance(fault, ServiceMissingError):
        remedy = f"installed, but its provider is not there: is the app disabled? Else {INSTALL}"
    else:
        remedy = "`adb logcat -s AndroidRuntime` says why it ends; reinstall it"
    return Check(name="service", ok=False, found=found, remedy=remedy)


def _numerics(status: ServiceStatus, own: int) -> Check:
    if status.numerics_version is None:
        remedy = "it loads with the first policy or request; if it still does not then, `adb logcat -b crash` says why"
        return Check(name="engine library", ok=None, found="not loaded yet", remedy=remedy)
    kernels = f", kernels {status.kernel_variant}" if status.kernel_variant else ""
    found = f"numerics version {status.numerics_version}{kernels}"
    same = status.numerics_version == own
    remedy = "" if same else f"this computer makes policies of version {own}: bring app and desk to the same release"
    return Check(name="engine library", ok=same, found=found, remedy=remedy)


def _keys(status: ServiceStatus) -> Check:
    if status.keys is None:
        return Check(name="keys", ok=None, found="unknown")
    names = ", ".join(key[:16] for key in status.keys[:4])
    remedy = "" if status.keys else "no policy would be taken: `approxlite push POLICY --key FILE.pub --trust`"
    return Check(name="keys", ok=bool(status.keys), found=names or "none is trusted", remedy=remedy)


def _policy(status: ServiceStatus) -> Check:
    if status.policy_sha256 is None:
        return Check(name="policy", ok=None, found="none: exact runs", remedy="`approxlite push POLICY`")
    found = f"{status.sequence} ({status.policy_sha256[:8]}), {'on trial' if status.on_trial else 'kept'}"
    if status.alarmed:
        remedy = "`approxlite audit --device` says why; certify anew on data from this phone, and push that"
        return Check(name="policy", ok=False, found=f"{found}, guard latched: exact runs", remedy=remedy)
    pinned = "" if status.pinned is None else f", pinned to rung {status.pinned}"
    return Check(name="policy", ok=True, found=found + pinned)


def _status(link: Link) -> ServiceStatus | DeviceError:
    try:
        return Service(link).status()
    except DeviceError as fault:
        return fault
