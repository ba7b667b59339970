"""What every rung of a ladder answers on a set of samples, kept so that any rule can be replayed over it.

Of answers that are class scores the scores are kept, because confidences are read from them. Of all others, which can
be megabytes each, only how far they are from exact's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.errors import ModelError
from approxlite.formats.policy import ClassMap, Policy, Stage
from approxlite.formats.rule import Rule
from approxlite.formats.trace import Reason
from approxlite.runtime.agreement import Agreement
from approxlite.runtime.controller import CandidateFacts, Confidence, Controller, RungFacts
from approxlite.runtime.ladder import Runner

_BLOCK_BYTES = 64 * 1024 * 1024
"""Exact answers held at a time while rungs are compared with them."""


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

    outputs: by rung, (samples, classes) float32. Of answers that are not class scores (samples, 1) stand in: 0, or NaN
    where one is not finite; no confidence can be read from them.
    losses: (rungs, samples) float32, how far each answer is from the exact rung's, by `agreement`.
    latencies_ms: (rungs, samples), as measured in that one run.
    class_maps: by rung; () where all rungs have exact's classes.
    """

    outputs: Sequence[NDArray[np.float32]]
    losses: NDArray[np.float32]
    latencies_ms: NDArray[np.float64]
    exact_rung: int
    agreement: AgreementRule = TOP_ONE
    class_maps: Sequence[ClassMap] = ()

    @property
    def samples(self) -> int:
        return int(self.losses.shape[1])

    @property
    def has_scores(self) -> bool:
        """Whether answers are class scores, so that there are confidences and cascades."""
        return self.agreement.loss == "top_one"

    @property
    def differs(self) -> NDArray[np.bool_]:
        """(rungs, samples): whether the answer is not exact's, as the phone's 32 bits have it."""
        beyond: NDArray[np.bool_] = self.losses > np.float32(self.agreement.tolerance)
        return beyond

    def class_map(self, rung: int) -> ClassMap:
        return self.class_maps[rung] if self.class_maps else None

    def answers(self) -> NDArray[np.intp]:
        """(rungs, samples): see `answers_of`, in exact's classes."""
        return np.stack([in_classes(answers_of(o), self.class_map(r)) for r, o in enumerate(self.outputs)])

    def replay(self, stages: Sequence[Stage], confidence: Confidence) -> list[Inference]:
        """What a session with these stages does on each sample. A test holds it to the real session."""
        rungs = [RungFacts(class_map=self.class_map(rung)) for rung in range(len(self.outputs))]
        exact = CandidateFacts((Stage(rung=self.exact_rung),))
        with Controller(
            rungs,
            (exact, CandidateFacts(stages)),
            Rule(kind="fixed", confidence=confidence, candidate=1),
            exact_rung=self.exact_rung,
            output_count=max(output.shape[1] for output in self.outputs),
        ) as controller:
            return [self._replay(controller, sample) for sample in range(self.samples)]

    def disagrees(self, inferences: Sequence[Inference]) -> NDArray[np.bool_]:
        """(samples,): whether the answer is not the exact rung's."""
        rungs = [inference.rung for inference in inferences]
        answered: NDArray[np.bool_] = self.differs[rungs, np.arange(self.samples)]
        return answered

    def _replay(self, controller: Controller, sample: int) -> Inference:
        rungs_run = []
        step = controller.begin()
        while not step.accepts:
            rungs_run.append(step.rung)
            step = controller.observe(self.outputs[step.rung][sample])
        return Inference(tuple(rungs_run), step.reason, step.evidence)


def collect(
    runner: Runner,
    rungs: int,
    exact_rung: int,
    x: NDArray[Any],
    agreement: AgreementRule = TOP_ONE,
    class_maps: Sequence[ClassMap] = (),
) -> Outcomes:
    """Runs each of `rungs` rungs on each sample of `x`, exact first, on as many samples at a time as memory allows.

    Raises ModelError when answers cannot be compared, or are not one score per class although top classes are to be.
    """
    compare = Agreement(agreement)
    order = [exact_rung, *(rung for rung in range(rungs) if rung != exact_rung)]
    kept: list[list[NDArray[np.float32]]] = [[] for _ in range(rungs)]
    losses, latencies = np.zeros((rungs, len(x)), np.float32), np.zeros((rungs, len(x)))
    begin, block = 0, 1
    while begin < len(x):
        samples = slice(begin, min(begin + block, len(x)))
        for rung in order:
            answers = []
            for sample in range(samples.start, samples.stop):
                output = runner.run(rung, x[sample])
                latencies[rung, sample] = runner.last_ns / 1e6
                answers.append(comparable(output, agreement))
            values = np.stack(answers)
            if rung == exact_rung:
                exact = values
            class_map = class_maps[rung] if class_maps else None
            losses[rung, samples] = compare.losses(exact, values, class_map)
            kept[rung].append(values if agreement.loss == "top_one" else _stand_in(values))
        begin = samples.stop
        block = max(1, _BLOCK_BYTES // max(1, exact[0].nbytes))
    outputs = tuple(np.concatenate(each) for each in kept)
    return Outcomes(outputs, losses, latencies, exact_rung, agreement, class_maps)


def collect_policy(runner: Runner, policy: Policy, x: NDArray[Any]) -> Outcomes:
    """Runs every rung of the policy's ladder on each sample of `x`. Raises ModelError as `collect` does."""
    return collect(runner, len(policy.ladder), policy.exact_rung, x, policy.agreement, rung_class_maps(policy))


def rung_class_maps(policy: Policy) -> list[ClassMap]:
    """By rung of the ladder."""
    return [policy.class_maps[rung.model] if policy.class_maps else None for rung in policy.ladder]


def of_scores(
    outputs: Sequence[NDArray[np.float32]],
    latencies_ms: NDArray[np.float64],
    exact_rung: int,
    class_maps: Sequence[ClassMap] = (),
) -> Outcomes:
    """Outcomes of class scores that are already there: by rung, (samples, classes)."""
    compare = Agreement(TOP_ONE)
    maps = class_maps or [None] * len(outputs)
    losses = [compare.losses(outputs[exact_rung], each, mapped) for each, mapped in zip(outputs, maps, strict=True)]
    return Outcomes(tuple(outputs), np.stack(losses), latencies_ms, exact_rung, TOP_ONE, class_maps)


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


def in_classes(answers: NDArray[np.intp], class_map: ClassMap) -> NDArray[np.intp]:
    """Answers (-1: none) as classes of exact."""
    return answers if class_map is None else np.append(np.asarray(class_map, np.intp), -1)[answers]


def scores(output: NDArray[Any]) -> NDArray[np.float32]:
    """(classes,) of one sample's output; axes of size 1 go. Raises ModelError unless one axis is left."""
    sizes = [n for n in output.shape if n != 1]
    if len(sizes) != 1:
        raise ModelError(
            f"answers are compared by their top class, but one answer of this model has shape {output.shape}; "
            "choose another --agreement"
        )
    return np.asarray(output, np.float32).reshape(sizes[0])


def comparable(output: NDArray[Any], agreement: AgreementRule) -> NDArray[np.float32]:
    """(entries,) of one sample's output, as `agreement` compares it. Raises ModelError as `scores` does."""
    return scores(output) if agreement.loss == "top_one" else np.asarray(output, np.float32).reshape(-1)


def _stand_in(answers: NDArray[np.float32]) -> NDArray[np.float32]:
    """(samples, 1) for answers that no confidence is read from."""
    finite = np.isfinite(answers).all(axis=1, keepdims=True)
    return np.where(finite, np.float32(0), np.float32(np.nan))
