"""The guard from Python: alarms latch, and nothing but a new certificate ends them."""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.document import parse_document
from approxlite.formats.errors import FormatError, PolicyError
from approxlite.formats.guard import GuardSettings, OutputRange
from approxlite.formats.policy import Policy
from approxlite.runtime.guard import STATE_BYTES, Alarm, Fault, Guard, alarm_name, certificate_hash
from approxlite.runtime.library import library

CONTRACT = Path(__file__).parent.parent / "contract"
CERTIFICATE = bytes(range(32))
SETTINGS = GuardSettings(unsure=0.5, unsure_factor=8, unsure_share=0.1, still_change=0.01)


def guard(settings: GuardSettings = SETTINGS, epsilon: float = 0.02, seed: int = 0) -> Guard:
    return Guard(settings, CERTIFICATE, epsilon, seed)


def live(watched: Guard, answers: int, disagreement: float, seed: int = 1) -> int:
    random = np.random.default_rng(seed)
    confidences = random.random(answers, np.float32)
    return watched.replay(confidences, random.random(answers) < disagreement)


def test_alarms_have_the_names_of_the_header() -> None:
    assert [alarm_name(number) for number in range(9)] == list(get_args(Alarm))
    with pytest.raises(ValueError):
        alarm_name(9)


def test_canaries_find_what_the_promise_excludes_and_spare_what_it_allows() -> None:
    with guard() as good, guard() as bad:
        assert live(good, 200_000, 0.01) == 200_000
        assert live(bad, 200_000, 0.2) < 10_000
        assert (good.status().alarm, bad.status().alarm) == ("none", "disagreement")
        assert good.status().disagreement_share == pytest.approx(0.01, abs=0.006)
        assert bad.status().e_value >= 100


def test_the_certificate_is_hashed_as_it_stands_in_the_policy() -> None:
    text = (CONTRACT / "policy.json").read_text()
    policy = parse_document(Policy, text, "policy.json")
    assert policy.certificate is not None
    begin = policy.model_dump_json().index('"certificate":') + len('"certificate":')
    stored, _ = json.JSONDecoder().raw_decode(policy.model_dump_json()[begin:])
    written = json.dumps(stored, separators=(",", ":"), ensure_ascii=False)
    assert certificate_hash(policy.certificate) == hashlib.sha256(written.encode()).digest()


def test_a_new_guard_knows_nothing() -> None:
    with guard() as watched:
        status = watched.status()
        assert (status.latched, status.answers, status.canaries, status.e_value) == (False, 0, 0, 1.0)
        assert math.isnan(status.disagreement_share)


def test_equal_seeds_draw_equally_and_others_do_not() -> None:
    def state(seed: int) -> bytes:
        with guard(seed=seed) as watched:
            live(watched, 5000, 0.01)
            return watched.save()

    assert state(3) == state(3) != state(4)


@pytest.mark.parametrize(("fault", "alarm"), [("zeros", "zero"), ("nan", "not_finite")])
def test_injected_faults_are_caught_at_the_first(fault: Fault, alarm: Alarm) -> None:
    with guard() as watched:
        watched.inject(fault)
        assert watched.inspect(0, np.ones(4, np.float32)) == alarm


def test_a_frozen_output_is_caught_at_the_limit_and_a_still_input_never() -> None:
    output = np.arange(5, dtype=np.float32)
    with guard() as frozen, guard() as still:
        assert [frozen.inspect(0, output, 1.0) for _ in range(8)] == ["none"] * 7 + ["constant"]
        assert {still.inspect(0, output, 0.005) for _ in range(1000)} == {"none"}


def test_ranges_are_those_of_the_rung() -> None:
    known = SETTINGS.model_copy(update={"ranges": (None, OutputRange(low=0, high=1))})
    far = np.asarray([0, 30], np.float32)
    with guard(known) as first, guard(known) as second:
        assert [first.inspect(0, far + i) for i in range(5)] == ["none"] * 5
        assert [second.inspect(1, far + i) for i in range(3)] == ["none", "none", "out_of_range"]


def test_only_a_new_certificate_ends_an_alarm(tmp_path: Path) -> None:
    path = tmp_path / "guard.state"
    with guard() as watched:
        watched.latch()
        watched.latch("constant")
        watched.save_file(path)
    with guard() as watched:
        watched.load_file(path)
        assert watched.status().alarm == "person"
        watched.recertify(bytes(32), 0.05)
        assert not watched.status().latched
        watched.save_file(path)
    with guard() as outdated, pytest.raises(FormatError, match="another certificate"):
        outdated.load_file(path)


def test_no_state_file_is_a_guard_that_never_saved(tmp_path: Path) -> None:
    with guard() as watched:
        watched.load_file(tmp_path / "missing")
        assert not watched.status().latched


@pytest.mark.parametrize("content", [b"", b"\0" * STATE_BYTES, b"x" * 600])
def test_a_state_file_that_cannot_be_read_is_an_alarm(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "guard.state"
    path.write_bytes(content)
    with guard() as watched:
        with pytest.raises(FormatError, match="cannot be read as a guard's state; the guard is latched"):
            watched.load_file(path)
        assert watched.status().alarm == "unreadable"


def test_a_guard_goes_on_where_it_was_saved() -> None:
    with guard() as one, guard() as other:
        live(one, 5000, 0.02)
        other.load(one.save())
        for watched in (one, other):
            live(watched, 5000, 0.02, seed=2)
        assert one.save() == other.save()


def test_the_state_has_the_layout_that_the_header_gives() -> None:
    with guard(epsilon=0.25) as watched:
        live(watched, 3000, 0.01)
        state, status = watched.save(), watched.status()
    magic, version, alarm, sequence, certificate, epsilon, known, answers, differing = struct.unpack_from(
        "<8sIiQ32sfIQQ", state
    )
    assert (magic, version, alarm, sequence, certificate, epsilon, known) == (
        b"APXGUARD",
        1,
        0,
        1,
        CERTIFICATE,
        0.25,
        0,
    )
    assert (answers, differing) == (status.answers, status.disagreements)
    assert struct.unpack_from("<Q", state, 104) == (status.canaries,)
    assert state[256:] == bytes(256)


@given(st.binary(max_size=700))
def test_bytes_that_are_no_state_latch(content: bytes) -> None:
    with guard() as watched:
        if content.strip(b"\0") == b"" and len(content) == STATE_BYTES:
            return
        with pytest.raises(FormatError):
            watched.load(content)
        assert watched.status().alarm == "unreadable"


@given(st.lists(st.tuples(st.integers(0, STATE_BYTES - 1), st.integers(1, 255)), min_size=1, max_size=40))
def test_no_damage_unlatches(damage: list[tuple[int, int]]) -> None:
    with guard() as alarmed:
        alarmed.latch("constant")
        state = bytearray(alarmed.save())
    for place, flips in damage:
        state[place] ^= flips
    with guard() as watched:
        try:
            watched.load(bytes(state))
        except FormatError:
            assert watched.status().alarm == "unreadable"
        assert watched.status().latched


@pytest.mark.parametrize("use", [lambda g: g.status(), lambda g: g.save(), lambda g: g.handle])
def test_a_closed_guard_says_so(use: Callable[[Guard], object]) -> None:
    watched = guard()
    watched.close()
    watched.close()
    with pytest.raises(ValueError, match="closed"):
        use(watched)


@pytest.mark.parametrize("epsilon", [0.0, 1.0, math.nan])
def test_a_promise_that_cannot_be_tested_is_refused(epsilon: float) -> None:
    with pytest.raises(PolicyError, match="epsilon"):
        guard(epsilon=epsilon)
    with guard() as watched, pytest.raises(PolicyError, match="epsilon"):
        watched.recertify(CERTIFICATE, epsilon)


def test_null_pointers_are_refused() -> None:
    native, nothing = library(), ctypes.c_void_p()
    guard().close()  # binds the signatures
    assert native.approx_guard_latch(nothing, 7) == 1
    assert native.approx_guard_save_file(nothing, b"/nowhere") == 1
    native.approx_guard_destroy(nothing)
