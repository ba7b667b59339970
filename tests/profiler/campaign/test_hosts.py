"""One campaign over the devices of several hosts: the blocks of one host alone, each once, whatever hosts do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from approxlite.formats.errors import DeviceError
from approxlite.formats.profile import load_profile
from approxlite.profiler.campaign import hosts as hosts_module
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.farm import Job, Outcome, profile_devices
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.hosts import (
    Parcel,
    Seen,
    _client,
    _packed,
    _parts,
    _shared_out,
    measure_share,
    profile_hosts,
)
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.devices import adb
from farm.desk import PACE
from farm.farm import Farm, FarmDevice
from farm.mortal import MORTAL
from farm.settings import restored
from farm.trials import Patience

SHORT = Design(block_s=0.02)
LONG = Design(block_s=0.05, sweeps=40, idle=True)


@dataclass
class Hosts:
    """A cluster of two hosts: the first has two devices, the second, with an adb server of its own, one."""

    farm: Farm
    address: str
    workers: tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]

    @property
    def lonely(self) -> FarmDevice:
        """The second host's."""
        return self.farm.devices[2]

    def job(self, folder: Path, design: Design) -> Job:
        (folder / "model.tflite").write_bytes(b"a model for hosts")
        return Job(AgentFiles(folder / "model.tflite", {"x86_64": {"agent": self.farm.agent}}), design)


@pytest.fixture
def hosts(settled_farm: Farm, tmp_path: Path) -> Iterator[Hosts]:
    from distributed import LocalCluster

    farm = settled_farm
    second = farm.second_server()
    farm.client().disconnect(farm.devices[2].serial)
    second.connect(farm.devices[2].serial, timeout=10)
    cluster = LocalCluster(n_workers=0, dashboard_address=":0")
    command = [*MORTAL, sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--no-nanny"]
    command += ["--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path)]
    with open(tmp_path / "workers.log", "wb") as log:
        workers = [
            subprocess.Popen(
                command, env={**farm.environment, "ANDROID_ADB_SERVER_PORT": str(port)}, stdout=log, stderr=log
            )
            for port in (farm.port, second.port)
        ]
    try:
        with _client(cluster.scheduler_address) as client:
            client.wait_for_workers(2, timeout=60)
        yield Hosts(farm, cluster.scheduler_address, (workers[0], workers[1]))
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        cluster.close()
        second.server_kill()
        farm.connect(farm.devices[2])


def rows_of(path: Path) -> dict[int, object]:
    profile = load_profile(path)
    rows = {row.block: (row.configuration, row.latency_ns) for row in profile.blocks}
    assert len(rows) == len(profile.blocks)
    return rows


def test_several_hosts_measure_what_one_would(hosts: Hosts, tmp_path: Path) -> None:
    said: list[str] = []
    job = hosts.job(tmp_path, SHORT)
    outcome = profile_hosts(hosts.address, job, tmp_path / "hosts.jsonl", pace=PACE, say=said.append)
    profile_devices([hosts.farm.devices[0].serial], job, tmp_path / "one.jsonl", adb.reached, pace=PACE)
    assert rows_of(tmp_path / "hosts.jsonl") == rows_of(tmp_path / "one.jsonl")
    assert outcome.given_up == {}
    assert sorted(line.rpartition(" ")[0][-1:] for line in said) == ["1", "2"]


def test_a_host_that_dies_leaves_its_blocks_to_the_others(hosts: Hosts, tmp_path: Path) -> None:
    said: list[str] = []
    job = hosts.job(tmp_path, LONG)

    before = row_files(hosts.lonely)

    def kill_once_it_measures() -> None:
        _wait_until(lambda: rows_on(hosts.lonely, besides=before) > 10)
        hosts.workers[1].kill()

    killer = threading.Thread(target=kill_once_it_measures)
    killer.start()
    outcome = profile_hosts(hosts.address, job, tmp_path / "hosts.jsonl", pace=PACE, say=said.append)
    killer.join()
    assert any("the host is lost" in line for line in said), said
    profile_devices(
        [device.serial for device in hosts.farm.devices[:2]], job, tmp_path / "one.jsonl", adb.reached, pace=PACE
    )
    assert rows_of(tmp_path / "hosts.jsonl") == rows_of(tmp_path / "one.jsonl")
    assert outcome.given_up == {}
    _wait_until(lambda: restored(hosts.lonely))


def test_a_share_that_nobody_waits_for_ends_and_leaves_its_devices_as_they_were(hosts: Hosts, tmp_path: Path) -> None:
    device = hosts.farm.devices[0]
    packed = _packed(hosts.job(tmp_path, LONG.model_copy(update={"sweeps": 400})), PACE)
    with _client(hosts.address) as client:
        host = next(host for host, number in client.run(os.getpid).items() if number == hosts.workers[0].pid)
        future = client.submit(
            measure_share, Parcel(**{**vars(packed), "serials": (device.serial,)}), workers=[host], pure=False
        )
        _wait_until(lambda: rows_on(device) > 3)
        assert not restored(device)
        future.cancel()
        _wait_until(lambda: restored(device))
    assert rows_on(device) > 3


def test_a_device_that_two_hosts_see_belongs_to_one_and_rounds_go_by_devices() -> None:
    a, b, c, other = Seen("a", "1", "k"), Seen("b", "2", "k"), Seen("c", "3", "k"), Seen("a", "4", "l")
    hosts = _shared_out({"x": [a, b, c], "y": [a, b, other]})
    assert sorted(len(devices) for devices in hosts.values()) == [2, 2]
    shares = [part["k"] for part in _parts(hosts).values()]
    assert sorted(place for places, _ in shares for place in places) == [0, 1, 2]
    assert {of for _, of in shares} == {3}
    assert _parts(hosts)["y"]["l"] == ((0,), 1)


@pytest.mark.parametrize("in_service", [True, False])
def test_a_host_measures_as_the_desk_would(in_service: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, program = tmp_path / "model.tflite", tmp_path / "agent"
    model.write_bytes(b"a model for hosts")
    program.write_bytes(b"program")
    files = AgentFiles.of_service(model) if in_service else AgentFiles(model, {"x86_64": {"agent": program}})
    given: list[Job] = []

    def measured(_serials: object, job: Job, out: Path, *_more: object, **_named: object) -> Outcome:
        assert job.files.for_device("PHONE", ["x86_64"]) == files.for_device("PHONE", ["x86_64"])
        assert out.read_bytes() == b""
        given.append(job)
        return Outcome((), {})

    monkeypatch.setattr(hosts_module, "profile_devices", measured)
    wanted = Job(files, LONG, seed=5, threads=3, gates=Gates(hottest_c=33.0))
    measure_share(_packed(wanted, PACE))
    assert [(job.design, job.seed, job.threads, job.gates) for job in given] == [(LONG, 5, 3, wanted.gates)]


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceError, match="no cluster at tcp://127.0.0.1:9"):
        _client("tcp://127.0.0.1:9", timeout_s=0.2)


def row_files(device: FarmDevice) -> frozenset[Path]:
    return frozenset((device.disk.outside / "approxlite").glob("*/rows.jsonl"))


def rows_on(device: FarmDevice, besides: frozenset[Path] = frozenset()) -> int:
    """Of campaigns that lie on the device."""
    return sum(file.read_bytes().count(b"\n") for file in row_files(device) - besides)


def _wait_until(condition: Callable[[], bool]) -> None:
    patience = Patience(60.0)
    while not condition():
        assert not patience.over()
        time.sleep(0.1)
