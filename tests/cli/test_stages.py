"""A stage is skipped exactly when nothing that it depends on or wrote has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from approxlite.cli.stages import Stages

INPUTS = ["model", 3, 0.05]


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    (tmp_path / "curve.json").write_text("curve")
    Stages(tmp_path).finish("tune", INPUTS, ["curve.json"])
    return tmp_path


def test_a_finished_stage_is_done_in_the_next_process(finished: Path) -> None:
    assert Stages(finished).is_done("tune", INPUTS)


def test_a_stage_that_never_ran_is_not_done(finished: Path) -> None:
    assert not Stages(finished).is_done("profile", INPUTS)


@pytest.mark.parametrize("inputs", [["model", 3, 0.02], ["model", 3], ["other", 3, 0.05]])
def test_other_inputs_run_it_again(finished: Path, inputs: list[object]) -> None:
    assert not Stages(finished).is_done("tune", inputs)


def test_a_changed_output_runs_it_again(finished: Path) -> None:
    (finished / "curve.json").write_text("edited")
    assert not Stages(finished).is_done("tune", INPUTS)


def test_a_missing_output_runs_it_again(finished: Path) -> None:
    (finished / "curve.json").unlink()
    assert not Stages(finished).is_done("tune", INPUTS)


@pytest.mark.parametrize("record", ["", "{", '{"stages": 3}', '{"stages": {"tune": {}}}'])
def test_a_damaged_record_counts_as_empty(finished: Path, record: str) -> None:
    (finished / "stages.json").write_text(record)
    assert not Stages(finished).is_done("tune", INPUTS)
