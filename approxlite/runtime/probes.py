"""Inputs made from a seed, alike on every machine, and what a rung answers to them: a fingerprint of its bits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import ModelError, PolicyError
from approxlite.formats.policy import Policy, Probe
from approxlite.runtime.ladder import Ladder

PROBE_INPUTS = 2


def make_probe(ladder: Ladder, rung: int, seed: int) -> Probe:
    """What `rung` answers to `PROBE_INPUTS` inputs that `seed` makes."""
    inputs = probe_inputs(ladder.input_shape[1:], ladder.input_dtype, seed)
    outputs = hashlib.sha256()
    for x in inputs:
        outputs.update(np.ascontiguousarray(ladder.run(rung, x)).tobytes())
    return Probe(
        rung=rung,
        seed=seed,
        inputs_sha256=hashlib.sha256(inputs.tobytes()).hexdigest(),
        outputs_sha256=outputs.hexdigest(),
    )


def check_probes(policy: Policy, ladder: Ladder) -> None:
    """Raises PolicyError naming the first rung of the policy whose outputs are not the recorded ones, bit for bit."""
    for probe in policy.probes:
        if make_probe(ladder, probe.rung, probe.seed) != probe:
            raise PolicyError(
                f"rung {probe.rung} ({policy.ladder[probe.rung].configuration}) computes other bits here than where "
                "the policy was made; tune and certify on this device"
            )


def probe_inputs(shape: Sequence[int], dtype: np.dtype[Any], seed: int) -> NDArray[Any]:
    """(PROBE_INPUTS, *shape): floats uniform in [-1, 1), or bytes uniform over all values. Raises ModelError."""
    count = PROBE_INPUTS * int(np.prod(shape, dtype=np.int64))
    bits = _split_mix(seed, count)
    if dtype == np.float32:
        values: NDArray[Any] = ((bits >> np.uint64(40)).astype(np.float32) / np.float32(1 << 23)) - np.float32(1)
    elif dtype in (np.dtype(np.int8), np.dtype(np.uint8)):
        values = bits.astype(np.uint8).view(dtype)
    else:
        raise ModelError(f"the model takes {dtype}; policies are for models that take float32, int8 or uint8")
    return values.reshape(PROBE_INPUTS, *shape)


def _split_mix(seed: int, count: int) -> NDArray[np.uint64]:
    """The first `count` outputs of SplitMix64 (Steele, Lea and Flood 2014)."""
    state = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return result
