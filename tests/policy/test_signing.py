"""A signature says who vouches for a policy, and that nobody changed it since."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.archive import pack_members, read_members
from approxlite.formats.document import parse_document
from approxlite.formats.errors import FormatError, InputError, PolicyError
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.policy.signing import (
    generate_key,
    key_sha256,
    load_private_key,
    load_public_key,
    sign_policy,
    signer_of,
)

CONTRACT = Path(__file__).parent.parent / "contract" / "policy.json"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "release.key"
    generate_key(path)
    return path


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.approx"
    save_policy(path, parse_document(Policy, CONTRACT.read_text(), "policy.json", PolicyError))
    return path


@pytest.fixture
def signed(policy: Path, key: Path) -> Path:
    sign_policy(policy, load_private_key(key), policy)
    return policy


def public(key: Path) -> Path:
    return key.with_name(key.name + ".pub")


def test_the_signer_of_a_signed_policy_is_named(signed: Path, key: Path, tmp_path: Path) -> None:
    other = generate_key(tmp_path / "other.key")
    ours = load_public_key(public(key))
    assert signer_of(signed, [load_public_key(Path(other.public)), ours]) == key_sha256(ours)


def test_signing_changes_nothing_of_the_policy(signed: Path) -> None:
    assert load_policy(signed) == parse_document(Policy, CONTRACT.read_text(), "policy.json", PolicyError)


def test_signing_twice_gives_the_same_bytes(signed: Path, key: Path) -> None:
    once = signed.read_bytes()
    sign_policy(signed, load_private_key(key), signed)
    assert signed.read_bytes() == once


def test_saving_a_policy_anew_drops_its_signature(signed: Path, key: Path) -> None:
    save_policy(signed, load_policy(signed))
    with pytest.raises(PolicyError, match="is not signed"):
        signer_of(signed, [load_public_key(public(key))])


def test_a_key_that_is_not_among_those_given_is_not_believed(signed: Path, tmp_path: Path) -> None:
    generate_key(tmp_path / "other.key")
    with pytest.raises(PolicyError, match="none of those given"):
        signer_of(signed, [load_public_key(tmp_path / "other.key.pub")])


@settings(max_examples=100, deadline=None)
@given(at=st.integers(min_value=0), to=st.integers(0, 255))
def test_no_byte_of_a_signed_policy_can_be_changed(at: int, to: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "changed"
    if not folder.exists():
        folder.mkdir()
        generate_key(folder / "key")
        made = folder / "policy.approx"
        save_policy(made, parse_document(Policy, CONTRACT.read_text(), "policy.json", PolicyError))
        sign_policy(made, load_private_key(folder / "key"), made)
    members = read_members((folder / "policy.approx").read_bytes(), "policy")
    content = bytearray(members["policy.json"])
    changed = content[at % len(content)] != to
    content[at % len(content)] = to
    (folder / "other.approx").write_bytes(pack_members(bytes(content), members.get("rungs.bin"), members["signature"]))
    keys = [load_public_key(folder / "key.pub")]
    if changed:
        with pytest.raises(PolicyError, match="changed after it was signed"):
            signer_of(folder / "other.approx", keys)
    else:
        signer_of(folder / "other.approx", keys)


@pytest.mark.parametrize("signature", [b"", b"{}", b"[" * 900, b'{"version":1}', b"\xff" * 64])
def test_a_signature_that_is_none_is_refused_in_one_line(policy: Path, key: Path, signature: bytes) -> None:
    members = read_members(policy.read_bytes(), "policy")
    policy.write_bytes(pack_members(members["policy.json"], members.get("rungs.bin"), signature))
    with pytest.raises(PolicyError, match="signature") as refusal:
        signer_of(policy, [load_public_key(public(key))])
    assert "\n" not in str(refusal.value)


def test_a_private_key_is_for_its_owner_alone_and_never_replaced(key: Path) -> None:
    assert os.stat(key).st_mode & 0o777 == 0o600
    before = key.read_bytes()
    with pytest.raises(FormatError, match="never replaced"):
        generate_key(key)
    assert key.read_bytes() == before


def test_what_is_no_key_is_refused_in_one_line(tmp_path: Path, key: Path) -> None:
    (tmp_path / "text").write_text("hello")
    for load, path in ((load_private_key, public(key)), (load_public_key, key), (load_private_key, tmp_path / "text")):
        with pytest.raises(InputError, match="keygen") as refusal:
            load(path)
        assert "\n" not in str(refusal.value)


def test_the_signature_lies_in_the_archive_as_json(signed: Path) -> None:
    with zipfile.ZipFile(signed) as file:
        assert set(json.loads(file.read("signature"))) == {"version", "algorithm", "key_sha256", "value"}
