"""Which devices count as alike: what a policy may be tied to, and what the service app calls its phone.

`dev.approxlite.context.DeviceClass` computes the same; tests/contract/device_class.json holds both to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

UNKNOWN = "unknown"
"""What Android calls a property that is not set."""


def device_class(hardware: str, board: str, abis: Sequence[str], build: str, features: Sequence[str]) -> str:
    """16 hexadecimal digits; equal for equal hardware and system build.

    Everything in it can be read by the shell and by an app: properties `ro.hardware` and `ro.product.board`,
    `ro.product.cpu.abilist`, `ro.build.fingerprint`, and the instruction sets that every core in /proc/cpuinfo has, in
    any order. A property that is not set is empty or "unknown".
    """
    lines = [hardware, board, ",".join(abis), build, " ".join(sorted(features))]
    identity = "\n".join("" if line == UNKNOWN else line for line in lines)
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
