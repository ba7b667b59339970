"""What every rung answers to every sample, and what it costs: all that a simulation needs of a ladder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.device_model import DeviceModel
from approxlite.formats.errors import InputError
from approxlite.formats.policy import Policy
from approxlite.policy.outcomes import Outcomes
from approxlite.runtime.agreement import Agreement
from approxlite.runtime.controller import Confidence, RungFacts
from approxlite.runtime.ladder import Runner
from approxlite.runtime.simulator import RecordedRung

MOST_BYTES = 2 << 30

ClassMap = tuple[int, ...] | None


@dataclass(frozen=True)
class Recording:
    """outputs: by rung, (samples, entries) float32. cost_ms, slow_ms: by rung, median and 99th percentile here.

    inputs: (samples, ...), over the root mean square of calibration inputs, whose difference is the input change that
    sessions go by; None where nothing may be reused.
    """

    outputs: tuple[NDArray[np.float32], ...]
    cost_ms: tuple[float, ...]
    slow_ms: tuple[float, ...]
    exact_rung: int
    confidence: Confidence
    inputs: NDArray[Any] | None = None
    agreement: AgreementRule = TOP_ONE
    class_maps: tuple[ClassMap, ...] = ()

    @property
    def samples(self) -> int:
        return len(self.outputs[0])

    def differs(self) -> NDArray[np.bool_]:
        """(rungs, samples): whether the answer is not exact's."""
        agreement, exact = Agreement(self.agreement), self.outputs[self.exact_rung]
        return np.stack([agreement.differs(exact, each, self.class_map(r)) for r, each in enumerate(self.outputs)])

    def class_map(self, rung: int) -> ClassMap:
        return self.class_maps[rung] if self.class_maps else None

    def on(self, device: DeviceModel) -> list[RecordedRung]:
        """The rungs at the device's speed and power, with its tail."""
        slow = self.slow_ms if device.tail is None else [device.tail * ms for ms in self.cost_ms]
        return [
            RecordedRung(
                outputs=each,
                cost_ms=self.cost_ms[rung] * device.slower,
                slow_ms=slow[rung] * device.slower,
                energy_mj=self.cost_ms[rung] * device.slower * device.run_w,
                class_map=self.class_map(rung),
            )
            for rung, each in enumerate(self.outputs)
        ]

    def facts(self, device: DeviceModel) -> list[RungFacts]:
        """What a session on that device is told of the rungs: the truth, as if they had been profiled there."""
        return [
            RungFacts(rung.cost_ms, rung.slow_ms, rung.energy_mj or math.nan, rung.class_map)
            for rung in self.on(device)
        ]

    @property
    def output_count(self) -> int:
        """Most entries of an output."""
        return max(int(output.shape[1]) for output in self.outputs)


def answers(runner: Runner, rungs: int, x: NDArray[Any]) -> tuple[list[NDArray[np.float32]], NDArray[np.float64]]:
    """By rung, (samples, entries) outputs, and (rungs, samples) milliseconds. Raises InputError when it is too much."""
    outputs: list[NDArray[np.float32]] = []
    times = np.zeros((rungs, len(x)))
    for rung in range(rungs):
        rows = []
        for sample, each in enumerate(x):
            rows.append(np.asarray(runner.run(rung, each), np.float32).ravel())
            times[rung, sample] = runner.last_ns / 1e6
            if rows[0].nbytes * len(x) * rungs > MOST_BYTES:
                raise InputError(
                    f"{rungs} rungs times {len(x)} answers of {rows[0].nbytes} bytes are more than the {MOST_BYTES} "
                    "bytes a recording may have; give fewer samples"
                )
        outputs.append(np.stack(rows))
    return outputs, times


def recording_of(outcomes: Outcomes, policy: Policy, x: NDArray[Any]) -> Recording:
    """The ladder of `policy` on `x`, from what collecting its answers found.

    Of answers that are not class scores only losses were kept. A loss stands in for such an answer, and is compared
    with exact's, 0, so that the same answers differ.
    """
    scores = outcomes.has_scores
    stand_ins = [np.where(np.isfinite(o), loss[:, np.newaxis], o)
                 for o, loss in zip(outcomes.outputs, outcomes.losses, strict=True)] if not scores else []  # fmt: skip
    by_loss = AgreementRule(loss="root_mean_square", tolerance=outcomes.agreement.tolerance)
    median = np.median(outcomes.latencies_ms, axis=1)
    watched = policy.guard is not None or any(each.reuse_change is not None for each in policy.candidates)
    changing = policy.input_rms is not None and watched
    return Recording(
        outputs=tuple(outcomes.outputs) if scores else tuple(np.asarray(each, np.float32) for each in stand_ins),
        cost_ms=tuple(median),
        slow_ms=tuple(np.maximum(np.quantile(outcomes.latencies_ms, 0.99, axis=1), median)),
        exact_rung=outcomes.exact_rung,
        confidence=policy.rule.confidence,
        inputs=np.asarray(x, np.float32) / np.float32(policy.input_rms) if changing else None,
        agreement=outcomes.agreement if scores else by_loss,
        class_maps=tuple(outcomes.class_maps) if scores else (),
    )


def confidence_table(
    recording: Recording, rungs: Sequence[int], labels: NDArray[np.integer[Any]] | None = None
) -> NDArray[np.float32]:
    """(rungs, classes, 2) float32: mean largest entry where the answer was that class and wrong, and where right; NaN
    where there was none. What Mobiprox's confidence engine goes by.

    labels: (samples,), the right class, below 0 where there is none; without them exact's answers are right.
    """
    exact = recording.outputs[recording.exact_rung]
    table = np.full((len(rungs), exact.shape[1], 2), np.nan, np.float32)
    truth = exact.argmax(axis=1) if labels is None else labels
    for place, rung in enumerate(rungs):
        output = recording.outputs[rung]
        tops, largest, mapped = output.argmax(axis=1), output.max(axis=1), recording.class_map(rung)
        tops = tops if mapped is None else np.array(mapped)[tops]
        for number in range(exact.shape[1]):
            for right in (0, 1):
                of = largest[(tops == number) & (truth >= 0) & ((tops == truth) == bool(right))]
                if len(of):
                    table[place, number, right] = of.mean()
    return table
