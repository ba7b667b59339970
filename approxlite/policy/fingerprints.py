"""Recognising samples: copies within a data set, and samples of one data set in another, whatever file they are in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SKETCH = 64
"""Fingerprints that stand for a whole set: of data that holds a tenth of it, one is missed in a thousand sets."""

_BYTES = 6

Indices = NDArray[np.intp]


def fingerprints(x: NDArray[Any]) -> list[str]:
    """One per sample of (N, ...): 12 hexadecimal digits, equal for samples that are equal bit for bit."""
    return [hashlib.blake2b(sample.tobytes(), digest_size=_BYTES).hexdigest() for sample in x]


def distinct(x: NDArray[Any]) -> Indices:
    """Where each sample of (N, ...) stands first, ascending: all of them, when none is a copy of another."""
    first: dict[str, int] = {}
    for index, fingerprint in enumerate(fingerprints(x)):
        first.setdefault(fingerprint, index)
    return np.array(list(first.values()), dtype=np.intp)


def sketch(x: NDArray[Any]) -> tuple[str, ...]:
    """The smallest `SKETCH` fingerprints: as good as drawn at random, and the same in whatever order samples stand."""
    return tuple(sorted(set(fingerprints(x)))[:SKETCH])


def found_in(x: NDArray[Any], known: Iterable[str]) -> Indices:
    """Which samples of `x` have a fingerprint that is `known`."""
    wanted = set(known)
    return np.flatnonzero([fingerprint in wanted for fingerprint in fingerprints(x)])
