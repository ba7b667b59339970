"""The guard of `guard.h`: canaries, tripwires, the alarm they latch, and its state."""

from __future__ import annotations

import ctypes
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self, cast, get_args

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import ApproxError, FormatError, PolicyError
from approxlite.formats.guard import GuardSettings
from approxlite.formats.policy import Certificate
from approxlite.runtime.library import MAX_RUNGS, library

Alarm = Literal[
    "none",
    "disagreement",
    "not_finite",
    "constant",
    "out_of_range",
    "unreadable",
    "other_policy",
    "person",
    "zero",
]
Fault = Literal["none", "zeros", "frozen", "nan", "disagree"]
_ALARMS: tuple[Alarm, ...] = get_args(Alarm)
_FAULTS: tuple[Fault, ...] = get_args(Fault)
STATE_BYTES = 512
"""Of a saved state."""
_GUARD = ctypes.c_void_p
_ADDRESS = ctypes.c_void_p


class _Range(ctypes.Structure):
    _fields_ = (("low", ctypes.c_float), ("high", ctypes.c_float), ("zeros_seen", ctypes.c_int32))


class _Options(ctypes.Structure):
    _fields_ = (
        ("certificate", ctypes.c_uint8 * 32),
        ("epsilon", ctypes.c_float),
        ("alpha", ctypes.c_float),
        ("canary_rate", ctypes.c_float),
        ("unsure", ctypes.c_float),
        ("unsure_factor", ctypes.c_float),
        ("unsure_share", ctypes.c_float),
        ("seed", ctypes.c_uint64),
        ("ranges", ctypes.POINTER(_Range)),
        ("range_count", ctypes.c_size_t),
        ("constant_limit", ctypes.c_int32),
        ("still_change", ctypes.c_float),
        ("out_of_range_limit", ctypes.c_int32),
    )


class _Status(ctypes.Structure):
    _fields_ = (
        ("alarm", ctypes.c_int32),
        ("answers", ctypes.c_uint64),
        ("canaries", ctypes.c_uint64),
        ("disagreements", ctypes.c_uint64),
        ("disagreement_share", ctypes.c_double),
        ("e_value", ctypes.c_double),
    )


@dataclass(frozen=True, slots=True)
class GuardStatus:
    """What a guard knows. disagreement_share: of all answers, estimated; NaN without a canary. e_value: evidence
    against the promise; 1/alpha is an alarm."""

    alarm: Alarm
    answers: int
    canaries: int
    disagreements: int
    disagreement_share: float
    e_value: float

    @property
    def latched(self) -> bool:
        """Whether exact answers everything."""
        return self.alarm != "none"


def certificate_hash(certificate: Certificate) -> bytes:
    """32 bytes: whose evidence a guard's is. Of the certificate's text as it stands in policy.json."""
    return hashlib.sha256(certificate.model_dump_json().encode()).digest()


class Guard:
    """Watches one policy. Belongs to one thread at a time, that of its session, and outlives it.

    Raises PolicyError when the settings cannot be followed.
    """

    def __init__(self, settings: GuardSettings, certificate: bytes, epsilon: float, seed: int = 0) -> None:
        """certificate: 32 bytes, see `certificate_hash`. epsilon: promised disagreement, above 0 and below 1.

        seed: of the draws. A guard that takes up a saved state mixes it in, so use a fresh one, such as
        `secrets.randbits(64)`, wherever a process may be killed; 0 goes on exactly as saved.
        """
        self._native = _bind()
        self._guard = _GUARD()
        _check_certificate(certificate)
        ranges = (_Range * max(1, len(settings.ranges)))()
        for place, known in zip(ranges, settings.ranges, strict=False):
            place.low, place.high = (1, 0) if known is None else (known.low, known.high)
            place.zeros_seen = known is not None and known.zeros_seen
        options = _Options(
            (ctypes.c_uint8 * 32)(*certificate),
            epsilon,
            settings.alpha,
            settings.canary_rate,
            settings.unsure,
            settings.unsure_factor,
            settings.unsure_share,
            seed % 2**64,
            ranges,
            len(settings.ranges),
            settings.constant_limit,
            settings.still_change,
            settings.out_of_range_limit,
        )
        if self._native.approx_guard_create(ctypes.byref(options), ctypes.byref(self._guard)) != 0:
            raise PolicyError(
                f"a guard of epsilon {epsilon} cannot follow its settings ({settings.model_dump_json()}): a number is "
                f"out of range in 32 bits, or there are more than {MAX_RUNGS} ranges"
            )

    @property
    def handle(self) -> ctypes.c_void_p:
        """The native guard, for a session, which must be closed before it."""
        return self._open()

    def status(self) -> GuardStatus:
        native = _Status()
        self._native.approx_guard_get_status(self._open(), ctypes.byref(native))
        return GuardStatus(
            alarm=_ALARMS[native.alarm],
            answers=native.answers,
            canaries=native.canaries,
            disagreements=native.disagreements,
            disagreement_share=native.disagreement_share,
            e_value=native.e_value,
        )

    def inspect(self, rung: int, output: NDArray[np.float32], change: float = float("nan")) -> Alarm:
        """Looks at an output of a rung other than exact as a session does: the alarm that is latched afterwards.

        change: of the input since the one before, NaN if unknown.
        """
        values = np.ascontiguousarray(output, np.float32)
        alarm = ctypes.c_int32()
        status = self._native.approx_guard_inspect(
            self._open(), rung, values.ctypes.data, values.size, change, ctypes.byref(alarm)
        )
        if status != 0:
            raise ValueError("an output without entries")
        return _ALARMS[alarm.value]

    def replay(self, confidences: NDArray[np.float32], differs: NDArray[np.bool_]) -> int:
        """Lives through that many answers at once, (answers,) each: how many were given before an alarm."""
        if confidences.shape != differs.shape or confidences.ndim != 1:
            raise ValueError(f"{confidences.shape} confidences for {differs.shape} answers")
        sure = np.ascontiguousarray(confidences, np.float32)
        wrong = np.ascontiguousarray(differs, np.bool_)
        given = ctypes.c_size_t()
        self._native.approx_guard_replay(
            self._open(), sure.ctypes.data, wrong.ctypes.data, len(sure), ctypes.byref(given)
        )
        return given.value

    def latch(self, alarm: Alarm = "person") -> None:
        """Exact from the next inference on. A guard that is latched keeps its first alarm."""
        if self._native.approx_guard_latch(self._open(), _ALARMS.index(alarm)) != 0:
            raise ValueError(f"'{alarm}' is no alarm")

    def recertify(self, certificate: bytes, epsilon: float) -> None:
        """The only way out of an alarm. Evidence starts anew. Raises PolicyError for an epsilon that cannot be."""
        _check_certificate(certificate)
        if self._native.approx_guard_recertify(self._open(), bytes(certificate), epsilon) != 0:
            raise PolicyError(f"a promise of epsilon {epsilon}; it must be above 0 and below 1")

    def inject(self, fault: Fault, amount: float = 0.0) -> None:
        """From the next answer on the guard, and only the guard, sees a fault. amount: for "disagree", probability that
        a canary that agrees seems not to."""
        if self._native.approx_guard_inject(self._open(), _FAULTS.index(fault), amount) != 0:
            raise ValueError(f"{amount} is no probability")

    def save(self, state: bytes = bytes(STATE_BYTES)) -> bytes:
        """The state, with what `state` holds as the older slot."""
        buffer = _state(state)
        self._native.approx_guard_save(self._open(), buffer)
        return bytes(buffer)

    def load(self, state: bytes) -> None:
        """Takes a saved state up. Raises FormatError, and the guard is latched, when it is not this guard's."""
        if len(state) != STATE_BYTES:
            self.latch("unreadable")
            raise FormatError(f"guard state: {len(state)} bytes, not {STATE_BYTES}; the guard is latched")
        if self._native.approx_guard_load(self._open(), _state(state)) != 0:
            raise self._not_taken_up("guard state")

    def save_file(self, path: str | os.PathLike[str]) -> None:
        """Raises FormatError when the disk refuses; the state before can then still be read."""
        if self._native.approx_guard_save_file(self._open(), os.fsencode(path)) != 0:
            raise FormatError(f"{os.fspath(path)}: the guard's state cannot be written")

    def load_file(self, path: str | os.PathLike[str]) -> None:
        """Nothing happens where there is no file. Raises FormatError, and the guard is latched, when it cannot be read
        or is not this guard's."""
        if self._native.approx_guard_load_file(self._open(), os.fsencode(path)) != 0:
            raise self._not_taken_up(os.fspath(path))

    def close(self) -> None:
        """Ends the guard's life; closing twice is fine. Its session must be closed before."""
        self._native.approx_guard_destroy(self._guard)
        self._guard = _GUARD()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_guard", None):
            self.close()

    def _open(self) -> ctypes.c_void_p:
        if self._guard.value is None:
            raise ValueError("the guard is closed")
        return self._guard

    def _not_taken_up(self, where: str) -> ApproxError:
        if self.status().alarm == "other_policy":
            return FormatError(f"{where}: the state of another certificate; the guard is latched")
        return FormatError(f"{where}: cannot be read as a guard's state; the guard is latched")


def _check_certificate(certificate: bytes) -> None:
    if len(certificate) != 32:
        raise ValueError(f"a certificate's sha256 has 32 bytes, not {len(certificate)}")


def _state(content: bytes) -> ctypes.Array[ctypes.c_uint8]:
    if len(content) != STATE_BYTES:
        raise ValueError(f"a guard's state has {STATE_BYTES} bytes, not {len(content)}")
    return (ctypes.c_uint8 * STATE_BYTES).from_buffer_copy(content)


@cache
def _bind() -> ctypes.CDLL:
    """The native library with the signatures of guard.h."""
    native = library()
    size, integer, real = ctypes.c_size_t, ctypes.c_int32, ctypes.c_float
    signatures: dict[str, tuple[type, ...]] = {
        "approx_guard_create": (ctypes.POINTER(_Options), ctypes.POINTER(_GUARD)),
        "approx_guard_get_status": (_GUARD, ctypes.POINTER(_Status)),
        "approx_guard_inspect": (_GUARD, integer, _ADDRESS, size, real, ctypes.POINTER(integer)),
        "approx_guard_replay": (_GUARD, _ADDRESS, _ADDRESS, size, ctypes.POINTER(size)),
        "approx_guard_latch": (_GUARD, integer),
        "approx_guard_recertify": (_GUARD, ctypes.c_char_p, real),
        "approx_guard_inject": (_GUARD, integer, real),
        "approx_guard_save": (_GUARD, ctypes.c_uint8 * STATE_BYTES),
        "approx_guard_load": (_GUARD, ctypes.c_uint8 * STATE_BYTES),
        "approx_guard_save_file": (_GUARD, ctypes.c_char_p),
        "approx_guard_load_file": (_GUARD, ctypes.c_char_p),
    }
    for name, arguments in signatures.items():
        function = getattr(native, name)
        function.restype, function.argtypes = ctypes.c_int, arguments
    native.approx_guard_destroy.restype, native.approx_guard_destroy.argtypes = None, (_GUARD,)
    native.approx_alarm_name.restype, native.approx_alarm_name.argtypes = ctypes.c_char_p, (ctypes.c_int,)
    return native


def alarm_name(number: int) -> Alarm:
    """Name of an `approx_alarm`, as traces have it. Raises ValueError for another number."""
    name = _bind().approx_alarm_name(number).decode()
    if name not in _ALARMS:
        raise ValueError(f"{number} is no alarm")
    return cast(Alarm, name)
