"""Devices of several hosts in one campaign: each host measures its share of the rounds, and one journal gets all rows.

Hosts are the workers of a dask.distributed cluster, with approxlite of the same version and adb of their own.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from approxlite.formats.document import read_bytes
from approxlite.formats.errors import ApproxError, DeviceError, FormatError, ModelError, one_line
from approxlite.formats.profile import load_profile
from approxlite.formats.scale import Scale
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.farm import Job, Outcome, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.journal import CampaignJournal
from approxlite.profiler.campaign.on_device import Pace
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.campaign.shared import Part
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.describe import describe
from approxlite.profiler.devices.link import checked

MAX_FILE_BYTES = 1 << 31


@dataclass(frozen=True)
class Seen:
    """A device as one host sees it. boot_id: the same from every host that sees it, and of no other device."""

    serial: str
    boot_id: str
    fingerprint: str


@dataclass(frozen=True)
class Parcel:
    """All that a host needs, since hosts share no disk."""

    model: tuple[str, bytes]
    programs: Mapping[str, Mapping[str, tuple[str, bytes]]]
    design: Design
    seed: int
    scales: Mapping[str, Scale]
    gates: Gates
    pace: Pace
    serials: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)
    journal: bytes = b""


@dataclass(frozen=True)
class FromHost:
    """The host's journal, and why it did not measure all of its share; "" where it did."""

    journal: bytes
    campaigns: tuple[str, ...]
    given_up: Mapping[str, str]
    failed: str = ""


def see_devices() -> list[Seen]:
    """On a host: what its adb can talk to. Devices that do not answer are left out."""
    seen = []
    for serial, state in sorted(adb.listed().items()):
        if state != "device":
            continue
        try:
            link = adb.device(serial)
            boot_id = checked(link, "cat /proc/sys/kernel/random/boot_id").strip()
            seen.append(Seen(serial, boot_id, describe(link).device.fingerprint))
        except ApproxError:
            continue
    return seen


def measure_share(parcel: Parcel) -> FromHost:
    """On a host. Raises nothing that is ours: what was measured comes back with the reason why it is not all."""
    with tempfile.TemporaryDirectory(prefix="approxlite") as name:
        folder = Path(name)
        out, files = folder / "profile.jsonl", _unpacked(parcel, folder)
        out.write_bytes(parcel.journal)
        job = Job(
            files, parcel.design, seed=parcel.seed, scales=parcel.scales, gates=parcel.gates, parts=parcel.parts
        )  # fmt: skip
        try:
            outcome = profile_devices(parcel.serials, job, out, adb.reached, pace=parcel.pace)
        except ApproxError as problem:
            return FromHost(out.read_bytes(), (), {}, str(problem))
        return FromHost(out.read_bytes(), outcome.campaigns, outcome.given_up)


def profile_hosts(
    address: str, job: Job, out: Path, *, pace: Pace | None = None, say: Callable[[str], None] = lambda _line: None
) -> Outcome:
    """Measures on every device of every host of the cluster until all blocks are in the journal `out`.

    A host that dies or fails leaves its rounds to the others. `say` is told what happens, a line at a time. Raises
    DeviceError when blocks are left and no host is.
    """
    with _client(address) as client:
        hosts = _shared_out(client.run(see_devices))
        if not hosts:
            raise DeviceError(f"no device on any host of {address}; connect one and turn on USB debugging")
        packed, given_up = _packed(job, pace or Pace()), dict[str, str]()
        while hosts:
            serials = {host: tuple(each.serial for each in seen) for host, seen in hosts.items()}
            journal = read_bytes(out, FormatError, MAX_FILE_BYTES) if out.is_file() else b""
            futures = {}
            for host, parts in _parts(hosts).items():
                say(f"{host}: {len(hosts[host])} devices")
                parcel = Parcel(**{**vars(packed), "serials": serials[host], "parts": parts, "journal": journal})
                futures[host] = client.submit(measure_share, parcel, workers=[host], pure=False, retries=0)
            found = {host: _answer(future) for host, future in futures.items()}
            for host, answer in found.items():
                _take_in(answer, out)
                given_up |= answer.given_up
                if answer.failed:
                    say(f"{host}: {answer.failed}")
                    del hosts[host]
            if not any(answer.failed for answer in found.values()):
                campaigns = (name for answer in found.values() for name in answer.campaigns)
                return Outcome(tuple(dict.fromkeys(campaigns)), given_up)
    raise DeviceError(f"no host is left, so blocks are; the last said: {next(iter(found.values())).failed}")


def _shared_out(seen: Mapping[str, Sequence[Seen]]) -> dict[str, list[Seen]]:
    """Each device belongs to one host: of those that see it, the one with the fewest."""
    hosts: dict[str, list[Seen]] = {host: [] for host in sorted(seen)}
    by_device: dict[str, list[tuple[str, Seen]]] = defaultdict(list)
    for host in hosts:
        for each in seen[host]:
            by_device[each.boot_id].append((host, each))
    for _, choices in sorted(by_device.items()):
        host, chosen = min(choices, key=lambda choice: len(hosts[choice[0]]))
        hosts[host].append(chosen)
    return {host: devices for host, devices in hosts.items() if devices}


def _parts(hosts: Mapping[str, Sequence[Seen]]) -> dict[str, dict[str, Part]]:
    """Of each class of devices as many rounds as a host has of its devices."""
    owners: dict[str, list[str]] = defaultdict(list)
    for host, seen in hosts.items():
        for each in seen:
            owners[each.fingerprint].append(host)
    return {
        host: {
            kind: (tuple(place for place, owner in enumerate(of) if owner == host), len(of))
            for kind, of in owners.items()
            if host in of
        }
        for host in hosts
    }


def _take_in(answer: FromHost, out: Path) -> None:
    if not answer.journal:
        return
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        Path(file.name).write_bytes(answer.journal)
        profile = load_profile(file.name)
    with CampaignJournal(out) as journal:
        for campaign in profile.campaigns:
            journal.open(campaign)
        journal.add(profile.measured)


def _answer(future: Any) -> FromHost:
    try:
        answer: FromHost = future.result()
        return answer
    except Exception as problem:  # whatever ends a worker: dask raises what it likes
        return FromHost(b"", (), {}, f"the host is lost ({one_line(problem, 90)})")


def _packed(job: Job, pace: Pace) -> Parcel:
    programs = {
        abi: {key: (path.name, read_bytes(path, DeviceError, MAX_FILE_BYTES)) for key, path in files.items()}
        for abi, files in job.files.programs.items()
    }
    model = (job.files.model.name, read_bytes(job.files.model, ModelError, MAX_FILE_BYTES))
    return Parcel(model, programs, job.design, job.seed, job.scales, job.gates, pace)


def _unpacked(parcel: Parcel, folder: Path) -> AgentFiles:
    name, content = parcel.model
    (folder / name).write_bytes(content)
    programs: dict[str, dict[str, Path]] = {}
    for abi, files in parcel.programs.items():
        (folder / "agents" / abi).mkdir(parents=True)
        programs[abi] = {key: folder / "agents" / abi / file for key, (file, _) in files.items()}
        for key, (_, program) in files.items():
            programs[abi][key].write_bytes(program)
    return AgentFiles(folder / name, programs)


def _client(address: str, *, timeout_s: float = 10.0) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise DeviceError("--cluster needs dask.distributed; install approxlite[search]") from None
    try:
        return Client(address, timeout=timeout_s)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as problem:
        raise DeviceError(f"no cluster at {address} ({one_line(problem, 90)}); start a scheduler") from None
