"""A policy comes from anywhere: what is not exactly one of ours is refused in one line."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from approxlite.formats.archive import MAX_JSON_BYTES, MAX_MEMBER_BYTES
from approxlite.formats.document import parse_document
from approxlite.formats.errors import PolicyError
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.formats.weights import (
    ChosenInputs,
    Owner,
    pack_calibrated,
    pack_weights,
    unpack_calibrated,
    unpack_weights,
)
from approxlite.formats.weights_file import WeightsFile

CONTRACT = Path(__file__).parent.parent / "contract" / "policy.json"


def policy() -> Policy:
    return parse_document(Policy, CONTRACT.read_text(), "policy.json", PolicyError)


def archive(path: Path, *members: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content, how)
    return path


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    save_policy(tmp_path / "p.approx", policy())
    assert load_policy(tmp_path / "p.approx") == policy()


def test_equal_policies_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_policy(tmp_path / name, policy())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_policy_lies_uncompressed_in_the_archive(tmp_path: Path) -> None:
    save_policy(tmp_path / "p.approx", policy())
    assert policy().model_dump_json().encode() in (tmp_path / "p.approx").read_bytes()


def test_a_policy_too_large_for_a_phone_is_not_saved(tmp_path: Path) -> None:
    large = policy().model_copy(update={"portability": "x" * MAX_JSON_BYTES})
    with pytest.raises(PolicyError, match="use fewer rungs"):
        save_policy(tmp_path / "p.approx", large)
    assert list(tmp_path.iterdir()) == []


GOOD = CONTRACT.read_bytes()
BAD_ARCHIVES: dict[str, tuple[list[tuple[str, bytes]], str]] = {
    "empty": ([], "has no policy.json"),
    "unknown member": ([("policy.json", GOOD), ("run.sh", b"")], "unexpected member 'run.sh'"),
    "absolute name": ([("/policy.json", GOOD)], "unexpected member '/policy.json'"),
    "name that climbs": ([("../policy.json", GOOD)], "unexpected member"),
    "folder": ([("policy.json/", b"")], "unexpected member"),
    "large": ([("policy.json", b" " * (MAX_JSON_BYTES + 1))], "larger than"),
    "large signature": ([("policy.json", GOOD), ("signature", b"0" * 2000)], "larger than"),
    "no JSON": ([("policy.json", b"hello")], "policy.json: Invalid JSON"),
    "deep JSON": ([("policy.json", b"[" * 15_000)], "policy.json"),
}


@pytest.mark.parametrize("case", BAD_ARCHIVES)
def test_a_bad_archive_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    members, message = BAD_ARCHIVES[case]
    with pytest.raises(PolicyError, match=message) as refusal:
        load_policy(archive(tmp_path / "p.approx", *members))
    assert "\n" not in str(refusal.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="occurs twice"):
        load_policy(archive(tmp_path / "p.approx", ("policy.json", GOOD), ("policy.json", GOOD)))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "p.approx", ("rungs.bin", b"\0" * 10_000_000), how=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 20_000
    with pytest.raises(PolicyError, match="is compressed"):
        load_policy(bomb)


def test_a_size_that_the_directory_lies_about_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.approx", ("policy.json", GOOD))
    content = path.read_bytes()
    size = len(GOOD).to_bytes(4, "little")
    path.write_bytes(content.replace(size, (len(GOOD) + 50).to_bytes(4, "little")))
    with pytest.raises(PolicyError, match="not a policy archive"):
        load_policy(path)


@pytest.mark.parametrize("cut", [1, 10, 100, 1000, 2500])
def test_an_archive_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = archive(tmp_path / "p.approx", ("policy.json", GOOD))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(PolicyError, match="not a policy archive"):
        load_policy(path)


def test_an_archive_larger_than_all_members_may_be_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "p.approx"
    with path.open("wb") as file:
        file.truncate(sum(MAX_MEMBER_BYTES.values()) + 10_000)
    with pytest.raises(PolicyError, match="larger than"):
        load_policy(path)


def test_every_damaged_byte_is_refused_or_harmless(tmp_path: Path) -> None:
    save_policy(tmp_path / "p.approx", policy())
    whole = (tmp_path / "p.approx").read_bytes()
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        (tmp_path / "damaged").write_bytes(damaged)
        try:
            assert load_policy(tmp_path / "damaged") == policy()
        except PolicyError as refusal:
            assert "\n" not in str(refusal)


def changed(change: dict[str, Any]) -> bytes:
    content = json.loads(CONTRACT.read_text())
    for where, value in change.items():
        *path, last = where.split("/")
        target = content
        for part in path:
            target = target[int(part) if part.isdigit() else part]
        target[int(last) if last.isdigit() else last] = value
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version"),
        ({"surprise": 1}, "surprise"),
        ({"exact_rung": 1}, "exact_rung 1 is 'conv_2d_0=int8'"),
        ({"exact_rung": 5}, "rung 5 is used, but the ladder has 2"),
        ({"ladder/1/model": 1}, "rung 1 has model 1 of 1"),
        ({"ladder/1/configuration": "conv_2d_0=int4"}, "rung 1: unknown knob 'int4'"),
        ({"ladder/1/configuration": "conv_2d_2=int8,conv_2d_0=int8"}, "rung 1 has configuration"),
        ({"ladder/1/scales/conv_2d_0/zero_point": 256}, "zero_point"),
        ({"ladder/1/scales/conv_2d_0/scale": 1e-60}, "not a positive 32-bit float"),
        ({"candidates": []}, "candidates"),
        ({"candidates/1/stages": []}, "candidates.1.stages"),
        ({"candidates/1/stages/0/rung": 0}, "two stages run the same rung"),
        ({"candidates/1/stages/0/threshold": None}, "every stage but the last needs a threshold"),
        ({"candidates/1/stages/1/threshold": 1.0}, "every stage but the last needs a threshold"),
        ({"candidates/1/stages/0/threshold": float("inf")}, "policy.json"),
        ({"candidates/1/reuse_change": -0.1}, "reuse_change"),
        ({"candidates/0/stages/0/rung": 1}, "the first candidate is not exact alone"),
        ({"input_rms": 0}, "input_rms"),
        ({"rule/kind": "cascade"}, "rule.kind"),
        ({"rule/candidate": 2}, "the rule names candidate 2 of 2"),
        ({"rule/growth": 2}, "a fixed rule has no growth"),
        ({"rule/kind": "naive", "rule/growth": 3}, "rule.growth"),
        ({"rule/kind": "state", "rule/as_published": True}, "a state rule has no as_published"),
        ({"rule/kind": "confidence"}, "a confidence rule needs confidence_table"),
        (
            {"rule/kind": "confidence", "rule/confidence_table": [[[0.5, 0.9]]]},
            "confidence_table is for 1 of 2 candidates",
        ),
        ({"rule/kind": "confidence", "rule/confidence_table": [[[0.5, 0.9]], []]}, "the same 1 to 1024 classes"),
        ({"rule/kind": "budget"}, "a budget rule needs energy_j_per_hour or battery"),
        ({"rule/kind": "budget", "rule/energy_j_per_hour": 90.0}, "say with idle_w"),
        (
            {"rule/kind": "budget", "rule/energy_j_per_hour": 90.0, "rule/idle_w": 0.1, "ladder/0/energy_mj": None},
            "an energy budget needs the measured energy_mj",
        ),
        ({"rule/kind": "auto", "rule/battery": {"charge": 0.2, "until": "24:00", "capacity_j": 4e4}}, "until"),
        ({"rule/kind": "deadline", "ladder/1/slow_ms": None}, "a deadline rule needs the measured cost_ms and slow_ms"),
        ({"rule/kind": "thermal"}, "a thermal rule needs headroom_limit"),
        ({"certificate/candidate": 3}, "certificate is for candidate 3 of 2"),
        (
            {"certificate/candidate": 0, "certificate/certified": 1},
            "the rule starts at candidate 1, which is not certified",
        ),
        ({"certificate/epsilon": 0}, "certificate.epsilon"),
        ({"models/0/sha256": "abc"}, "models.0.sha256"),
        ({"models": []}, "models"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError, match=message) as refusal:
        load_policy(archive(tmp_path / "p.approx", ("policy.json", changed(change))))
    assert "\n" not in str(refusal.value)


def policy_with_weights(tmp_path: Path) -> Policy:
    """Its second rung runs on weights of its own, in a file that holds others too."""
    chosen = ChosenInputs(np.array([0, 2], np.int32), np.ones((3, 8), np.float32), np.zeros(3, np.float32))
    owners = [Owner("conv_2d_0", "inputs:1/2"), Owner("conv_2d_0", "inputs:1/2", "a"), Owner("conv_2d_9", "inputs:1/2")]
    (tmp_path / "weights.bin").write_bytes(pack_weights(pack_calibrated(dict.fromkeys(owners, chosen))))
    exact, cheap = policy().ladder
    cheap = cheap.model_copy(update={"configuration": "conv_2d_0=inputs:1/2", "scales": {}, "name": "a"})
    changed = policy().model_copy(update={"ladder": (exact, cheap)})
    return changed.with_weights(WeightsFile(path=tmp_path / "weights.bin"))


def test_a_policy_brings_the_weights_along_that_its_rungs_need(tmp_path: Path) -> None:
    save_policy(tmp_path / "p.approx", policy_with_weights(tmp_path))
    (tmp_path / "weights.bin").unlink()
    loaded = load_policy(tmp_path / "p.approx")
    assert loaded.weights is not None
    assert loaded.weights.offset % 64 == 0
    content = loaded.weights.read()
    assert list(unpack_calibrated(unpack_weights(content, "here"))) == [Owner("conv_2d_0", "inputs:1/2", "a")]
    assert hashlib.sha256(content).hexdigest() == loaded.rungs_sha256
    assert [rung.spec(loaded.weights).weights for rung in loaded.ladder] == [None, loaded.weights]
    with zipfile.ZipFile(tmp_path / "p.approx") as file:
        assert file.read("rungs.bin") == content


def test_weights_stay_where_they_are_when_a_policy_is_saved_over_itself(tmp_path: Path) -> None:
    save_policy(tmp_path / "p.approx", policy_with_weights(tmp_path))
    first = load_policy(tmp_path / "p.approx")
    save_policy(tmp_path / "p.approx", first.model_copy(update={"sequence": 12345, "portability": "x" * 500}))
    again = load_policy(tmp_path / "p.approx")
    assert (again.weights, again.rungs_sha256) == (first.weights, first.rungs_sha256)


def test_a_policy_without_the_weights_it_needs_is_refused(tmp_path: Path) -> None:
    lacking = policy_with_weights(tmp_path)
    with pytest.raises(PolicyError, match="has no weights for conv_2d_0=inputs:1/2"):
        save_policy(tmp_path / "p.approx", lacking.with_weights(None))
    save_policy(tmp_path / "p.approx", lacking)
    with zipfile.ZipFile(tmp_path / "p.approx") as file:
        content = file.read("policy.json")
    other = pack_weights({"nothing": np.zeros(1, np.float32)})
    for rungs in ([], [("rungs.bin", other)]):
        with pytest.raises(PolicyError, match="not the one that the policy was saved with"):
            load_policy(archive(tmp_path / "bad", ("policy.json", content), *rungs))
    unsaid = json.loads(content) | {"rungs_sha256": None}
    with pytest.raises(PolicyError, match="has no weights for conv_2d_0=inputs:1/2"):
        load_policy(archive(tmp_path / "bad", ("policy.json", json.dumps(unsaid).encode())))


def test_every_damaged_byte_of_the_weights_is_refused_or_harmless(tmp_path: Path) -> None:
    save_policy(tmp_path / "p.approx", policy_with_weights(tmp_path))
    whole, good = (tmp_path / "p.approx").read_bytes(), load_policy(tmp_path / "p.approx")
    assert good.weights is not None
    content = good.weights.read()
    for position in range(0, 1000, 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        (tmp_path / "damaged").write_bytes(damaged)
        try:
            loaded = load_policy(tmp_path / "damaged")
        except PolicyError as refusal:
            assert "\n" not in str(refusal)
        else:
            assert loaded.weights is not None
            assert loaded.weights.read() == content
