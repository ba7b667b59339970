"""An audit log shows what was done to it: altered, taken out, put in, moved, and, where its end is known, cut off."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.audit import Tail, load_audit, read_chain
from approxlite.formats.errors import FormatError
from support.service_twin import audit_log

LOG = audit_log(12)
LINES = LOG.split(b"\n")[:-1]
TAIL = read_chain(LOG).tail


def joined(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def found(content: bytes, *tails: Tail) -> list[tuple[int, str]]:
    return [(problem.line, problem.damage) for problem in read_chain(content, tails).problems]


def test_a_log_as_it_was_written_is_whole() -> None:
    chain = read_chain(LOG)
    assert [record.sequence for record in chain.records] == list(range(12))
    assert (chain.problems, chain.torn) == ((), 0)
    assert chain.tail == Tail(sequence=11, sha256=hashlib.sha256(LINES[-1]).hexdigest())


def test_a_log_whose_older_part_the_phone_let_go_is_whole() -> None:
    assert found(joined(*LINES[5:])) == []


def test_an_altered_record_is_named() -> None:
    altered = LINES[4].replace(b'"stable"', b'"budget"')
    assert altered != LINES[4]
    assert found(joined(*LINES[:4], altered, *LINES[5:])) == [(5, "changed")]


def test_missing_records_are_named_where_they_are_missing() -> None:
    assert found(joined(*LINES[:3], *LINES[6:])) == [(4, "missing")]
    assert "no records 3 to 5" in read_chain(joined(*LINES[:3], *LINES[6:])).problems[0].what


def test_a_line_that_is_no_record_is_named_and_the_rest_still_holds() -> None:
    for wrong in (b"", b"{}", b"\xff\xfe", b"[" * 5000, b"x" * 20_000, b'{"sequence": 1e999}'):
        assert found(joined(*LINES[:3], wrong, *LINES[4:])) == [(4, "no record")]


def test_a_record_that_stands_twice_or_elsewhere_is_named() -> None:
    assert found(joined(*LINES[:4], LINES[3], *LINES[4:])) == [(5, "out of order")]
    assert (3, "out of order") in found(joined(LINES[0], LINES[2], LINES[1], *LINES[3:]))


def test_a_forged_beginning_is_named() -> None:
    forged = LINES[0].replace(b"0" * 64, b"1" * 64)
    assert (1, "changed") in found(joined(forged, *LINES[1:]))


def test_an_end_that_was_cut_off_shows_only_to_who_saw_it() -> None:
    assert TAIL is not None
    short = joined(*LINES[:-2])
    assert found(short) == []
    assert found(short, TAIL) == [(10, "cut off")]
    assert found(b"", TAIL) == [(1, "cut off")]
    assert not read_chain(short).vouched
    assert read_chain(LOG, [TAIL]).vouched


def test_a_last_record_that_was_altered_shows_only_to_who_saw_it() -> None:
    assert TAIL is not None
    altered = joined(*LINES[:-1], LINES[-1].replace(b"candidate 1", b"candidate 9"))
    assert found(altered) == []
    assert found(altered, TAIL) == [(12, "replaced")]


def test_a_tail_older_than_what_is_kept_says_nothing() -> None:
    early = Tail(sequence=2, sha256="a" * 64)
    assert found(joined(*LINES[5:]), early) == []
    assert not read_chain(joined(*LINES[5:]), [early]).vouched


def test_a_torn_end_is_no_tampering() -> None:
    chain = read_chain(LOG + LINES[0][:40])
    assert (chain.problems, chain.torn, len(chain.lines)) == ((), 40, 12)


@given(place=st.integers(0, len(LOG) - 1), byte=st.integers(0, 255))
def test_any_other_byte_anywhere_shows_to_who_knows_the_end(place: int, byte: int) -> None:
    assert TAIL is not None
    content = LOG[:place] + bytes([byte]) + LOG[place + 1 :]
    if content == LOG:
        return
    number = LOG[:place].count(b"\n") + 1
    lines = [line for line, _ in found(content, TAIL)]
    assert lines, (place, byte)
    assert min(abs(line - number) for line in lines) <= 1


@given(place=st.integers(0, len(LINES) - 1), count=st.integers(1, 4))
def test_lines_taken_out_anywhere_show_to_who_knows_the_ends(place: int, count: int) -> None:
    assert TAIL is not None
    kept = joined(*LINES[:place], *LINES[place + count :])
    first = Tail(sequence=0, sha256=hashlib.sha256(LINES[0]).hexdigest())
    chain = read_chain(kept, [first, TAIL])
    assert chain.problems or place == 0  # what a phone let go looks the same
    if place == 0:
        assert chain.lines[0].record.sequence == count


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_told_of_and_never_raise(content: bytes) -> None:
    chain = read_chain(content, [Tail(sequence=3, sha256="0" * 64)])
    assert len(chain.problems) >= 1


def test_a_thousand_mutilated_logs_are_read() -> None:
    chosen = random.Random(7)
    for _ in range(1000):
        content = bytearray(LOG)
        for _ in range(chosen.randint(1, 6)):
            place = chosen.randrange(len(content))
            action = chosen.randrange(3)
            if action == 0:
                content[place] = chosen.randrange(256)
            elif action == 1:
                del content[place : place + chosen.randint(1, 200)]
            else:
                content[place:place] = bytes(chosen.randrange(256) for _ in range(chosen.randint(1, 30)))
        read_chain(bytes(content))


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        load_audit(tmp_path / "audit.jsonl")
