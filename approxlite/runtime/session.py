"""Running a model the way a policy says: the cheapest rung that is sure enough answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from numpy.typing import NDArray

from approxlite.formats.policy import Policy, load_policy
from approxlite.formats.trace import Reason
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.controller import Controller
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import check_probes
from approxlite.runtime.verification import check_numerics, check_validity, models_of


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered input.

    output: first output of the rung that answered, batch axis kept; the caller's to keep.
    rung, configuration: which rung of the ladder answered.
    reason: why it was accepted: "confident", "last_stage" or "not_finite".
    evidence: confidence of the output; NaN when it is not finite.
    rungs_run: every rung that ran on this input, in order; the last one answered.
    latency_ms: setting the input and running the model, every rung that ran included.
    """

    output: NDArray[Any]
    rung: int
    configuration: str
    reason: Reason
    evidence: float
    rungs_run: tuple[int, ...]
    latency_ms: float


class Session:
    """A policy at work on its models. Belongs to one thread at a time.

    with Session("policy.approx", "model.tflite") as session:
        answer = session.run(x)
    """

    def __init__(
        self,
        policy: Policy | str | os.PathLike[str],
        models: ModelSource | Sequence[ModelSource],
        *,
        variant: str | None = None,
        num_threads: int = 1,
    ) -> None:
        """`models` are the policy's models, files or bytes, in any order; `variant` names a kernel variant.

        num_threads: 1 to 16; the bits of our operators do not depend on it.

        Raises PolicyError when the policy is damaged, expired, for other models or numerics, names an operator or a
        knob that its model lacks, or when a rung computes other bits here than where the policy was made.
        """
        self.policy = policy if isinstance(policy, Policy) else load_policy(policy)
        check_numerics(self.policy)
        check_validity(self.policy)
        self._ladder = Ladder(
            models_of(self.policy, models),
            self.policy.ladder,
            weights=self.policy.weights,
            variant=variant,
            num_threads=num_threads,
        )
        check_probes(self.policy, self._ladder)
        rule = self.policy.rule
        self._controller = Controller(rule.stages, rule.confidence, self.policy.exact_rung)

    def run(self, x: NDArray[Any]) -> Answer:
        """Answers one sample, with or without batch axis."""
        rungs_run, nanoseconds = [], 0
        step = self._controller.begin()
        while not step.accepts:
            rungs_run.append(step.rung)
            output = self._ladder.run(step.rung, x)
            nanoseconds += self._ladder.last_ns
            step = self._controller.observe(output)
        configuration = self.policy.ladder[step.rung].configuration
        return Answer(
            output=output,
            rung=step.rung,
            configuration=configuration,
            reason=step.reason,
            evidence=step.evidence,
            rungs_run=tuple(rungs_run),
            latency_ms=nanoseconds / 1e6,
        )

    def close(self) -> None:
        """Frees the interpreters; nothing runs afterwards."""
        self._controller.close()
        self._ladder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
