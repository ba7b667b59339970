"""The step machine of `controller.h`: which rung runs next, and when an answer is accepted."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self, cast

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import PolicyError
from approxlite.formats.policy import Stage
from approxlite.formats.trace import Reason
from approxlite.runtime.library import library

Confidence = Literal["top_two_ratio", "top_two_difference"]
_CONFIDENCES: dict[str, int] = {"top_two_ratio": 0, "top_two_difference": 1}
_ACTION_RUN = 0
_FLOATS = ctypes.c_void_p  # an address


class _Stage(ctypes.Structure):
    _fields_ = (("rung", ctypes.c_int32), ("threshold", ctypes.c_float))


class _Options(ctypes.Structure):
    _fields_ = (
        ("stages", ctypes.POINTER(_Stage)),
        ("stage_count", ctypes.c_size_t),
        ("confidence", ctypes.c_int),
        ("exact_rung", ctypes.c_int32),
    )


class _Step(ctypes.Structure):
    _fields_ = (
        ("action", ctypes.c_int32),
        ("rung", ctypes.c_int32),
        ("reason", ctypes.c_int32),
        ("evidence", ctypes.c_float),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next: run `rung`, or accept its output when `accepts`.

    evidence: confidence of the last output; 0 at the first stage, NaN when an output was not finite.
    """

    accepts: bool
    rung: int
    reason: Reason
    evidence: float


class Controller:
    """One input at a time: `begin`, then `observe` the output of each rung asked for, until a step accepts.

    Belongs to one thread at a time. Raises PolicyError when the stages cannot be followed.
    """

    def __init__(self, stages: Sequence[Stage], confidence: Confidence, exact_rung: int) -> None:
        self._native = _bind()
        array = (_Stage * len(stages))(*(_Stage(stage.rung, stage.threshold or 0.0) for stage in stages))
        options = _Options(array, len(stages), _CONFIDENCES[confidence], exact_rung)
        self._session = ctypes.c_void_p()
        status = self._native.approx_session_create(ctypes.byref(options), ctypes.byref(self._session))
        if status != 0:
            raise PolicyError(f"the stages {[stage.rung for stage in stages]} of a policy cannot be followed")
        self._step = _Step()
        self._step_address = ctypes.byref(self._step)

    def begin(self) -> Step:
        """The first run of a new input; whatever input was under way is dropped."""
        if self._native.approx_session_begin(self._session, self._step_address) != 0:
            raise ValueError("the controller is closed")
        return self._read()

    def observe(self, output: NDArray[np.float32]) -> Step:
        """Takes the output of the rung that was asked for, of any shape. ValueError when no run was asked for."""
        values = np.ascontiguousarray(output, np.float32)
        address = values.ctypes.data
        if self._native.approx_session_observe(self._session, address, values.size, self._step_address) != 0:
            raise ValueError("an output nobody asked for, or an empty one")
        return self._read()

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

    def _read(self) -> Step:
        step = self._step
        return Step(step.action != _ACTION_RUN, step.rung, _reason(step.reason), step.evidence)


def confidence_of(confidence: Confidence, output: NDArray[np.float32]) -> float:
    """Confidence of an output as the step machine computes it; NaN if an entry is not finite."""
    values = np.ascontiguousarray(output, np.float32)
    result: float = _bind().approx_confidence_of(_CONFIDENCES[confidence], values.ctypes.data, values.size)
    return result


@cache
def _reason(number: int) -> Reason:
    return cast(Reason, _bind().approx_reason_name(number).decode())


@cache
def _bind() -> ctypes.CDLL:
    """The native library with the signatures of controller.h."""
    native = library()
    step = ctypes.POINTER(_Step)
    native.approx_session_create.argtypes = (ctypes.POINTER(_Options), ctypes.POINTER(ctypes.c_void_p))
    native.approx_session_create.restype = ctypes.c_int
    native.approx_session_destroy.argtypes = (ctypes.c_void_p,)
    native.approx_session_destroy.restype = None
    native.approx_session_begin.argtypes = (ctypes.c_void_p, step)
    native.approx_session_begin.restype = ctypes.c_int
    native.approx_session_observe.argtypes = (ctypes.c_void_p, _FLOATS, ctypes.c_size_t, step)
    native.approx_session_observe.restype = ctypes.c_int
    native.approx_reason_name.argtypes = (ctypes.c_int,)
    native.approx_reason_name.restype = ctypes.c_char_p
    native.approx_confidence_of.argtypes = (ctypes.c_int, _FLOATS, ctypes.c_size_t)
    native.approx_confidence_of.restype = ctypes.c_float
    return native
