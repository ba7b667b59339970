"""What the agent measures is what the desk's own runtime computes, and nothing measured is lost."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from agent.conftest import KEYWORD, AgentFolder
from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.runtime import Interpreter
from farm.agent import block, blocks_in, output_sha256, rows_in

SCALES = {"conv_2d_0": Scale(scale=0.0078125, zero_point=128)}


def wait_for(condition: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("threads", [1, 2])
def test_outputs_are_bit_equal_to_those_of_the_desk(folder: AgentFolder, threads: int) -> None:
    configurations = ["exact", "all=int8", "conv_2d=rows:1/2", "conv_2d_0=int8"]
    folder.plan(
        [block(i, configuration=text, scales={}) for i, text in enumerate(configurations)]
        + [block(9, configuration="conv_2d_0=int8", scales={"conv_2d_0": [0.0078125, 128]})]
    )
    assert folder.run(seed=7, threads=threads) == (0, "")
    ladder = [RungSpec(configuration=text) for text in configurations]
    interpreter = Interpreter(KEYWORD, ladder=[*ladder, RungSpec(configuration="conv_2d_0=int8", scales=SCALES)])
    interpreter.allocate_tensors()
    for rung, row in enumerate(blocks_in(folder.rows)):
        interpreter.rung = rung
        assert row["output_sha256"] == output_sha256(interpreter, seed=7), interpreter.configuration
    assert len({row["output_sha256"] for row in blocks_in(folder.rows)}) == 5


def test_a_quantised_model_is_bit_equal_too(folder: AgentFolder) -> None:
    model = KEYWORD.with_name("keyword_int8.tflite")
    folder.plan([block(0)])
    assert folder.run(model=model) == (0, "")
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    assert blocks_in(folder.rows)[0]["output_sha256"] == output_sha256(interpreter, seed=0)


def test_the_opening_row_names_every_operator_and_its_knobs(folder: AgentFolder) -> None:
    folder.plan([block(0, operators=True), block(1, "stock"), block(2, "idle", seconds=0.05)])
    assert folder.run() == (0, "")
    opening, ours, stock, idle, end = rows_in(folder.rows)
    interpreter = Interpreter(KEYWORD)
    interpreter.allocate_tensors()
    assert [op["id"] for op in opening["operators"]] == [op.id for op in interpreter.operators]
    assert [tuple(op["knobs"]) for op in opening["operators"]] == [
        tuple(map(str, op.knobs)) for op in interpreter.operators
    ]
    assert opening["kernel_variant"] == interpreter.variant
    assert set(ours["operator_ns"]) == {op.id for op in interpreter.operators}
    assert ours["latency_ns"]["minimum"] <= ours["latency_ns"]["median"] <= ours["latency_ns"]["p99"]
    assert ours["latency_ns"]["total"] <= ours["end_ns"] - ours["begin_ns"]
    assert (stock["inferences"], "operator_ns" in stock) == (10, False)
    assert stock["output_sha256"] != ours["output_sha256"]
    assert idle["inferences"] == 0 and idle["end_ns"] - idle["begin_ns"] >= 50_000_000
    assert end["why"] == "done"


def test_more_configurations_than_a_ladder_holds_are_all_measured(folder: AgentFolder) -> None:
    knobs = ["rows:1/2", "rows:1/3", "rows:1/4", "int8", "cols:1/2", "cols:1/4", "sample:1/2", "checker:1/2"]
    texts = [f"conv_2d_{op}={knob}" for op in (0, 2, 4) for knob in knobs]
    folder.plan([block(i, configuration=text, inferences=2) for i, text in enumerate(texts)])
    assert folder.run() == (0, "")
    assert len({row["output_sha256"] for row in blocks_in(folder.rows)}) == len(texts)


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"protocol": 2}, 2, "protocol 2 is not spoken here"),
        ({"haste": 1}, 2, "unknown key 'haste'"),
        ({"model": None}, 2, "'model' is missing"),
        ({"model": "/nowhere.tflite"}, 2, "/nowhere.tflite: cannot be read"),
        ({"model": "/bin/true"}, 3, "/bin/true: the runtime cannot read it"),
        ({"engine": "/bin/true"}, 2, "/bin/true: cannot be loaded"),
        ({"runtime": "libm.so.6"}, 2, "libm.so.6: has no TfLiteVersion"),
        ({"folder": "/nowhere"}, 2, "/nowhere/lock: cannot be opened"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    folder: AgentFolder, changed: dict[str, object], status: int, said: str
) -> None:
    folder.plan([block(0)])
    assert folder.run(**changed)[0] == status
    assert said in folder.run(**changed)[1]
    rows = folder.path / "rows.jsonl"
    assert not rows.exists() or rows.read_text() == ""


def test_a_configuration_that_is_none_of_the_models_ends_the_plan_there(folder: AgentFolder) -> None:
    folder.plan([block(0), block(1, configuration="conv_2d_999=int8"), block(2)])
    status, said = folder.run()
    assert status == 2 and "block 1: " in said and "conv_2d_999" in said
    assert [row["block"] for row in blocks_in(folder.rows)] == [0]
    assert rows_in(folder.rows)[-1]["why"] in said


def test_a_second_agent_in_the_folder_ends_at_once(folder: AgentFolder) -> None:
    folder.plan([block(0, "idle", seconds=30)])
    first = folder.start()
    try:
        wait_for(lambda: (folder.path / "rows.jsonl").is_file())
        assert (folder.path / "lock").read_text() == f"{first.pid}\n"
        status, said = folder.run()
        assert status == 16 and "another agent measures in this folder" in said
    finally:
        first.terminate()
        assert first.wait(10) == 0
    assert rows_in(folder.rows)[-1]["why"] == "signal"
    assert blocks_in(folder.rows) == []


def test_it_outlives_the_desk_and_ends_after_the_block_when_told_to_stop(folder: AgentFolder) -> None:
    folder.plan([block(i, "idle", seconds=0.2) for i in range(50)])
    running = folder.start()
    wait_for(lambda: (folder.path / "rows.jsonl").is_file() and "block" in folder.rows)
    running.send_signal(signal.SIGHUP)
    seen = len(folder.rows.splitlines())
    wait_for(lambda: len(folder.rows.splitlines()) > seen)
    (folder.path / "stop").touch()
    assert running.wait(10) == 0
    assert rows_in(folder.rows)[-1]["why"] == "stop"
    assert 0 < len(blocks_in(folder.rows)) < 50


@pytest.mark.parametrize("seed", range(3))
def test_no_row_is_lost_or_twice_though_it_is_killed_at_random(folder: AgentFolder, seed: int) -> None:
    numbers = list(range(40))
    folder.plan([block(i, inferences=100, operators=i % 2 == 0) for i in numbers])
    moments, kills, kept = random.Random(seed), 0, set[int]()
    for attempt in range(200):
        running = folder.start()
        try:
            status = running.wait(moments.uniform(0.01, 0.06) * 1.06**attempt)  # late enough on any machine at last
        except subprocess.TimeoutExpired:
            running.kill()
            status = running.wait()
            kills += 1
        text = (folder.path / "rows.jsonl").read_text() if (folder.path / "rows.jsonl").exists() else ""
        whole = text[: text.rfind("\n") + 1]
        now = {row["block"] for row in blocks_in(whole)}
        assert kept <= now
        kept = now
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert kills > 0
    assert [row["block"] for row in blocks_in(folder.rows)] == numbers


def test_a_full_disk_ends_it_with_every_row_whole_and_room_lets_it_go_on(folder: AgentFolder, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    folder.plan([block(i, inferences=1, operators=True) for i in range(200)])
    agent = " ".join(f"'{word}'" for word in folder.command(folder=small))
    script = f"""
        mount -t tmpfs -o size=128k none {small} || exit 99
        cp {tmp_path}/plan.jsonl {small}
        {agent}; echo $? > {tmp_path}/first; cp {small}/rows.jsonl {tmp_path}/before
        mount -o remount,size=8m {small}
        {agent}; echo $? > {tmp_path}/second; cp {small}/rows.jsonl {tmp_path}/after
    """
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True, text=True, env=folder.environment, timeout=120, check=False,
    )  # fmt: skip
    if not (tmp_path / "first").exists():
        pytest.skip(f"no small file system can be mounted here: {' '.join(done.stderr.split())[-100:]}")
    assert (tmp_path / "first").read_text() == "28\n", done.stderr
    assert "no space left on device" in done.stderr
    before = [row["block"] for row in blocks_in((tmp_path / "before").read_text())]
    assert 0 < len(before) < 200
    assert (tmp_path / "second").read_text() == "0\n", done.stderr
    assert [row["block"] for row in blocks_in((tmp_path / "after").read_text())] == list(range(200))
