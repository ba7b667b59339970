"""What every rung of a ladder answers on a set of samples, kept so that any rule can be replayed over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import ModelError
from approxlite.formats.policy import Stage
from approxlite.formats.trace import Reason
from approxlite.runtime.controller import Confidence, Controller
from approxlite.runtime.ladder import Runner


@dataclass(frozen=True)
class Inference:
    """How one sample is answered: which rungs run, in order, and why the last one's answer is accepted."""

    rungs_run: tuple[int, ...]
    reason: Reason
    evidence: float

    @property
    def rung(self) -> int:
        """The one that answers."""
        return self.rungs_run[-1]


@dataclass(frozen=True)
class Outcomes:
    """Outputs of every rung on every sample, each run once.

    outputs: (rungs, samples, classes) float32. latencies_ms: (rungs, samples), as measured in that one run.
    """

    outputs: NDArray[np.float32]
    latencies_ms: NDArray[np.float64]
    exact_rung: int

    @property
    def samples(self) -> int:
        return int(self.outputs.shape[1])

    def answers(self) -> NDArray[np.intp]:
        """(rungs, samples): see `answers_of`."""
        return answers_of(self.outputs)

    def replay(self, stages: Sequence[Stage], confidence: Confidence) -> list[Inference]:
        """What a session with these stages does on each sample. A test holds it to the real session."""
        with Controller(stages, confidence, self.exact_rung) as controller:
            return [self._replay(controller, sample) for sample in range(self.samples)]

    def disagrees(self, inferences: Sequence[Inference]) -> NDArray[np.bool_]:
        """(samples,): whether the answer is another class than the exact rung's."""
        answers = self.answers()
        answered = answers[[inference.rung for inference in inferences], np.arange(self.samples)]
        differs: NDArray[np.bool_] = answered != answers[self.exact_rung]
        return differs

    def _replay(self, controller: Controller, sample: int) -> Inference:
        rungs_run = []
        step = controller.begin()
        while not step.accepts:
            rungs_run.append(step.rung)
            step = controller.observe(self.outputs[step.rung, sample])
        return Inference(tuple(rungs_run), step.reason, step.evidence)


def collect(runner: Runner, rungs: int, exact_rung: int, x: NDArray[Any]) -> Outcomes:
    """Runs each of `rungs` rungs on each sample of `x`. Raises ModelError unless an output is one score per class."""
    outputs, latencies = [], []
    for rung in range(rungs):
        for sample in x:
            outputs.append(scores(runner.run(rung, sample)))
            latencies.append(runner.last_ns / 1e6)
    shape = (rungs, len(x))
    return Outcomes(np.stack(outputs).reshape(*shape, -1), np.array(latencies).reshape(shape), exact_rung)


def answered_shares(rungs_run: Sequence[tuple[int, ...]], rungs: int) -> tuple[float, ...]:
    """Share of inputs that each of `rungs` rungs answers, given what ran on each input."""
    counts = np.bincount([ran[-1] for ran in rungs_run], minlength=rungs)
    return tuple(float(count) / len(rungs_run) for count in counts)


def reached_shares(rungs_run: Sequence[tuple[int, ...]], stages: Sequence[Stage]) -> tuple[float, ...]:
    """Share of inputs that run each stage, given what ran on each input."""
    return tuple(sum(stage.rung in ran for ran in rungs_run) / len(rungs_run) for stage in stages)


def answers_of(outputs: NDArray[np.float32]) -> NDArray[np.intp]:
    """(..., classes) -> (...): the class of the largest score, the first on a tie; -1 if a score is not finite."""
    return np.where(np.isfinite(outputs).all(axis=-1), outputs.argmax(axis=-1), -1)


def scores(output: NDArray[Any]) -> NDArray[np.float32]:
    """(classes,) of one sample's output; axes of size 1 go. Raises ModelError unless one axis is left."""
    sizes = [n for n in output.shape if n != 1]
    if len(sizes) != 1:
        raise ModelError(
            f"answers are compared by their top class, but one answer of this model has shape {output.shape}"
        )
    return np.asarray(output, np.float32).reshape(sizes[0])
