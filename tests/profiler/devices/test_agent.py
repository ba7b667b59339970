"""The agent on devices behind real adb: measures there what the desk would compute, whatever becomes of the cable."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from approxlite.profiler.devices import adb
from approxlite.profiler.devices.adb import AdbDevice
from approxlite.profiler.devices.faults import PASSING
from approxlite.profiler.devices.link import Completed
from approxlite.runtime import Interpreter
from farm.agent import (
    REPOSITORY,
    Agent,
    AgentUnavailableError,
    agent_for,
    block,
    blocks_in,
    output_sha256,
    plan_text,
    rows_in,
)
from farm.farm import Farm, FarmDevice

FOLDER = "/data/local/tmp/approxlite"
KEYWORD = REPOSITORY / "examples/keyword/keyword_int8.tflite"
EMULATED_S = 120.0
"""Time limit of a few inferences on a processor that is emulated."""


class OnDevice:
    """The agent, the model and a folder for a campaign, on one device."""

    def __init__(self, farm: Farm, device: FarmDevice, agent: Agent, campaign: str) -> None:
        self.farm, self.device = farm, device
        self.folder = f"{FOLDER}/{campaign}"
        self.link.run(f"mkdir -p {self.folder} {FOLDER}/lib")
        present = self.link.run(f"ls {FOLDER} {FOLDER}/lib").output.split()
        files = [(agent.program, f"{FOLDER}/approx-agent"), (agent.engine, f"{FOLDER}/libapproxlite.so")]
        files += [(KEYWORD, f"{FOLDER}/model.tflite")]
        files += [(library, f"{FOLDER}/lib/{library.name}") for library in agent.libraries]
        for source, target in files:
            if target.rpartition("/")[2] not in present:
                self.link.push(source.read_bytes(), target, mode=0o755)

    @property
    def link(self) -> AdbDevice:
        return adb.device(self.device.serial, self.farm.client())

    @property
    def start_line(self) -> str:
        return (
            f"LD_LIBRARY_PATH={FOLDER}/lib {FOLDER}/approx-agent protocol=1 folder={self.folder} "
            f"model={FOLDER}/model.tflite engine={FOLDER}/libapproxlite.so "
            f"runtime={FOLDER}/lib/libtensorflowlite.so threads=1 seed=3"
        )

    def plan(self, *blocks: dict[str, object]) -> None:
        self.link.push(plan_text(blocks).encode(), f"{self.folder}/plan.jsonl")

    def run(self) -> Completed:
        return self.link.run(self.start_line, timeout_s=EMULATED_S)

    def start(self) -> None:
        """In the background, as a desk does that goes away."""
        self.link.run(f"{shlex.join(['sh', '-c', self.start_line])} > /dev/null 2>&1 < /dev/null &")

    def rows(self) -> bytes:
        return self.link.pull(f"{self.folder}/rows.jsonl")

    def wait_for(self, condition: Callable[[bytes], bool]) -> bytes:
        """The rows once they are so."""
        end = time.monotonic() + EMULATED_S
        while time.monotonic() < end:
            try:
                rows = self.rows()
                if condition(rows[: rows.rfind(b"\n") + 1]):
                    return rows
            except PASSING:
                self.farm.connect(self.device)
            time.sleep(0.1)
        raise AssertionError(f"not within {EMULATED_S} s: {self.rows()[-300:]!r}")


@pytest.fixture
def on_device(farm: Farm, device: FarmDevice, request: pytest.FixtureRequest) -> OnDevice:
    try:
        agent = agent_for(device.personality.abi)
    except AgentUnavailableError as reason:
        pytest.skip(str(reason))
    placed = OnDevice(farm, device, agent, re.sub(r"\W+", "-", request.node.name))
    tried = placed.link.run(f"{FOLDER}/approx-agent")
    if "start line: 'protocol' is missing" not in tried.output:
        # Programs for another processor run where a namespace may name an emulator to the kernel.
        assert device.personality.abi == "arm64-v8a" and tried.status == 126, tried.output
        pytest.skip("this kernel lets a farm run no programs for arm64")
    return placed


one_device = pytest.mark.parametrize("device", ["FARM0003"], indirect=True)
"""For tests of many blocks, which an emulated processor would make long."""


def ended(rows: bytes) -> bool:
    return b'"kind":"end"' in rows


def test_every_device_computes_the_desks_bits(on_device: OnDevice) -> None:
    on_device.plan(block(0, inferences=2), block(1, configuration="conv_2d=rows:1/2", inferences=2))
    done = on_device.run()
    assert done.status == 0, done.output
    rows = rows_in(on_device.rows())
    assert [row["kind"] for row in rows] == ["opening", "block", "block", "end"]
    interpreter = Interpreter(KEYWORD, ladder=["exact", "conv_2d=rows:1/2"])
    interpreter.allocate_tensors()
    for rung, row in enumerate(rows[1:3]):
        interpreter.rung = rung
        assert row["output_sha256"] == output_sha256(interpreter, seed=3)
    emulated = on_device.device.personality.abi == "arm64-v8a"
    assert rows[0]["kernel_variant"].startswith("neon") == emulated


def test_rows_carry_what_the_device_says_about_heat_and_charge(on_device: OnDevice) -> None:
    on_device.plan(block(0, "idle", seconds=0.1))
    assert on_device.run().status == 0
    row = blocks_in(on_device.rows())[0]
    sources = [(reading["source"], reading["value"]) for reading in row["readings"]]
    match on_device.device.personality.serial:
        case "FARM0001":
            assert row["before"]["temperature_c"] == {"skin": 31.2, "cpu0": 41.0, "battery": 28.7}
            assert row["before"]["thermal_status"] == row["after"]["thermal_status"] == 0
            assert sources == [("charge_counter", 3_000_000), ("voltage_now", 3981)] * 2
            assert (row["before"]["charge"], row["before"]["plugged"]) == (0.64, True)
        case "FARM0002":  # neither a thermal service nor a charge counter
            assert row["before"]["temperature_c"] == {"battery": 28.7}
            assert "thermal_status" not in row["before"]
            assert sources == []
        case _:
            assert row["before"]["temperature_c"]["skin"] == 38.4
            assert row["before"]["thermal_status"] == 1
    assert row["readings"] == sorted(row["readings"], key=lambda reading: reading["at_ns"])


@one_device
def test_a_device_that_got_hot_meanwhile_marks_the_block(on_device: OnDevice) -> None:
    on_device.plan(block(0, "idle", seconds=3))
    before = (on_device.device.root / "data/farm/thermal_status").exists()
    on_device.start()
    on_device.wait_for(lambda rows: b"opening" in rows)
    time.sleep(1.5)
    on_device.device.set("thermal_status", "3\n")
    try:
        row = blocks_in(on_device.wait_for(ended))[0]
    finally:
        on_device.device.set("thermal_status", "1\n" if before else None)
    assert (row["after"]["thermal_status"], row["ended"]) == (3, "throttled")


@one_device
def test_an_unplugged_device_goes_on_and_nothing_is_lost(on_device: OnDevice) -> None:
    on_device.plan(*(block(i, inferences=2, gap_ms=50) for i in range(12)))
    on_device.start()
    on_device.wait_for(lambda rows: len(blocks_in(rows)) > 0)
    on_device.device.wire.unplug()
    local = on_device.device.disk.outside / Path(on_device.folder).relative_to("/data/local/tmp") / "rows.jsonl"
    end = time.monotonic() + EMULATED_S
    try:
        while not ended(local.read_bytes()) and time.monotonic() < end:
            time.sleep(0.1)
    finally:
        on_device.device.wire.plug()
        on_device.farm.connect(on_device.device)
    rows = rows_in(on_device.rows())
    assert [row["block"] for row in rows if row["kind"] == "block"] == list(range(12))
    assert [row["kind"] for row in rows].count("opening") == 1
    assert rows[-1]["why"] == "done"


@one_device
def test_after_a_reboot_it_goes_on_where_it_was(on_device: OnDevice) -> None:
    on_device.plan(*(block(i, inferences=2, gap_ms=50) for i in range(8)))
    on_device.start()
    on_device.wait_for(lambda rows: len(blocks_in(rows)) > 1)
    on_device.device.reboot()
    on_device.farm.connect(on_device.device)
    done = on_device.run()
    assert done.status == 0, done.output
    rows = rows_in(on_device.rows())
    assert [row["block"] for row in rows if row["kind"] == "block"] == list(range(8))
    assert [row["kind"] for row in rows].count("opening") == 2


@one_device
def test_a_plan_that_grows_and_a_stop_are_obeyed(on_device: OnDevice) -> None:
    on_device.plan(block(0, "idle", seconds=2))
    on_device.start()
    on_device.wait_for(lambda rows: b"opening" in rows)
    on_device.plan(block(0, "idle", seconds=2), block(1, "idle", seconds=2), block(2, "idle", seconds=60))
    on_device.wait_for(lambda rows: len(blocks_in(rows)) >= 1)
    on_device.link.run(f"touch {on_device.folder}/stop")
    rows = rows_in(on_device.wait_for(ended))
    assert [row["block"] for row in rows if row["kind"] == "block"] == [0, 1]
    assert rows[-1]["why"] == "stop"
