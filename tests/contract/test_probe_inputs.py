"""Inputs of probes are the same bytes on desk and phone: ProbesTest.java reads the same cases."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from approxlite.runtime.probes import probe_inputs

CASES = [
    line.split()
    for line in (Path(__file__).parent / "probe_inputs.cases").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("dtype", "elements", "seed", "sha256"), CASES)
def test_a_seed_makes_the_same_bytes_everywhere(dtype: str, elements: str, seed: str, sha256: str) -> None:
    inputs = probe_inputs((int(elements),), np.dtype(dtype), int(seed))
    assert hashlib.sha256(inputs.tobytes()).hexdigest() == sha256
