"""The structures and functions of `controller.h`, as ctypes has them."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_float, c_int, c_int32, c_size_t, c_void_p
from functools import cache

from approxlite.runtime.agreement import NativeAgreement
from approxlite.runtime.library import library


class NativeStage(ctypes.Structure):
    """`approx_stage`."""

    _fields_ = (("rung", c_int32), ("threshold", c_float))


class NativeRung(ctypes.Structure):
    """`approx_rung_facts`."""

    _fields_ = (
        ("cost_ms", c_float),
        ("slow_ms", c_float),
        ("energy_mj", c_float),
        ("class_map", ctypes.POINTER(c_int32)),
        ("class_count", c_size_t),
    )


class NativeCandidate(ctypes.Structure):
    """`approx_candidate`."""

    _fields_ = (
        ("stages", ctypes.POINTER(NativeStage)),
        ("stage_count", c_size_t),
        ("cost_ms", c_float),
        ("energy_mj", c_float),
        ("reuse_change", c_float),
    )


class NativeRule(ctypes.Structure):
    """`approx_rule_options`."""

    _fields_ = (
        ("rule", c_int32),
        ("candidate", c_int32),
        ("growth", c_int32),
        ("as_published", c_int32),
        ("confidence_table", ctypes.POINTER(c_float)),
        ("class_count", c_size_t),
        ("energy_j_per_hour", c_float),
        ("battery_target", c_float),
        ("battery_target_time_s", c_double),
        ("battery_capacity_j", c_float),
        ("idle_w", c_float),
        ("deadline_ms", c_float),
        ("headroom_limit", c_float),
    )


class NativeOptions(ctypes.Structure):
    """`approx_session_options`."""

    _fields_ = (
        ("rungs", ctypes.POINTER(NativeRung)),
        ("rung_count", c_size_t),
        ("candidates", ctypes.POINTER(NativeCandidate)),
        ("candidate_count", c_size_t),
        ("certified", c_size_t),
        ("exact_rung", c_int32),
        ("confidence", c_int32),
        ("agreement", NativeAgreement),
        ("rule", NativeRule),
        ("guard", c_void_p),
        ("output_count", c_size_t),
    )


class NativeStep(ctypes.Structure):
    """`approx_step`."""

    _fields_ = (
        ("action", c_int32),
        ("rung", c_int32),
        ("reason", c_int32),
        ("evidence", c_float),
        ("candidate", c_int32),
    )


class NativeContext(ctypes.Structure):
    """`approx_context`."""

    _fields_ = (
        ("time_s", c_double),
        ("input_change", c_float),
        ("deadline_ms", c_float),
        ("battery", c_float),
        ("charging", c_int32),
        ("thermal_headroom", c_float),
    )


@cache
def bind() -> ctypes.CDLL:
    """The native library with the signatures of controller.h."""
    native = library()
    step, output = ctypes.POINTER(NativeStep), (c_void_p, c_size_t, c_float, c_float)
    signatures = {
        "create": (ctypes.POINTER(NativeOptions), ctypes.POINTER(c_void_p)),
        "pin": (c_void_p, c_int32),
        "begin": (c_void_p, ctypes.POINTER(NativeContext), step),
        "observe": (c_void_p, *output, step),
        "finish": (c_void_p, step),
        "check": (c_void_p, *output, step),
    }
    for name, arguments in signatures.items():
        function = getattr(native, f"approx_session_{name}")
        function.argtypes, function.restype = arguments, c_int
    native.approx_session_destroy.argtypes, native.approx_session_destroy.restype = (c_void_p,), None
    native.approx_reason_name.argtypes, native.approx_reason_name.restype = (c_int,), ctypes.c_char_p
    native.approx_confidence_of.argtypes = (c_int32, c_void_p, c_size_t)
    native.approx_confidence_of.restype = c_float
    return native
