"""Whether a policy may leave the desk: who signed it, for which models, for which kernels, until when."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from approxlite.formats.archive import MAX_ARCHIVE_BYTES
from approxlite.formats.document import read_bytes
from approxlite.formats.errors import GuardError, PolicyError
from approxlite.formats.policy import Policy, load_policy
from approxlite.formats.provenance import Sha256
from approxlite.model import load_model
from approxlite.policy.signing import claimed_signer, signer_of
from approxlite.policy.verify import verify
from approxlite.runtime.library import numerics_version


@dataclass(frozen=True)
class Release:
    """A policy that held. checks: what did, a line each. models: the files at hand, by sha256. signed_by: a key."""

    policy: Policy
    content: bytes
    sha256: Sha256
    signed_by: Sha256
    checks: tuple[str, ...]
    models: dict[str, Path]


def release(path: Path, models: Sequence[Path], keys: Sequence[ec.EllipticCurvePublicKey], now: datetime) -> Release:
    """keys: of whoever may have signed it; none: the devices decide. models: none: probes are checked there alone.

    Raises PolicyError for the first thing wrong, GuardError where it is expired or would approximate without a
    certificate.
    """
    policy = load_policy(path)
    content = read_bytes(path, PolicyError, MAX_ARCHIVE_BYTES)
    checks: list[str] = []
    if keys:
        signed_by = signer_of(path, keys)
        checks.append(f"signed by key {signed_by[:16]}")
    else:
        signed_by = claimed_signer(path)
        checks.append(f"says it is signed by key {signed_by[:16]}, which devices check; --key checks it here too")
    if policy.numerics_version != numerics_version():
        raise PolicyError(
            f"{path}: is for numerics version {policy.numerics_version}, this installation has {numerics_version()}; "
            "certify it anew here"
        )
    checks.append(f"numerics version {policy.numerics_version}")
    checks.append(_in_time(path, policy, now))
    checks.append(_certified(path, policy))
    given = {load_model(model).sha256: model for model in models}
    foreign = [file for sha256, file in given.items() if sha256 not in {each.sha256 for each in policy.models}]
    if foreign:
        raise PolicyError(f"{path}: is not for {foreign[0]}, but for {', '.join(each.name for each in policy.models)}")
    missing = [each.name for each in policy.models if each.sha256 not in given]
    if not missing:
        checks.extend(verify(policy, [given[each.sha256] for each in policy.models]).checks)
    elif given:
        raise PolicyError(f"{path}: is for {', '.join(missing)} too; give each with --model")
    else:
        checks.append(f"models {', '.join(missing)} not at hand: probe outputs are checked on devices alone")
    return Release(policy, content, hashlib.sha256(content).hexdigest(), signed_by, tuple(dict.fromkeys(checks)), given)


def _in_time(path: Path, policy: Policy, now: datetime) -> str:
    validity = policy.validity
    if now < validity.not_before:
        raise GuardError(
            f"{path}: holds from {validity.not_before:%Y-%m-%d %H:%M} UTC on; is this computer's clock right?"
        )
    if validity.not_after is None:
        return "in time, without an end"
    if now > validity.not_after:
        raise GuardError(f"{path}: expired on {validity.not_after:%Y-%m-%d}; certify it anew on fresh data")
    return f"in time, until {validity.not_after:%Y-%m-%d}"


def _certified(path: Path, policy: Policy) -> str:
    certificate = policy.certificate
    if certificate is not None:
        return f"certified: at most {100 * certificate.epsilon:g} % of answers differ from exact's"
    if policy.rule.candidate != 0:
        raise GuardError(f"{path}: is not certified and would not run exact; approxlite certify comes first")
    return "not certified: it runs exact"
