"""Whether a policy can be trusted to do here what it promised where it was made."""

from __future__ import annotations

from collections.abc import Sequence

from approxlite.formats.document import Document
from approxlite.formats.policy import Policy
from approxlite.formats.provenance import Sha256
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.session import Session


class Verification(Document):
    """What held. `certified`: whether the rule carries a certificate; without one it is to run exact.

    signed_by: sha256 of the key that signed it; None where nobody asked.
    """

    checks: tuple[str, ...]
    certified: bool
    signed_by: Sha256 | None = None


def verify(
    policy: Policy, models: ModelSource | Sequence[ModelSource], signed_by: Sha256 | None = None
) -> Verification:
    """Opens the policy on its models as a session does. Raises PolicyError, one line, for the first thing wrong."""
    Session(policy, models).close()
    checks = [
        f"models: {', '.join(model.name for model in policy.models)}, by sha256",
        f"numerics version {policy.numerics_version}",
        f"{len(policy.ladder)} rungs, every operator and knob known",
        f"{len(policy.probes)} probe outputs, bit for bit",
    ]
    if signed_by is not None:
        checks.append(f"signed by key {signed_by[:16]}")
    return Verification(checks=tuple(checks), certified=policy.certificate is not None, signed_by=signed_by)
