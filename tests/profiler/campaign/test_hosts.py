"""One campaign over the devices of several hosts: the blocks of one host alone, each once, whatever hosts do."""

from __future__ import annotations

from pathlib import Path

import pytest

from approxlite.formats.errors import DeviceError
from approxlite.formats.profile import load_profile
from approxlite.profiler.campaign.agent import AgentFiles
from approxlite.profiler.campaign.farm import Job, profile_devices
from approxlite.profiler.campaign.hosts import Seen, _client, _parts, _shared_out, profile_hosts
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.devices import adb
from farm.desk import PACE
from farm.farm import Farm


def test_several_hosts_measure_what_one_would(
    equal_farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    for name in ("HOST", "PORT"):
        monkeypatch.setenv(f"ANDROID_ADB_SERVER_{name}", equal_farm.environment[f"ANDROID_ADB_SERVER_{name}"])
    for device in equal_farm.devices:
        equal_farm.connect(device)
        device.set("skin_temperature", None)
    (tmp_path / "model.tflite").write_bytes(b"a model for hosts")
    job = Job(AgentFiles(tmp_path / "model.tflite", {"x86_64": {"agent": equal_farm.agent}}), Design(block_s=0.02))
    said: list[str] = []
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        outcome = profile_hosts(cluster.scheduler_address, job, tmp_path / "hosts.jsonl", pace=PACE, say=said.append)
    profile_devices([equal_farm.devices[0].serial], job, tmp_path / "one.jsonl", adb.reached, pace=PACE)
    rows = []
    for name in ("hosts", "one"):
        profile = load_profile(tmp_path / f"{name}.jsonl")
        rows.append({row.block: (row.configuration, row.latency_ns) for row in profile.blocks})
        assert len(rows[-1]) == len(profile.blocks)
    assert rows[0] == rows[1]
    assert outcome.given_up == {}
    assert len(said) == 2


def test_a_device_that_two_hosts_see_belongs_to_one_and_rounds_go_by_devices() -> None:
    a, b, c, other = Seen("a", "1", "k"), Seen("b", "2", "k"), Seen("c", "3", "k"), Seen("a", "4", "l")
    hosts = _shared_out({"x": [a, b, c], "y": [a, b, other]})
    assert sorted(len(devices) for devices in hosts.values()) == [2, 2]
    shares = [part["k"] for part in _parts(hosts).values()]
    assert sorted(place for places, _ in shares for place in places) == [0, 1, 2]
    assert {of for _, of in shares} == {3}
    assert _parts(hosts)["y"]["l"] == ((0,), 1)


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceError, match="no cluster at tcp://127.0.0.1:9"):
        _client("tcp://127.0.0.1:9", timeout_s=0.2)
