"""Running a model the way a policy says: the cheapest rung that is sure enough answers."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.policy import Policy, load_policy
from approxlite.formats.trace import Reason
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.controller import Context, Controller, Step, clock
from approxlite.runtime.input_change import InputChange
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import check_probes
from approxlite.runtime.verification import check_numerics, check_validity, models_of


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered input.

    output: first output of the rung that answered, batch axis kept; the caller's to keep.
    rung, configuration: which rung of the ladder answered.
    candidate: of the policy, -1 for a pinned rung. chosen: why it was picked, on evidence `chosen_evidence`.
    reason: why the answer was accepted, e.g. "confident", "last_stage", "not_finite", or "unchanged" for the answer to
    an input before.
    evidence: confidence of the output, NaN when it is not finite; of "unchanged" how much the input did change.
    rungs_run: every rung that ran on this input, in order; the last one answered. None for "unchanged".
    latency_ms: setting the input and running the model, every rung that ran included.
    """

    output: NDArray[Any]
    rung: int
    configuration: str
    candidate: int
    chosen: Reason
    chosen_evidence: float
    reason: Reason
    evidence: float
    rungs_run: tuple[int, ...]
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Check:
    """What came of checking an answer against exact. loss: how far it was off; probability: it was drawn with."""

    agrees: bool
    loss: float
    probability: float


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
        guard: ctypes.c_void_p | None = None,
    ) -> None:
        """`models` are the policy's models, files or bytes, in any order; `variant` names a kernel variant.

        num_threads: 1 to 16; the bits of our operators do not depend on it. guard: an `approx_guard` that outlives the
        session and draws which answers are checked; None: none are.

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
        self._controller = Controller.of(self.policy, output_count=self._ladder.output_count, guard=guard)
        self._reuses = any(candidate.reuse_change is not None for candidate in self.policy.candidates)
        self._change = InputChange(self.policy.input_rms if self._reuses or guard is not None else None)
        self._before: NDArray[Any] | None = None  # the answer given last, where it may be given again
        self._unchecked: tuple[NDArray[Any], Step] | None = None
        self.last_check: Check | None = None
        """Of the answer checked last; None before the first."""

    def run(self, x: NDArray[Any], context: Context | None = None) -> Answer:
        """Answers one sample, with or without batch axis. An answer drawn to be checked is checked in the next call, or
        in `finish`, so that nobody waits for it.

        context: what is known; its time and input change are filled in unless given.
        """
        self.finish()
        first = step = self._controller.begin(self._filled(context or Context(), x))
        rungs_run: list[int] = []
        nanoseconds = 0
        while step.action == "run":
            rungs_run.append(step.rung)
            output = self._ladder.run(step.rung, x)
            nanoseconds += self._ladder.last_ns
            step = self._controller.observe(output, self._ladder.last_ns / 1e6)
        if step.action == "reuse":
            assert self._before is not None, "the controller gives an answer again only after one"
            output = self._before.copy()
        else:
            self._change.keep(x)
            self._before = output.copy() if self._reuses else None
        after = self._controller.finish()
        if after.action == "check":
            self._unchecked = (np.array(x), after)
        return Answer(
            output=output,
            rung=step.rung,
            configuration=self.policy.ladder[step.rung].configuration,
            candidate=first.candidate,
            chosen=first.reason,
            chosen_evidence=first.evidence,
            reason=step.reason,
            evidence=step.evidence,
            rungs_run=tuple(rungs_run),
            latency_ms=nanoseconds / 1e6,
        )

    def finish(self) -> Check | None:
        """Makes the check that the last answer was drawn for, if it was and it has not been made yet."""
        if self._unchecked is None:
            return None
        (x, asked), self._unchecked = self._unchecked, None
        output = self._ladder.run(asked.rung, x)
        found = self._controller.check(output, self._ladder.last_ns / 1e6)
        self.last_check = Check(found.reason == "agrees", found.evidence, asked.evidence)
        return self.last_check

    def pin(self, rung: int) -> None:
        """From the next input on always `rung`, unless an alarm asks for exact. ValueError for a rung there is not."""
        self._controller.pin(rung)

    def unpin(self) -> None:
        """The rule decides again."""
        self._controller.pin(None)

    def close(self) -> None:
        """Frees the interpreters; nothing runs afterwards. A check that was not made is dropped; see `finish`."""
        self._unchecked = None
        self._controller.close()
        self._ladder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _filled(self, context: Context, x: NDArray[Any]) -> Context:
        time_s = clock() if np.isnan(context.time_s) else context.time_s
        change = self._change.of(x) if np.isnan(context.input_change) else context.input_change
        return replace(context, time_s=time_s, input_change=change)
