"""Signs policies, and says who signed one: ECDSA on P-256 with SHA-256 (FIPS 186-5), which every phone can verify."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from approxlite.formats.archive import MAX_ARCHIVE_BYTES, pack_members, read_members
from approxlite.formats.document import Document, make_folder, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import FormatError, InputError, PolicyError
from approxlite.formats.policy import load_policy
from approxlite.formats.provenance import Sha256
from approxlite.formats.signature import Signature

MAX_KEY_BYTES = 16 * 1024


class Key(Document):
    """Files of a pair of keys. sha256: by which policies name it."""

    private: str
    public: str
    sha256: Sha256


def generate_key(path: Path) -> Key:
    """Writes a private key (PKCS 8, PEM, for its owner's eyes only) to `path` and the public one to `path`.pub.

    Raises FormatError rather than replace a key.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    make_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(private)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise FormatError(f"{path}: is there already; a key is never replaced, choose another name") from None
    except OSError as problem:
        raise FormatError(f"{path}: cannot be written ({problem.strerror})") from None
    public = key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    save_atomically(public_path(path), pem)
    return Key(private=str(path), public=str(public_path(path)), sha256=key_sha256(public))


def public_path(private: Path) -> Path:
    """Beside the private key."""
    return private.with_name(f"{private.name}.pub")


def load_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Raises InputError, one line, unless the file holds an unencrypted P-256 key."""
    content = read_bytes(path, InputError, MAX_KEY_BYTES)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as problem:
        encrypted = isinstance(problem, TypeError)
        reason = "it is encrypted" if encrypted else "no private key in PEM form"
        raise InputError(f"{path}: {reason}; make one with approxlite policy keygen") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError(f"{path}: not a P-256 key; make one with approxlite policy keygen")
    return key


def load_public_key(path: Path) -> ec.EllipticCurvePublicKey:
    """Raises InputError, one line, unless the file holds a P-256 public key."""
    content = read_bytes(path, InputError, MAX_KEY_BYTES)
    try:
        key = serialization.load_pem_public_key(content)
    except ValueError:
        raise InputError(f"{path}: no public key in PEM form; give the .pub file that keygen wrote") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError(f"{path}: not a P-256 key; give the .pub file that keygen wrote")
    return key


def key_sha256(key: ec.EllipticCurvePublicKey) -> str:
    """By which policies and phones name a key: of its DER SubjectPublicKeyInfo."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def sign_policy(policy: Path, key: ec.EllipticCurvePrivateKey, out: Path) -> Signature:
    """Writes the policy with a signature by `key`, in place of any that it has, to `out`, which may be the same file.

    The same policy and key give the same bytes (RFC 6979). Raises PolicyError unless it is a policy.
    """
    load_policy(policy)
    members = _members(policy)
    value = key.sign(members["policy.json"], ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    signature = Signature(key_sha256=key_sha256(key.public_key()), value=b64encode(value))
    signed = pack_members(members["policy.json"], members.get("rungs.bin"), signature.model_dump_json().encode())
    save_atomically(out, signed)
    return signature


def claimed_signer(policy: Path) -> str:
    """The sha256 of the key that the policy says it was signed by. Raises PolicyError where it is not signed."""
    return _signature(policy, _members(policy)).key_sha256


def signer_of(policy: Path, keys: Sequence[ec.EllipticCurvePublicKey]) -> str:
    """The sha256 of that of `keys` which signed the policy. Raises PolicyError, one line, if none of them did."""
    members = _members(policy)
    signature = _signature(policy, members)
    known = {key_sha256(key): key for key in keys}
    if signature.key_sha256 not in known:
        raise PolicyError(f"{policy}: is signed by key {signature.key_sha256[:16]}, which is none of those given")
    try:
        known[signature.key_sha256].verify(signature.value, members["policy.json"], ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise PolicyError(f"{policy}: was changed after it was signed; do not use it") from None
    return signature.key_sha256


def _signature(policy: Path, members: dict[str, bytes]) -> Signature:
    if "signature" not in members:
        raise PolicyError(f"{policy}: is not signed; sign it with approxlite policy sign")
    return parse_document(Signature, members["signature"], f"{policy}: signature", PolicyError)


def _members(policy: Path) -> dict[str, bytes]:
    members = read_members(read_bytes(policy, PolicyError, MAX_ARCHIVE_BYTES), str(policy))
    if "policy.json" not in members:
        raise PolicyError(f"{policy}: has no policy.json in it")
    return members
