"""A signed policy that is released, and a phone that takes it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from approxlite.formats.document import now
from approxlite.formats.policy import save_policy
from approxlite.policy.release import Release, release
from approxlite.policy.signing import generate_key, load_private_key, load_public_key, sign_policy
from approxlite.runtime.library import numerics_version
from support.policies import policy_of, small_model, stages
from support.service_twin import ServiceTwin


@dataclass(frozen=True)
class Made:
    """Files, and what is released of them."""

    policy: Path
    model: Path
    key: Path
    release: Release


def signed(folder: Path, sequence: int) -> Made:
    """A policy that runs exact, signed by a key that is made once."""
    model, key, policy = folder / "small.tflite", folder / "release.key", folder / f"policy-{sequence}.approx"
    if not key.exists():
        model.write_bytes(small_model())
        generate_key(key)
    save_policy(policy, policy_of([stages((0, None))], model=model.read_bytes(), sequence=sequence))
    sign_policy(policy, load_private_key(key), policy)
    public = key.with_name("release.key.pub")
    return Made(policy, model, public, release(policy, [model], [load_public_key(public)], now()))


def phone(made: Made, serial: str = "PHONE1", *, model: bool = True) -> ServiceTwin:
    """That trusts the key, and has the model."""
    twin = ServiceTwin(serial)
    sha256 = hashlib.sha256(made.model.read_bytes()).hexdigest()
    twin.state |= {
        "numerics_version": numerics_version(), "keys": [made.release.signed_by], "models": [sha256] if model else [],
    }  # fmt: skip
    return twin
