"""A profile loses nothing that was appended, whatever interrupts the writer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from approxlite.formats.errors import FormatError
from approxlite.formats.profile import (
    IdleRow,
    Profile,
    ProfileJournal,
    ProfileRow,
    load_profile,
    parse_row,
)

CONTRACT = Path(__file__).parent.parent / "contract" / "profile.jsonl"


def rows() -> list[ProfileRow]:
    parsed = [parse_row(line, "contract") for line in CONTRACT.read_text().splitlines()]
    return [row for row in parsed if row is not None]


def everything(profile: Profile) -> set[str]:
    loaded = (
        *profile.campaigns,
        *profile.measured,
        *profile.settled,
        *profile.sustained,
        *profile.probes,
        *profile.prepared,
    )
    return {row.model_dump_json() for row in loaded}


def test_what_was_appended_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "profile.jsonl"
    with ProfileJournal(path) as journal:
        journal.append(*rows())
    profile = load_profile(path)
    assert everything(profile) == {row.model_dump_json() for row in rows()}
    assert profile.idles == tuple(row for row in rows() if isinstance(row, IdleRow)) != ()


def test_a_journal_continues_an_existing_profile(tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    for row in rows():
        with ProfileJournal(path) as journal:
            journal.append(row)
    assert path.read_bytes() == CONTRACT.read_bytes()


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_torn_last_line_is_ignored_and_then_replaced(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "profile.jsonl"
    path.write_bytes(CONTRACT.read_bytes()[:-cut])
    assert len(load_profile(path).blocks) == 1
    with ProfileJournal(path) as journal:
        journal.append(rows()[-1])
    assert path.read_bytes() == CONTRACT.read_bytes()


def test_a_torn_only_line_longer_than_a_buffer_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    path.write_bytes(b"x" * 200_000)
    with ProfileJournal(path) as journal:
        journal.append(rows()[0])
    assert len(load_profile(path).campaigns) == 1


def test_rows_and_fields_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    lines = [json.loads(line) for line in CONTRACT.read_text().splitlines()]
    lines[2]["fan_rpm"] = 1200
    lines.insert(1, {"kind": "weather", "sunny": True})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    profile = load_profile(path)
    assert everything(profile) == {row.model_dump_json() for row in rows()}
    assert profile.idles == tuple(row for row in rows() if isinstance(row, IdleRow)) != ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "line 2: not a line of JSON"),
        ("[" * 100_000, "line 2: not a line of JSON"),
        ("[]", "line 2: not a row with a 'kind'"),
        ('{"kind": "block"}', "line 2: campaign: Field required"),
        (CONTRACT.read_text().splitlines()[1].replace("2026-01-02T03-04-05", "other"), "never opened"),
        (CONTRACT.read_text().splitlines()[1].replace('"inferences":100', '"inferences":0'), "inferences"),
        (CONTRACT.read_text().splitlines()[0].replace('"version":1', '"version":2'), "version"),
    ],
)
def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "profile.jsonl"
    first, *others = CONTRACT.read_text().splitlines()
    path.write_text("\n".join([first, line, *others]) + "\n")
    with pytest.raises(FormatError, match=message) as refusal:
        load_profile(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_profile_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"profile\.jsonl: no such file"):
        load_profile(tmp_path / "profile.jsonl")
