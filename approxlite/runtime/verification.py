"""Whether a policy may be followed here: the right models, the right numerics, the right time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime

from approxlite.formats.document import now
from approxlite.formats.errors import PolicyError
from approxlite.formats.policy import Policy
from approxlite.runtime.backend import ModelSource, read_model_bytes
from approxlite.runtime.library import numerics_version


def models_of(policy: Policy, models: ModelSource | Sequence[ModelSource]) -> list[bytes]:
    """Bytes of the policy's models in its order, from files or bytes in any order. Raises PolicyError."""
    sources: Sequence[ModelSource] = [models] if isinstance(models, (str, os.PathLike, bytes)) else models
    given = {hashlib.sha256(content).hexdigest(): content for content in map(read_model_bytes, sources)}
    for model in policy.models:
        if model.sha256 not in given:
            others = ", ".join(sha256[:12] for sha256 in given) or "nothing"
            raise PolicyError(f"the policy is for {model.name} (sha256 {model.sha256[:12]}), not for {others}")
    return [given[model.sha256] for model in policy.models]


def check_numerics(policy: Policy) -> None:
    """Raises PolicyError when this library computes other bits than the one the policy was made with."""
    version = numerics_version()
    if policy.numerics_version != version:
        raise PolicyError(
            f"the policy holds for numerics version {policy.numerics_version}, this library has {version}; tune again"
        )


def check_validity(policy: Policy, time: datetime | None = None) -> None:
    """Raises PolicyError outside the time the policy may be followed."""
    time = time or now()
    if time < policy.validity.not_before:
        raise PolicyError(f"the policy holds from {policy.validity.not_before.isoformat()} on; is the clock right?")
    if policy.validity.not_after is not None and time > policy.validity.not_after:
        raise PolicyError(f"the policy held until {policy.validity.not_after.isoformat()}; certify a new one")
