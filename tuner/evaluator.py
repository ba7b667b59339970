"""Outputs of configurations on one set of samples, many configurations at a time, each run once and kept on disk."""

from __future__ import annotations

import copy
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

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

RUN_TOGETHER = 16
"""Samples whose whole answers are held at once where only some entries are kept."""

MOST_KEPT_BYTES = 32 * 1024 * 1024
"""Of one configuration's outputs on disk: larger ones are computed again."""

Outputs = NDArray[np.float32]
"""(samples, entries): one answer in a row, whatever its shape."""


class Evaluator:
    """Runs configurations over `samples`, (N, ...), with calibrated `scales` and those in the file `weights`.

    `rungs`: what the weights of some configurations' own are filed under; all others use those that all share.
    `model` names what is run, down to the bits: the same name, samples, scales, weights and configuration are looked up
    in the folder `cache` instead of run again. `entries`: which of an answer's are kept, all if None. `interpreter` is
    None where a subclass runs configurations by other means. Not thread-safe.
    """

    def __init__(
        self,
        interpreter: Tunable | None,
        samples: NDArray[Any],
        scales: Mapping[str, Scale],
        *,
        model: str,
        weights: Path | None = None,
        rungs: Mapping[Configuration, str] = NO_RUNGS,
        cache: Path | None = None,
        entries: NDArray[np.intp] | None = None,
    ) -> None:
        self.samples = samples
        self.scales = dict(scales)
        self._model = model
        self.weights = weights
        self._weights_hash = b"" if weights is None else hashlib.sha256(weights.read_bytes()).digest()
        self._rungs = rungs
        self._interpreter = interpreter
        self._cache = cache
        self._entries = entries
        self._identity = hashlib.sha256(f"{model} {samples.dtype.str} {samples.shape}".encode())
        self._identity.update(np.ascontiguousarray(samples).data)
        if entries is not None:
            self._identity.update(np.ascontiguousarray(entries, np.int64).data)

    def outputs(self, configurations: Iterable[Configuration]) -> Iterator[tuple[Configuration, Outputs]]:
        """Each different configuration with its outputs, known ones first."""
        missing = []
        for configuration in dict.fromkeys(configurations):
            known = self._load(configuration)
            if known is None:
                missing.append(configuration)
            else:
                yield configuration, known
        for configuration, outputs in self._computed(missing):
            self._keep(configuration, outputs)
            yield configuration, outputs

    def _computed(self, missing: Sequence[Configuration]) -> Iterator[tuple[Configuration, Outputs]]:
        assert self._interpreter is not None
        for begin in range(0, len(missing), LADDER_RUNGS):
            group = missing[begin : begin + LADDER_RUNGS]
            self._interpreter.set_ladder([self._spec(configuration) for configuration in group])
            for rung, configuration in enumerate(group):
                self._interpreter.rung = rung
                yield configuration, run_in_steps(self._interpreter, self.samples, self._entries)

    def on(self, indices: NDArray[np.intp], entries: NDArray[np.intp] | None = None) -> Self:
        """The same on some of the samples, or keeping some of the entries that this one keeps."""
        part = copy.copy(self)  # what a subclass runs configurations by stays
        Evaluator.__init__(
            part,
            self._interpreter,
            self.samples[indices],
            self.scales,
            model=self._model,
            weights=self.weights,
            rungs=self._rungs,
            cache=self._cache,
            entries=self._of_entries(entries),
        )
        return part

    def _of_entries(self, entries: NDArray[np.intp] | None) -> NDArray[np.intp] | None:
        if entries is None or self._entries is None:
            return self._entries if entries is None else entries
        return self._entries[entries]

    def _keep(self, configuration: Configuration, outputs: Outputs) -> None:
        if self._cache is not None and outputs.nbytes <= MOST_KEPT_BYTES:
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
        return rung_with(configuration, self.scales, self.weights, self._rungs.get(configuration, ""))

    def _file(self, configuration: Configuration, folder: Path) -> Path:
        digest = self._identity.copy()
        spec = self._spec(configuration)
        digest.update(spec.model_copy(update={"weights": None}).model_dump_json().encode())
        if spec.weights is not None:
            digest.update(self._weights_hash)
        return folder / f"{digest.hexdigest()[:32]}.npy"


def run_in_steps(interpreter: Tunable, samples: NDArray[Any], entries: NDArray[np.intp] | None) -> Outputs:
    """The selected rung on all samples, (samples, entries), a few at a time where only some entries are kept."""
    step = RUN_TOGETHER if entries is not None else max(len(samples), 1)
    parts = []
    for begin in range(0, len(samples), step):
        answers = interpreter.run_many(samples[begin : begin + step])
        flat = answers.reshape(len(answers), -1)
        parts.append((flat if entries is None else flat[:, entries]).astype(np.float32))
    return np.concatenate(parts)


def check_classes(shape: Sequence[int]) -> None:
    """Raises ModelError unless an answer of `shape`, batch axis left out, is one score for each of several classes."""
    sizes = [n for n in shape if n != 1]
    if len(sizes) != 1:
        raise ModelError(
            f"tuning compares the top class, but one answer of this model has shape {tuple(shape)}; "
            "say when such answers agree: --agreement label_share or mean_absolute, with a --tolerance"
        )
