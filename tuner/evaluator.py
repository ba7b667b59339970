"""Outputs of configurations on one set of samples, many configurations at a time, each run once and kept on disk."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.document import save_atomically
from approxlite.formats.errors import ModelError
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.scale import Scale
from approxlite.tuner.interpreter import Tunable

LADDER_RUNGS = 16
NO_RUNGS: Mapping[Configuration, str] = MappingProxyType({})

Outputs = NDArray[np.float32]
"""(samples, classes)."""


class Evaluator:
    """Runs configurations over `samples`, (N, ...), with calibrated `scales` and those in the file `weights`.

    `rungs`: what the weights of some configurations' own are filed under; all others use those that all share.
    `model` names what is run, down to the bits: the same name, samples, scales, weights and configuration are looked up
    in the folder `cache` instead of run again. Not thread-safe. Raises ModelError if the model's answer is not one
    score per class.
    """

    def __init__(
        self,
        interpreter: Tunable,
        samples: NDArray[Any],
        scales: Mapping[str, Scale],
        *,
        model: str,
        weights: Path | None = None,
        rungs: Mapping[Configuration, str] = NO_RUNGS,
        cache: Path | None = None,
    ) -> None:
        self.samples = samples
        self.scales = dict(scales)
        self._interpreter = interpreter
        self._cache = cache
        self._identity = hashlib.sha256(f"{model} {samples.dtype.str} {samples.shape}".encode())
        self._identity.update(np.ascontiguousarray(samples).data)
        self._weights = weights
        self._rungs = rungs
        self._weights_hash = b"" if weights is None else hashlib.sha256(weights.read_bytes()).digest()

    def outputs(self, configurations: Iterable[Configuration]) -> Iterator[tuple[Configuration, Outputs]]:
        """Each different configuration with its outputs, known ones first."""
        missing = []
        for configuration in dict.fromkeys(configurations):
            known = self._load(configuration)
            if known is None:
                missing.append(configuration)
            else:
                yield configuration, known
        for begin in range(0, len(missing), LADDER_RUNGS):
            group = missing[begin : begin + LADDER_RUNGS]
            self._interpreter.set_ladder([self._spec(configuration) for configuration in group])
            for rung, configuration in enumerate(group):
                self._interpreter.rung = rung
                outputs = scores(self._interpreter.run_many(self.samples))
                self._keep(configuration, outputs)
                yield configuration, outputs

    def _keep(self, configuration: Configuration, outputs: Outputs) -> None:
        if self._cache is not None:
            buffer = io.BytesIO()
            np.save(buffer, outputs)
            save_atomically(self._file(configuration, self._cache), buffer.getvalue())

    def _load(self, configuration: Configuration) -> Outputs | None:
        """None if it was never kept; a damaged file counts as that."""
        if self._cache is None:
            return None
        try:
            outputs: Outputs = np.load(self._file(configuration, self._cache), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return outputs if outputs.ndim == 2 and len(outputs) == len(self.samples) else None

    def _spec(self, configuration: Configuration) -> RungSpec:
        return rung_with(configuration, self.scales, self._weights, self._rungs.get(configuration, ""))

    def _file(self, configuration: Configuration, folder: Path) -> Path:
        digest = self._identity.copy()
        spec = self._spec(configuration)
        digest.update(spec.model_copy(update={"weights": None}).model_dump_json().encode())
        if spec.weights is not None:
            digest.update(self._weights_hash)
        return folder / f"{digest.hexdigest()[:32]}.npy"


def scores(outputs: NDArray[Any]) -> Outputs:
    """Outputs (N, ...) as (N, classes); axes of size 1 go. Raises ModelError unless one axis of classes is left."""
    sizes = [n for n in outputs.shape[1:] if n != 1]
    if len(sizes) != 1:
        raise ModelError(f"tuning compares the top class, but one answer of this model has shape {outputs.shape[1:]}")
    return outputs.reshape(len(outputs), sizes[0]).astype(np.float32)
