"""Devices of several hosts in one campaign: each host measures its share of the rounds, and one journal gets all rows.

Hosts are the workers of a dask.distributed cluster, with approxlite of the same version and adb of their own. A host
that leaves the cluster is lost: what it had not sent is measured by the others, or comes back from its devices, which
keep their rows, if one of them is seen again.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from approxlite.formats.document import read_bytes
from approxlite.formats.errors import ApproxError, DeviceError, FormatError, ModelError, one_line
from approxlite.formats.profile import load_profile
from approxlite.formats.scale import Scale
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.board import Board
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
LOOK_S = 0.5
ASK_S = 2.0
"""How often a host asks whether its share is still wanted."""

PASSES = 10
"""Each after a host was lost or failed; more, and they do not fail by chance."""


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
    threads: int = 1
    in_service: bool = False


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
            files, parcel.design, seed=parcel.seed, threads=parcel.threads, scales=parcel.scales, gates=parcel.gates,
            parts=parcel.parts,
        )  # fmt: skip
        try:
            outcome = profile_devices(parcel.serials, job, out, adb.reached, pace=parcel.pace, look=_Wanted())
        except ApproxError as problem:
            return FromHost(out.read_bytes(), (), {}, str(problem))
        except KeyboardInterrupt:  # dask would end the host by it
            return FromHost(out.read_bytes(), (), {}, "it was told to stop")
        return FromHost(out.read_bytes(), outcome.campaigns, outcome.given_up)


class _Wanted:
    """Ends a share that nobody waits for any more, as Ctrl-C would here: its desk was stopped, or died.

    Devices then get their settings back and keep their rows for the next campaign.
    """

    def __init__(self) -> None:
        self._asked = time.monotonic()

    def __call__(self, _board: Board) -> None:
        if time.monotonic() - self._asked < ASK_S:
            return
        self._asked = time.monotonic()
        from distributed import get_worker

        try:
            worker = get_worker()
        except ValueError:  # no host of a cluster
            return
        task = worker.state.tasks.get(worker.get_current_task())
        if task is None or task.state == "cancelled":
            raise KeyboardInterrupt


def profile_hosts(
    address: str, job: Job, out: Path, *, pace: Pace | None = None, say: Callable[[str], None] = lambda _line: None
) -> Outcome:
    """Measures on every device of every host of the cluster until all blocks are in the journal `out`.

    A host that dies or fails leaves its rounds to the others. `say` is told what happens, a line at a time. Raises
    DeviceError when blocks are left and no host is, or the cluster itself is lost; what was measured is kept.
    """
    with _client(address) as client:
        packed, given_up, failed, last = _packed(job, pace or Pace()), dict[str, str](), set[str](), ""
        for _ in range(PASSES):
            hosts = _shared_out(_seen(client, failed, say))
            if not hosts:
                break
            journal = read_bytes(out, FormatError, MAX_FILE_BYTES) if out.is_file() else b""
            futures = {}
            for host, parts in _parts(hosts).items():
                say(f"{host}: {len(hosts[host])} devices")
                serials = tuple(each.serial for each in hosts[host])
                parcel = Parcel(**{**vars(packed), "serials": serials, "parts": parts, "journal": journal})
                futures[host] = client.submit(measure_share, parcel, workers=[host], pure=False, retries=0)
            missed, campaigns = False, list[str]()
            for host, answer in _answers(client, futures):
                _take_in(answer, out)
                given_up |= answer.given_up
                campaigns += answer.campaigns
                if answer.failed:
                    missed, last = True, f"{host}: {answer.failed}"
                    failed.add(host)
                    say(last)
            if not missed:
                return Outcome(tuple(dict.fromkeys(campaigns)), given_up)
    if not last:
        raise DeviceError(f"no device on any host of {address}; connect one and turn on USB debugging")
    raise DeviceError(f"no host is left, so blocks are; run it again to go on; the last: {last}")


def _seen(client: Any, failed: Collection[str], say: Callable[[str], None]) -> dict[str, list[Seen]]:
    """By host. One that cannot say what it sees, such as for want of adb, says why and has nothing."""
    found: dict[str, list[Seen] | BaseException] = client.run(see_devices, on_error="return")
    for host, each in found.items():
        if isinstance(each, BaseException) and host not in failed:
            say(f"{host}: {one_line(each)}")
    return {host: each for host, each in found.items() if isinstance(each, list) and host not in failed}


def _answers(client: Any, futures: Mapping[str, Any]) -> Iterator[tuple[str, FromHost]]:
    """Of every host once, as they come. dask itself would wait for ever for a host that is gone."""
    waiting = dict(futures)
    try:
        while waiting:
            alive = _alive(client)
            for host, future in list(waiting.items()):
                if future.done() or host not in alive:
                    del waiting[host]
                    yield host, _answer(future) if future.done() else _lost("it left the cluster")
            time.sleep(LOOK_S)
    finally:
        # Also when we are stopped: hosts see that and leave their devices as they were.
        client.cancel(list(futures.values()))


def _alive(client: Any) -> set[str]:
    try:
        return set(client.nthreads())
    except (OSError, TimeoutError) as problem:
        raise DeviceError(f"the cluster is lost ({one_line(problem, 90)}); run it again to go on") from None


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
        for prepared in profile.prepared:
            journal.note(prepared)


def _answer(future: Any) -> FromHost:
    try:
        answer: FromHost = future.result()
        return answer
    except Exception as problem:  # whatever ends a worker: dask raises what it likes
        return _lost(one_line(problem, 90))


def _lost(why: str) -> FromHost:
    return FromHost(b"", (), {}, f"the host is lost ({why})")


def _packed(job: Job, pace: Pace) -> Parcel:
    programs = {
        abi: {key: (path.name, read_bytes(path, DeviceError, MAX_FILE_BYTES)) for key, path in files.items()}
        for abi, files in job.files.programs.items()
    }
    model = (job.files.model.name, read_bytes(job.files.model, ModelError, MAX_FILE_BYTES))
    return Parcel(
        model, programs, job.design, job.seed, job.scales, job.gates, pace, threads=job.threads,
        in_service=job.files.in_service,
    )  # fmt: skip


def _unpacked(parcel: Parcel, folder: Path) -> AgentFiles:
    name, content = parcel.model
    (folder / name).write_bytes(content)
    programs: dict[str, dict[str, Path]] = {}
    for abi, files in parcel.programs.items():
        (folder / "agents" / abi).mkdir(parents=True)
        programs[abi] = {key: folder / "agents" / abi / file for key, (file, _) in files.items()}
        for key, (_, program) in files.items():
            programs[abi][key].write_bytes(program)
    return AgentFiles(folder / name, programs, in_service=parcel.in_service)


def _client(address: str, *, timeout_s: float = 10.0) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise DeviceError("--cluster needs dask.distributed; install approxlite[search]") from None
    try:
        return Client(address, timeout=timeout_s)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as problem:
        raise DeviceError(f"no cluster at {address} ({one_line(problem, 90)}); start a scheduler") from None
