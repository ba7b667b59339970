"""Files are replaced in one step, numbers are finite, and an interval is one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from approxlite.formats.document import Document, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import DataError, FormatError, ModelError, one_line
from approxlite.formats.interval import Estimate
from approxlite.formats.trace import load_trace

CONTRACT = Path(__file__).parent.parent / "contract"


def test_saving_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for content in (b"old", b"new"):
        save_atomically(path, content)
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["file"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    save_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FormatError, match=r"file: cannot be written \(No space left on device\)"):
        save_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_is_no_ordinary_file_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FormatError, match="no ordinary file"):
        save_atomically(pipe, b"content")
    assert pipe.is_fifo()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FormatError, match="cannot be written"):
        save_atomically(tmp_path / "file" / "below", b"")


def test_a_file_larger_than_its_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bytes(tmp_path / "file", DataError, limit=5) == b"12345"
    with pytest.raises(DataError, match="larger than the 4 bytes"):
        read_bytes(tmp_path / "file", DataError, limit=4)


def test_a_name_with_a_zero_byte_is_one_line() -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_bytes("a\0b", ModelError)


class Example(Document):
    count: int
    share: float


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        '{"count": 1}',
        '{"count": "1", "share": 1}',
        '{"count": 1.5, "share": 1}',
        '{"count": 1, "share": NaN}',
        '{"count": 1, "share": Infinity}',
        '{"count": 1, "share": 1, "more": 1}',
        '{"count": 1, "share": 1} trailing',
    ],
)
def test_a_document_that_is_not_of_its_kind_is_one_line(content: str) -> None:
    with pytest.raises(FormatError, match=r"^here: ") as refusal:
        parse_document(Example, content, "here")
    assert "\n" not in str(refusal.value)


def test_an_interval_runs_upwards_and_has_samples() -> None:
    assert Estimate(value=1, low=0.5, high=2, samples=3).confidence == 0.95
    for change in ({"low": 3.0}, {"samples": 0}, {"value": float("nan")}, {"confidence": 1.0}):
        with pytest.raises(ValidationError):
            Estimate.model_validate({"value": 1.0, "low": 0.5, "high": 2.0, "samples": 3} | change)


def test_a_trace_ignores_a_torn_last_line_and_names_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    whole = (CONTRACT / "trace.jsonl").read_text()
    path.write_text(whole + '{"time": ')
    assert len(load_trace(path)) == 2
    path.write_text(whole.replace('"reason":"confident"', '"reason":"mood"'))
    with pytest.raises(FormatError, match=r"trace\.jsonl: line 1: reason"):
        load_trace(path)


def test_any_message_becomes_one_bounded_line() -> None:
    assert one_line(ValueError("a\n  b\tc")) == "a b c"
    assert one_line(ValueError()) == "ValueError"
    assert len(one_line(ValueError("x" * 1000), 50)) == 50
