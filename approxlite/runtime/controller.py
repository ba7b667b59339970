"""The step machine of `controller.h`: which rung runs next, when an answer is accepted, and whether it is checked."""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, Self, cast

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.errors import PolicyError
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Policy, Stage
from approxlite.formats.rule import Confidence, Rule, RuleKind
from approxlite.formats.trace import Reason
from approxlite.runtime.agreement import NativeAgreement
from approxlite.runtime.controller_abi import (
    NativeCandidate,
    NativeContext,
    NativeOptions,
    NativeRule,
    NativeRung,
    NativeStage,
    NativeStep,
    bind,
)

__all__ = [
    "CandidateFacts",
    "Confidence",
    "Context",
    "Controller",
    "RungFacts",
    "Step",
    "clock",
    "confidence_of",
    "reason_of",
]

Action = Literal["run", "accept", "reuse", "check", "done"]
_ACTIONS: tuple[Action, ...] = ("run", "accept", "reuse", "check", "done")
_CONFIDENCES: dict[Confidence, int] = {"top_two_ratio": 0, "top_two_difference": 1}
_RULES: tuple[RuleKind, ...] = (
    "fixed", "naive", "state", "kalman", "confidence", "budget", "deadline", "thermal", "auto",
)  # fmt: skip
_UNKNOWN = math.nan
_NOT_READY = 3


@dataclass(frozen=True, slots=True)
class RungFacts:
    """One rung as measured: median and 99th percentile of its latency, energy of one inference; NaN: not measured.

    class_map: for each of its classes exact's class it stands for, -1 for none; None: the same.
    """

    cost_ms: float = _UNKNOWN
    slow_ms: float = _UNKNOWN
    energy_mj: float = _UNKNOWN
    class_map: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class CandidateFacts:
    """One way of answering. energy_mj: mean, escalations included; NaN: not measured. reuse_change: negative: never."""

    stages: Sequence[Stage]
    energy_mj: float = _UNKNOWN
    reuse_change: float = -1.0


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when an input arrives; NaN, and None for charging: unknown.

    time_s: of a clock that never goes back. input_change: from the last input that ran. deadline_ms: left for this
    input. battery: charge, 0 to 1. thermal_headroom: as Android gives it; 1.0 is severe.
    """

    time_s: float = _UNKNOWN
    input_change: float = _UNKNOWN
    deadline_ms: float = _UNKNOWN
    battery: float = _UNKNOWN
    charging: bool | None = None
    thermal_headroom: float = _UNKNOWN


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next, why, and on what evidence: `approx_step`. candidate: -1 for a pinned rung."""

    action: Action
    rung: int
    reason: Reason
    evidence: float
    candidate: int

    @property
    def accepts(self) -> bool:
        """Whether the input has its answer."""
        return self.action in ("accept", "reuse")


class Controller:
    """One input at a time: `begin`; `observe` each output asked for until a step accepts; `finish`; maybe `check`.

    Belongs to one thread at a time. Raises PolicyError when the options cannot be followed.
    """

    def __init__(
        self,
        rungs: Sequence[RungFacts],
        candidates: Sequence[CandidateFacts],
        rule: Rule,
        *,
        exact_rung: int,
        certified: int | None = None,
        agreement: AgreementRule = TOP_ONE,
        guard: ctypes.c_void_p | None = None,
        output_count: int = 1,
        from_s: float | None = None,
    ) -> None:
        """`candidates`, the first one exact alone, of which the first `certified` may be followed (None: all).

        guard: an `approx_guard` that outlives this; without one nothing is checked. output_count: most entries of an
        output. from_s: what the clock of contexts says now, for battery targets; None: `clock()`.
        """
        self._native = bind()
        maps = [None if rung.class_map is None else (ctypes.c_int32 * len(rung.class_map))(*rung.class_map)
                for rung in rungs]  # fmt: skip
        stages = [(NativeStage * len(c.stages))(*(NativeStage(s.rung, s.threshold or 0.0) for s in c.stages))
                  for c in candidates]  # fmt: skip
        native_rungs = (NativeRung * len(rungs))(
            *(
                NativeRung(rung.cost_ms, rung.slow_ms, rung.energy_mj, of, 0 if of is None else len(of))
                for rung, of in zip(rungs, maps, strict=True)
            )
        )
        native_candidates = (NativeCandidate * len(candidates))(
            *(
                NativeCandidate(of, len(of), _UNKNOWN, candidate.energy_mj, candidate.reuse_change)
                for candidate, of in zip(candidates, stages, strict=True)
            )
        )
        options = NativeOptions(
            native_rungs, len(rungs), native_candidates, len(candidates),
            len(candidates) if certified is None else certified, exact_rung, _CONFIDENCES[rule.confidence],
            NativeAgreement.of(agreement), _native_rule(rule, clock() if from_s is None else from_s), guard,
            output_count,
        )  # fmt: skip
        self._session = ctypes.c_void_p()
        status = self._native.approx_session_create(ctypes.byref(options), ctypes.byref(self._session))
        if status != 0:
            raise PolicyError(
                f"a {rule.kind} rule over {len(candidates)} candidates and {len(rungs)} rungs cannot be followed: "
                "a rung, threshold or measurement is missing or out of range"
            )
        self._step = NativeStep()
        self._step_address = ctypes.byref(self._step)

    @classmethod
    def of(cls, policy: Policy, *, output_count: int, guard: ctypes.c_void_p | None = None) -> Self:
        """What the policy says."""
        return cls(
            rungs_of(policy), candidates_of(policy), policy.rule, exact_rung=policy.exact_rung,
            certified=policy.certified, agreement=policy.agreement, guard=guard, output_count=output_count,
        )  # fmt: skip

    @property
    def handle(self) -> ctypes.c_void_p:
        """The native session, for who executes its actions natively; it lives as long as this."""
        return self._session

    def begin(self, context: Context | None = None) -> Step:
        """RUN or REUSE for a new input; whatever input was under way is dropped."""
        known = None if context is None else ctypes.byref(_native_context(context))
        return self._read(self._native.approx_session_begin(self._session, known, self._step_address))

    def observe(self, output: NDArray[Any], latency_ms: float = _UNKNOWN, energy_mj: float = _UNKNOWN) -> Step:
        """Takes the output of the rung that was asked for, of any shape. RUN or ACCEPT. ValueError when no run was
        asked for, or the output cannot be compared with exact's."""
        return self._give(self._native.approx_session_observe, output, latency_ms, energy_mj)

    def finish(self) -> Step:
        """After an answer: CHECK or DONE. ValueError when there is none."""
        return self._read(self._native.approx_session_finish(self._session, self._step_address))

    def check(self, output: NDArray[Any], latency_ms: float = _UNKNOWN, energy_mj: float = _UNKNOWN) -> Step:
        """Takes exact's output for the input just answered. DONE, with "agrees" or "differs"."""
        return self._give(self._native.approx_session_check, output, latency_ms, energy_mj)

    def pin(self, rung: int | None) -> None:
        """From the next input on always `rung`, unless the guard is latched; None: the rule again."""
        if self._native.approx_session_pin(self._session, -1 if rung is None else rung) != 0:
            raise ValueError(f"the ladder has no rung {rung}, or the controller is closed")

    def close(self) -> None:
        """Ends the controller's life; closing twice is fine."""
        self._native.approx_session_destroy(self._session)
        self._session = ctypes.c_void_p()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_session", None):
            self.close()

    def _give(self, take: Callable[..., int], output: NDArray[Any], latency_ms: float, energy_mj: float) -> Step:
        values = np.ascontiguousarray(output, np.float32)
        address = values.ctypes.data
        return self._read(take(self._session, address, values.size, latency_ms, energy_mj, self._step_address))

    def _read(self, status: int) -> Step:
        if status == _NOT_READY:
            raise ValueError("the controller did not ask for that now")
        if status != 0:
            raise ValueError("the controller is closed, or the output does not fit exact's")
        step = self._step
        return Step(_ACTIONS[step.action], step.rung, reason_of(step.reason), step.evidence, step.candidate)


def rungs_of(policy: Policy) -> list[RungFacts]:
    """The policy's ladder, as the controller takes it."""
    maps = policy.class_maps or (None,) * len(policy.models)
    return [
        RungFacts(_value(rung.cost_ms), _value(rung.slow_ms), _value(rung.energy_mj), maps[rung.model])
        for rung in policy.ladder
    ]


def candidates_of(policy: Policy) -> list[CandidateFacts]:
    """The policy's candidates, as the controller takes them."""
    return [
        CandidateFacts(each.stages, _value(each.energy_mj), -1.0 if each.reuse_change is None else each.reuse_change)
        for each in policy.candidates
    ]


def confidence_of(confidence: Confidence, output: NDArray[np.float32]) -> float:
    """Confidence of an output as the step machine computes it; NaN if an entry is not finite."""
    values = np.ascontiguousarray(output, np.float32)
    result: float = bind().approx_confidence_of(_CONFIDENCES[confidence], values.ctypes.data, values.size)
    return result


def clock() -> float:
    """Seconds of a clock that never goes back; sleep included where the system has such a clock."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def _native_rule(rule: Rule, from_s: float) -> NativeRule:
    entries = [entry for classes in rule.confidence_table or () for pair in classes for entry in pair]
    values = (_UNKNOWN if entry is None else entry for entry in entries)
    table = (ctypes.c_float * len(entries))(*values) if entries else None
    classes = len(rule.confidence_table[0]) if rule.confidence_table else 0
    battery = rule.battery
    return NativeRule(
        _RULES.index(rule.kind), rule.candidate, rule.growth, rule.as_published, table, classes,
        _given(rule.energy_j_per_hour), _UNKNOWN if battery is None else battery.charge,
        _UNKNOWN if battery is None else from_s + seconds_until(battery.until, datetime.now()),
        _UNKNOWN if battery is None else battery.capacity_j, rule.idle_w or 0.0, _given(rule.deadline_ms),
        _given(rule.headroom_limit),
    )  # fmt: skip


def seconds_until(time_of_day: str, now: datetime) -> float:
    """From `now` to the next "HH:MM" of the same clock."""
    hour, minute = (int(part) for part in time_of_day.split(":"))
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (then + timedelta(days=0 if then > now else 1) - now).total_seconds()


def _native_context(context: Context) -> NativeContext:
    charging = -1 if context.charging is None else int(context.charging)
    return NativeContext(
        context.time_s, context.input_change, context.deadline_ms, context.battery, charging, context.thermal_headroom
    )


def _given(value: float | None) -> float:
    return _UNKNOWN if value is None else value


def _value(estimate: Estimate | None) -> float:
    return _UNKNOWN if estimate is None else estimate.value


@cache
def reason_of(number: int) -> Reason:
    """Text of an `approx_reason`."""
    return cast(Reason, bind().approx_reason_name(number).decode())
