"""Calibrates one model on its tuning samples and tries it on its test samples."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from models import Model
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration, Knob
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.weights import Calibrated, Owner, owners_of, pack_calibrated, pack_weights
from approxlite.model.linear import LinearOperator, load_linear_operators
from approxlite.runtime import Interpreter
from approxlite.tuner.calibration import Calibration, calibrate, recalibrate

Share = tuple[float, float, float]
"""Value and 95 % interval."""

FRACTIONS = ("3/4", "1/2", "1/4")
DEEP = (0.1, 0.25)
"""Disagreement on tuning samples, with the weights that all rungs share, of the rungs that are recalibrated."""

TOLERANCES = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.2)
MOST_TEST_SAMPLES = 500
RESAMPLES = 1000


@dataclass(frozen=True)
class Alone:
    """One operator at a time: the mean disagreement of `knob` over `operators`, as a share of what sampling does."""

    knob: str
    operators: int
    disagreement: Share
    of_sampling: Share | None


@dataclass(frozen=True)
class Rung:
    """computed: share of the model's multiply-accumulates. remaining: recalibrated disagreement over shared.

    seconds: of one processor.
    """

    configuration: str
    computed: float
    tuning: float
    shared: Share
    recalibrated: Share
    remaining: Share
    seconds: float


@dataclass(frozen=True)
class Measured:
    """operators: calibrated ones. seconds: of one processor, to calibrate all their knobs, whatever else runs."""

    model: str
    tuning: int
    test: int
    operators: int
    seconds: float
    same_twice: bool
    alone: list[Alone]
    rungs: list[Rung]


def measure(name: str, model: Model, collection: Path) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        return _Trial(name, model, collection, Path(folder)).measured()


class _Trial:
    def __init__(self, name: str, model: Model, collection: Path, folder: Path) -> None:
        self.name, self.model, self.folder = name, model, folder
        self.path = collection / f"{model.file}.tflite"
        self.interpreter = Interpreter(self.path)
        self.interpreter.allocate_tensors()
        self.tuning, self.test = (self._typed(model.samples(collection, part)) for part in ("tuning", "test"))
        self.test = self.test[:: -(-len(self.test) // MOST_TEST_SAMPLES)]
        self.exact = {id(x): self._classes(RungSpec(configuration="exact"), x) for x in (self.tuning, self.test)}
        self.linear = load_linear_operators(self.path)[1]
        self.knobs = {
            operator.id: [knob for knob in operator.knobs if Knob.parse(knob).calibrated_atom]
            for operator in self.interpreter.operators
            if operator.id in self.linear
        }

    def measured(self) -> Measured:
        begin = time.process_time()
        calibration = calibrate(self.path, self.interpreter, self.tuning, self.knobs)
        seconds = time.process_time() - begin
        again = calibrate(self.path, self.interpreter, self.tuning, self.knobs)
        self.scales, self.shared = calibration.scales, self._written("shared", calibration.weights)
        alone = [one for knob in self._tried() if (one := self._alone(knob)) is not None]
        return Measured(
            self.name,
            len(self.tuning),
            len(self.test),
            len({owner.operator for owner in calibration.weights}),
            seconds,
            _bytes(calibration.weights) == _bytes(again.weights),
            alone,
            [self._rung(calibration, configuration) for configuration in self._deep()],
        )

    def _tried(self) -> list[str]:
        return [*(f"inputs:{fraction}" for fraction in FRACTIONS), "rank:1/2"]

    def _alone(self, knob: str) -> Alone | None:
        chosen = [name for name, op in self.linear.items() if knob in self.knobs.get(name, ()) and self._counts(op)]
        if not chosen:
            return None
        harms = self._harms(chosen, knob)
        sampling = knob.replace("inputs", "sample")
        all_sample = all(sampling in operator.knobs for operator in self.interpreter.operators if operator.id in chosen)
        compared = sampling != knob and all_sample
        beside = self._harms(chosen, sampling) if compared else None
        return Alone(knob, len(chosen), _interval(harms), None if beside is None else _interval(harms, beside))

    def _counts(self, op: LinearOperator) -> bool:
        return not op.flat and self.model.counts(op)

    def _harms(self, operators: Sequence[str], knob: str) -> NDArray[np.float64]:
        """(test samples,): the share of the operators with which each is answered otherwise."""
        configurations = [Configuration.of({operator: Knob.parse(knob)}) for operator in operators]
        return np.mean([self._differs(c, self.shared, self.test) for c in configurations], axis=0)

    def _deep(self) -> list[Configuration]:
        """Of rungs in which each operator reads as little as its own disagreement tolerates, those nearest `DEEP`."""
        plain = "int8" if any("int8" in operator.knobs for operator in self.interpreter.operators) else "exact"
        ladder = [plain, *(f"inputs:{f}" if plain == "exact" else f"int8+inputs:{f}" for f in FRACTIONS)]
        harms: dict[str, list[float]] = {}
        for operator in self.interpreter.operators:
            usable = [knob for knob in ladder if knob in operator.knobs]
            alone = [Configuration.of({operator.id: Knob.parse(knob)}) for knob in usable]
            harms[operator.id] = [float(self._differs(one, self.shared, self.tuning).mean()) for one in alone]
        rungs = {}
        for tolerance in TOLERANCES:
            knobs = {}
            for operator in self.interpreter.operators:
                usable = [knob for knob in ladder if knob in operator.knobs]
                allowed = [k for k, harm in zip(usable, harms[operator.id], strict=True) if harm <= tolerance]
                knobs[operator.id] = Knob.parse((allowed or usable[:1] or ["exact"])[-1])
            configuration = Configuration.of(knobs)
            if owners_of(str(configuration)) and configuration not in rungs:
                rungs[configuration] = float(self._differs(configuration, self.shared, self.tuning).mean())
        nearest = [min(rungs, key=lambda c: abs(rungs[c] - depth)) for depth in DEEP] if rungs else []
        return list(dict.fromkeys(nearest))

    def _rung(self, calibration: Calibration, configuration: Configuration) -> Rung:
        begin = time.process_time()
        own = recalibrate(self.path, self.interpreter, configuration, calibration, self.tuning, "deep")
        seconds = time.process_time() - begin
        weights = self._written(f"deep-{id(configuration)}", {**calibration.weights, **own})
        shared, recalibrated = (self._differs(configuration, weights, self.test, name) for name in ("", "deep"))
        works = {op.id: op.multiply_accumulates for op in self.interpreter.operators}
        done = sum(w * float(configuration.knob(op).fraction("inputs")) for op, w in works.items())
        return Rung(
            str(configuration),
            done / sum(works.values()),
            float(self._differs(configuration, weights, self.tuning).mean()),
            _interval(shared),
            _interval(recalibrated),
            _interval(recalibrated, shared),
            seconds,
        )

    def _differs(
        self, configuration: Configuration, weights: Path, x: NDArray[Any], name: str = ""
    ) -> NDArray[np.float64]:
        """(samples,): 1 where the answer is not exact's."""
        return (self._classes(rung_with(configuration, self.scales, weights, name), x) != self.exact[id(x)]) * 1.0

    def _written(self, name: str, weights: Mapping[Owner, Calibrated]) -> Path:
        file = self.folder / f"{name}.bin"
        file.write_bytes(_bytes(weights))
        return file

    def _classes(self, rung: RungSpec, x: NDArray[Any]) -> NDArray[np.intp]:
        self.interpreter.set_ladder([rung])
        return self.interpreter.run_many(x).reshape(len(x), -1).argmax(axis=1)

    def _typed(self, x: NDArray[Any]) -> NDArray[Any]:
        """As the model's input takes them."""
        details = self.interpreter.get_input_details()[0]
        x = np.ascontiguousarray(x.reshape(-1, *details["shape"][1:]), np.float32)
        if details["dtype"] == np.float32:
            return x
        scale, zero_point = details["quantization"]
        limits = np.iinfo(details["dtype"])
        return np.clip(np.rint(x / scale + zero_point), limits.min, limits.max).astype(details["dtype"])


def _bytes(weights: Mapping[Owner, Calibrated]) -> bytes:
    return pack_weights(pack_calibrated(weights))


def _interval(values: NDArray[np.float64], beside: NDArray[np.float64] | None = None) -> Share:
    """The mean over samples, or the ratio to another's, with its bootstrap interval."""
    rng = np.random.default_rng(0)
    picks = rng.integers(len(values), size=(RESAMPLES, len(values)))

    def share(indices: NDArray[np.int64]) -> NDArray[np.float64]:
        means = values[indices].mean(axis=-1)
        return np.asarray(means if beside is None else means / np.maximum(beside[indices].mean(axis=-1), 1e-9))

    low, high = np.quantile(share(picks), (0.025, 0.975))
    return float(share(np.arange(len(values)))), float(low), float(high)
