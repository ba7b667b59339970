"""Sessions of `controller.h` by themselves: any rule over any candidates, for whoever executes their actions."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.errors import PolicyError
from approxlite.formats.policy import Stage
from approxlite.runtime.agreement import NativeAgreement
from approxlite.runtime.controller import Confidence
from approxlite.runtime.library import library

RuleName = Literal["fixed", "naive", "state", "kalman", "confidence", "budget", "deadline", "thermal", "auto"]
_RULES: dict[str, int] = {name: number for number, name in enumerate(RuleName.__args__)}  # type: ignore[attr-defined]
_CONFIDENCES: dict[str, int] = {"top_two_ratio": 0, "top_two_difference": 1}
ACTIONS = ("run", "accept", "reuse", "check", "done")
NAN = math.nan


@dataclass(frozen=True)
class RungFacts:
    """What a session believes of a rung. NaN: nobody measured it."""

    cost_ms: float = NAN
    slow_ms: float = NAN
    energy_mj: float = NAN
    class_map: tuple[int, ...] | None = None


@dataclass(frozen=True)
class CandidateFacts:
    """One way of answering, and its means per input, escalations included. reuse_change: below 0, never."""

    stages: tuple[Stage, ...]
    cost_ms: float = NAN
    energy_mj: float = NAN
    reuse_change: float = -1.0


@dataclass(frozen=True)
class RuleOptions:
    """`approx_rule_options`; fields of other rules are ignored.

    confidence_table: (candidates, classes, 2) float32, mean confidence when wrong and when right; NaN where unknown.
    """

    rule: RuleName = "fixed"
    candidate: int = 0
    growth: int = 1
    as_published: bool = False
    confidence_table: NDArray[np.float32] | None = None
    energy_j_per_hour: float = NAN
    battery_target: float = NAN
    battery_target_time_s: float = NAN
    battery_capacity_j: float = NAN
    idle_w: float = 0.0
    deadline_ms: float = NAN
    headroom_limit: float = NAN


@dataclass(frozen=True)
class GuardOptions:
    """`approx_guard_options`; ranges of outputs are not given, so none is an alarm."""

    epsilon: float
    alpha: float = 0.01
    canary_rate: float = 0.02
    unsure: float = 0.0
    unsure_factor: float = 1.0
    unsure_share: float = 0.0
    seed: int = 0
    certificate: bytes = bytes(32)
    constant_limit: int = 1 << 30
    out_of_range_limit: int = 3


@dataclass(frozen=True)
class Ladder:
    """What all sessions of a comparison have in common."""

    rungs: tuple[RungFacts, ...]
    exact_rung: int
    confidence: Confidence
    output_count: int
    agreement: AgreementRule = field(default=TOP_ONE)


class _Stage(ctypes.Structure):
    _fields_ = (("rung", ctypes.c_int32), ("threshold", ctypes.c_float))


class _Facts(ctypes.Structure):
    _fields_ = (
        ("cost_ms", ctypes.c_float),
        ("slow_ms", ctypes.c_float),
        ("energy_mj", ctypes.c_float),
        ("class_map", ctypes.POINTER(ctypes.c_int32)),
        ("class_count", ctypes.c_size_t),
    )


class _Candidate(ctypes.Structure):
    _fields_ = (
        ("stages", ctypes.POINTER(_Stage)),
        ("stage_count", ctypes.c_size_t),
        ("cost_ms", ctypes.c_float),
        ("energy_mj", ctypes.c_float),
        ("reuse_change", ctypes.c_float),
    )


class _Rule(ctypes.Structure):
    _fields_ = (
        ("rule", ctypes.c_int32),
        ("candidate", ctypes.c_int32),
        ("growth", ctypes.c_int32),
        ("as_published", ctypes.c_int32),
        ("confidence_table", ctypes.c_void_p),
        ("class_count", ctypes.c_size_t),
        ("energy_j_per_hour", ctypes.c_float),
        ("battery_target", ctypes.c_float),
        ("battery_target_time_s", ctypes.c_double),
        ("battery_capacity_j", ctypes.c_float),
        ("idle_w", ctypes.c_float),
        ("deadline_ms", ctypes.c_float),
        ("headroom_limit", ctypes.c_float),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("rungs", ctypes.POINTER(_Facts)),
        ("rung_count", ctypes.c_size_t),
        ("candidates", ctypes.POINTER(_Candidate)),
        ("candidate_count", ctypes.c_size_t),
        ("certified", ctypes.c_size_t),
        ("exact_rung", ctypes.c_int32),
        ("confidence", ctypes.c_int32),
        ("agreement", NativeAgreement),
        ("rule", _Rule),
        ("guard", ctypes.c_void_p),
        ("output_count", ctypes.c_size_t),
    )


class _GuardOptions(ctypes.Structure):
    _fields_ = (
        ("certificate", ctypes.c_uint8 * 32),
        ("epsilon", ctypes.c_float),
        ("alpha", ctypes.c_float),
        ("canary_rate", ctypes.c_float),
        ("unsure", ctypes.c_float),
        ("unsure_factor", ctypes.c_float),
        ("unsure_share", ctypes.c_float),
        ("seed", ctypes.c_uint64),
        ("ranges", ctypes.c_void_p),
        ("range_count", ctypes.c_size_t),
        ("constant_limit", ctypes.c_int32),
        ("still_change", ctypes.c_float),
        ("out_of_range_limit", ctypes.c_int32),
    )


class _Step(ctypes.Structure):
    _fields_ = (
        ("action", ctypes.c_int32),
        ("rung", ctypes.c_int32),
        ("reason", ctypes.c_int32),
        ("evidence", ctypes.c_float),
        ("candidate", ctypes.c_int32),
    )


class _Context(ctypes.Structure):
    _fields_ = (
        ("time_s", ctypes.c_double),
        ("input_change", ctypes.c_float),
        ("deadline_ms", ctypes.c_float),
        ("battery", ctypes.c_float),
        ("charging", ctypes.c_int32),
        ("thermal_headroom", ctypes.c_float),
    )


class Guard:
    """An `approx_guard`. Belongs to one thread at a time; closed after its session."""

    def __init__(self, options: GuardOptions) -> None:
        native = _GuardOptions(
            (ctypes.c_uint8 * 32).from_buffer_copy(options.certificate),
            options.epsilon, options.alpha, options.canary_rate, options.unsure, options.unsure_factor,
            options.unsure_share, options.seed, None, 0, options.constant_limit, 0.0, options.out_of_range_limit,
        )  # fmt: skip
        self.handle = ctypes.c_void_p()
        if _bind().approx_guard_create(ctypes.byref(native), ctypes.byref(self.handle)) != 0:
            raise PolicyError(f"a guard cannot have {options}")

    def close(self) -> None:
        """Ends its life; closing twice is fine."""
        _bind().approx_guard_destroy(self.handle)
        self.handle = ctypes.c_void_p()


class Steering:
    """An `approx_session`: `step` holds what to do next. Belongs to one thread at a time.

    Raises PolicyError when the candidates cannot be followed, or the rule lacks what it needs.
    """

    def __init__(
        self,
        ladder: Ladder,
        candidates: Sequence[CandidateFacts],
        rule: RuleOptions,
        *,
        certified: int | None = None,
        guard: GuardOptions | None = None,
    ) -> None:
        """certified: how many candidates, from the first on; all by default."""
        maps = [_class_map(facts) for facts in ladder.rungs]
        rungs = (_Facts * len(ladder.rungs))(
            *(
                _Facts(facts.cost_ms, facts.slow_ms, facts.energy_mj, class_map, len(facts.class_map or ()))
                for facts, class_map in zip(ladder.rungs, maps, strict=True)
            )
        )
        stages = [
            (_Stage * len(each.stages))(*(_Stage(stage.rung, stage.threshold or 0.0) for stage in each.stages))
            for each in candidates
        ]
        given = (_Candidate * len(candidates))(
            *(
                _Candidate(of, len(of), each.cost_ms, each.energy_mj, each.reuse_change)
                for each, of in zip(candidates, stages, strict=True)
            )
        )
        self.guard = None if guard is None else Guard(guard)
        options = _Options(
            rungs, len(rungs), given, len(given), len(given) if certified is None else certified, ladder.exact_rung,
            _CONFIDENCES[ladder.confidence], NativeAgreement.of(ladder.agreement), _rule(rule),
            None if self.guard is None else self.guard.handle, ladder.output_count,
        )  # fmt: skip
        self.handle = ctypes.c_void_p()
        if _bind().approx_session_create(ctypes.byref(options), ctypes.byref(self.handle)) != 0:
            raise PolicyError(f"the rule {rule.rule} cannot follow these {len(candidates)} candidates")
        self.step = _Step()
        self._step = ctypes.byref(self.step)

    def begin(
        self,
        *,
        time_s: float = NAN,
        input_change: float = NAN,
        deadline_ms: float = NAN,
        battery: float = NAN,
        headroom: float = NAN,
    ) -> None:
        """Starts a new input."""
        context = _Context(time_s, input_change, deadline_ms, battery, 0, headroom)
        self._done(_bind().approx_session_begin(self.handle, ctypes.byref(context), self._step))

    def observe(self, output: NDArray[np.float32], latency_ms: float = NAN, energy_mj: float = NAN) -> None:
        """Takes the output of the rung asked for."""
        self._take(_bind().approx_session_observe, output, latency_ms, energy_mj)

    def finish(self) -> None:
        """After an answer was given."""
        self._done(_bind().approx_session_finish(self.handle, self._step))

    def check(self, output: NDArray[np.float32], latency_ms: float = NAN, energy_mj: float = NAN) -> None:
        """Takes exact's output for the input just answered."""
        self._take(_bind().approx_session_check, output, latency_ms, energy_mj)

    def _take(self, function: ctypes._NamedFuncPointer, output: NDArray[np.float32], *cost: float) -> None:
        values = np.ascontiguousarray(output, np.float32)
        self._done(function(self.handle, values.ctypes.data, values.size, *cost, self._step))

    def _done(self, status: int) -> None:
        if status != 0:
            raise ValueError(f"the session refused the call with status {status}")

    def close(self) -> None:
        """Ends its life, and that of its guard; closing twice is fine."""
        _bind().approx_session_destroy(self.handle)
        self.handle = ctypes.c_void_p()
        if self.guard is not None:
            self.guard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@cache
def reason_name(number: int) -> str:
    """Text of an `approx_reason`."""
    return str(_bind().approx_reason_name(number).decode())


def _class_map(facts: RungFacts) -> ctypes.Array[ctypes.c_int32] | None:
    return None if facts.class_map is None else (ctypes.c_int32 * len(facts.class_map))(*facts.class_map)


def _rule(rule: RuleOptions) -> _Rule:
    table = rule.confidence_table
    return _Rule(
        _RULES[rule.rule], rule.candidate, rule.growth, int(rule.as_published),
        None if table is None else table.ctypes.data, 0 if table is None else table.shape[1],
        rule.energy_j_per_hour, rule.battery_target, rule.battery_target_time_s, rule.battery_capacity_j, rule.idle_w,
        rule.deadline_ms, rule.headroom_limit,
    )  # fmt: skip


@cache
def _bind() -> ctypes.CDLL:
    """A library object of its own, so that signatures do not depend on who else bound the same functions."""
    native = ctypes.CDLL(library()._name)
    handle, step, status, size = ctypes.c_void_p, ctypes.POINTER(_Step), ctypes.c_int, ctypes.c_size_t
    output = (handle, ctypes.c_void_p, size, ctypes.c_float, ctypes.c_float, step)
    for name, result, arguments in (
        ("approx_session_create", status, (ctypes.POINTER(_Options), ctypes.POINTER(handle))),
        ("approx_session_destroy", None, (handle,)),
        ("approx_session_begin", status, (handle, ctypes.POINTER(_Context), step)),
        ("approx_session_observe", status, output),
        ("approx_session_finish", status, (handle, step)),
        ("approx_session_check", status, output),
        ("approx_reason_name", ctypes.c_char_p, (ctypes.c_int,)),
        ("approx_guard_create", status, (ctypes.POINTER(_GuardOptions), ctypes.POINTER(handle))),
        ("approx_guard_destroy", None, (handle,)),
    ):
        function = getattr(native, name)
        function.restype, function.argtypes = result, arguments
    return native
