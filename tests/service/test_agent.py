"""The agent inside the service app, by its protocol: the desk's bits, what was measured is kept, and how it ends."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from approxlite.cli.tiny_model import tiny_model
from approxlite.runtime import Interpreter
from farm.agent import block, blocks_in, output_sha256, plan_text, rows_in
from farm.farm import FarmDevice
from farm.service_app import FILES

Shell = Callable[[str], str]
SERVICE = "-n dev.approxlite.service/.android.ProfilingService"
SEED = 3


class Folder:
    """One campaign's, as the desk sees it through adb and the test beside it."""

    def __init__(self, device: FarmDevice, shell: Shell, name: str) -> None:
        self.path = device.root / FILES / name
        self.path.mkdir()
        (self.path / "model").write_bytes(tiny_model())
        self._line = f"protocol=1 folder=/{FILES}/{name} model=/{FILES}/{name}/model engine=own runtime=own seed={SEED}"
        self._shell = shell

    def plan(self, blocks: list[dict[str, Any]]) -> None:
        (self.path / "plan.jsonl").write_text(plan_text(blocks))

    def start(self, more: str = "") -> None:
        (self.path / "status").unlink(missing_ok=True)
        self._shell(f"am start-foreground-service {SERVICE} --es line '{self._line}{more}'")

    def ended(self, limit_s: float = 60) -> str:
        """Its status, once it has one."""
        end = time.monotonic() + limit_s
        while not (self.path / "status").is_file() and time.monotonic() < end:
            time.sleep(0.05)
        return (self.path / "status").read_text().strip()

    @property
    def rows(self) -> bytes:
        file = self.path / "rows.jsonl"
        return file.read_bytes() if file.is_file() else b""


@pytest.fixture
def folder(device: FarmDevice, shell: Shell, request: pytest.FixtureRequest) -> Iterator[Folder]:
    made = Folder(device, shell, request.node.name)
    yield made
    shell(f"am stopservice {SERVICE}")
    shutil.rmtree(made.path)


def test_outputs_are_the_desks_bit_for_bit(folder: Folder, tmp_path: Path) -> None:
    model = tmp_path / "tiny.tflite"
    model.write_bytes(tiny_model())
    texts = ("exact", "all=int8", "all=rows:1/2", "exact")
    interpreter = Interpreter(model, texts)
    interpreter.allocate_tensors()
    folder.plan([block(i, configuration=text, operators=True) for i, text in enumerate(texts)])
    folder.start()
    assert folder.ended() == "0"
    opening = rows_in(folder.rows)[0]
    assert opening["runtime_version"] == "2.16.1"
    assert [each["id"] for each in opening["operators"]] == [each.id for each in interpreter.operators]
    rows = blocks_in(folder.rows)
    assert [row["block"] for row in rows] == [0, 1, 2, 3]
    for row in rows:
        interpreter.rung = row["block"]
        assert row["output_sha256"] == output_sha256(interpreter, seed=SEED), interpreter.configuration
        assert set(row["operator_ns"]) == {each.id for each in interpreter.operators}


def test_what_has_a_row_is_not_measured_again_and_the_plan_may_grow(folder: Folder) -> None:
    folder.plan([block(0), block(1, "stock")])
    folder.start()
    assert folder.ended() == "0"
    folder.plan([block(0), block(1, "stock"), block(2)])
    folder.start()
    assert folder.ended() == "0"
    rows = blocks_in(folder.rows)
    assert [row["block"] for row in rows] == [0, 1, 2]
    assert rows[1]["output_sha256"] != ""


def test_a_second_campaign_is_told_that_the_service_is_busy(folder: Folder, device: FarmDevice, shell: Shell) -> None:
    folder.plan([block(0, "idle", inferences=0, seconds=50)])
    folder.start()
    other = Folder(device, shell, "another_campaign")
    other.start()
    assert other.ended() == "16"
    assert folder.path.name in (other.path / "agent.log").read_text()
    assert not (folder.path / "status").exists()
    shell(f"am stopservice {SERVICE}")
    assert folder.ended() == "0"


def test_stopping_the_service_ends_it_in_mid_block_and_keeps_what_was_measured(folder: Folder, shell: Shell) -> None:
    folder.plan([block(0), block(1, "idle", inferences=0, seconds=50)])
    folder.start()
    end = time.monotonic() + 60
    while not blocks_in(folder.rows) and time.monotonic() < end:
        time.sleep(0.05)
    number = (folder.path / "lock").read_text().strip()
    assert number == shell("/system/bin/pidof dev.approxlite.service").strip()
    shell(f"am stopservice {SERVICE}")
    assert folder.ended(20) == "0"
    assert (folder.path / "agent.log").read_text() == "signal\n"
    assert (folder.path / "lock").read_text() == ""
    assert [row["block"] for row in blocks_in(folder.rows)] == [0]


def test_a_plan_that_cannot_be_used_is_said_in_one_line(folder: Folder) -> None:
    folder.plan([{"block": 0, "subject": "approxlite", "colour": "red"}])
    folder.start()
    assert folder.ended() == "2"
    assert "colour" in (folder.path / "agent.log").read_text()
    folder.plan([block(0, configuration="conv_2d_99=int8")])
    folder.start()
    assert folder.ended() == "2"
    assert (folder.path / "agent.log").read_text().startswith("block 0: ")
