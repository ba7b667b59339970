"""The native library, loaded once, with the signatures of `engine.h`."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
from functools import cache
from pathlib import Path

import approxlite
from approxlite.formats.errors import InputError

TEXT_SIZE = 64
MAX_RUNGS = 16
MAX_THREADS = 16

BAD_CONFIGURATION = 2


class NativeScale(ctypes.Structure):
    """`approx_scale`."""

    _fields_ = (
        ("operator_index", ctypes.c_int32),
        ("scale", ctypes.c_float),
        ("zero_point", ctypes.c_int32),
    )


class NativeRung(ctypes.Structure):
    """`approx_rung`."""

    _fields_ = (
        ("configuration", ctypes.c_char_p),
        ("scales", ctypes.POINTER(NativeScale)),
        ("scale_count", ctypes.c_size_t),
        ("weights", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
    )


class NativeOperator(ctypes.Structure):
    """`approx_operator`."""

    _fields_ = (
        ("index", ctypes.c_int32),
        ("partition", ctypes.c_int32),
        ("id", ctypes.c_char * TEXT_SIZE),
        ("note", ctypes.c_char * TEXT_SIZE),
        ("multiply_accumulates", ctypes.c_int64),
        ("input_tensor", ctypes.c_int32),
        ("output_tensor", ctypes.c_int32),
    )


class NativeLeft(ctypes.Structure):
    """`approx_left`."""

    _fields_ = (
        ("index", ctypes.c_int32),
        ("reason", ctypes.c_char * (2 * TEXT_SIZE)),
    )


_ENGINE = ctypes.c_void_p
_WEIGHTS = ctypes.c_void_p
_FLOATS = ctypes.c_void_p  # an address
_SIGNATURES: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "approx_variant_name": (ctypes.c_char_p, (ctypes.c_int,)),
    "approx_numerics_version": (ctypes.c_int, ()),
    "approx_version": (ctypes.c_char_p, ()),
    "approx_cpu_features": (ctypes.c_char_p, ()),
    "approx_engine_create": (ctypes.c_int, (ctypes.c_char_p, ctypes.POINTER(_ENGINE))),
    "approx_engine_set_threads": (ctypes.c_int, (_ENGINE, ctypes.c_int)),
    "approx_engine_destroy": (None, (_ENGINE,)),
    "approx_engine_delegate": (ctypes.c_void_p, (_ENGINE,)),
    "approx_engine_error": (ctypes.c_char_p, (_ENGINE,)),
    "approx_weights_open": (
        ctypes.c_int,
        (
            ctypes.c_char_p,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.POINTER(_WEIGHTS),
            ctypes.c_char_p,
            ctypes.c_size_t,
        ),
    ),
    "approx_weights_close": (None, (_WEIGHTS,)),
    "approx_engine_set_ladder": (ctypes.c_int, (_ENGINE, ctypes.POINTER(NativeRung), ctypes.c_size_t)),
    "approx_engine_set_rung": (ctypes.c_int, (_ENGINE, ctypes.c_int)),
    "approx_engine_rung": (ctypes.c_int, (_ENGINE,)),
    "approx_engine_operator_count": (ctypes.c_size_t, (_ENGINE,)),
    "approx_engine_operator": (ctypes.c_int, (_ENGINE, ctypes.c_size_t, ctypes.POINTER(NativeOperator))),
    "approx_engine_left_count": (ctypes.c_size_t, (_ENGINE,)),
    "approx_engine_left": (ctypes.c_int, (_ENGINE, ctypes.c_size_t, ctypes.POINTER(NativeLeft))),
    "approx_engine_knob": (ctypes.c_char_p, (_ENGINE, ctypes.c_size_t, ctypes.c_size_t)),
    "approx_engine_rung_knob": (ctypes.c_char_p, (_ENGINE, ctypes.c_int, ctypes.c_size_t)),
    "approx_engine_time_operators": (None, (_ENGINE, ctypes.c_int)),
    "approx_engine_operator_times": (ctypes.c_int, (_ENGINE, ctypes.POINTER(ctypes.c_int64), ctypes.c_size_t)),
    "approx_engine_observe_ranges": (None, (_ENGINE, ctypes.c_int)),
    "approx_engine_range": (
        ctypes.c_int,
        (_ENGINE, ctypes.c_size_t, ctypes.POINTER(ctypes.c_float), ctypes.POINTER(ctypes.c_float)),
    ),
    "approx_engine_tap": (ctypes.c_int, (_ENGINE, ctypes.c_size_t, ctypes.c_int, _FLOATS, ctypes.c_size_t)),
    "approx_engine_memory_bytes": (ctypes.c_size_t, (_ENGINE,)),
}


@cache
def library() -> ctypes.CDLL:
    """libapproxlite as installed with this package. Raises InputError when it is missing or cannot be loaded."""
    path = library_path()
    try:
        native = ctypes.CDLL(str(path))
    except OSError as problem:
        raise InputError(f"{path}: cannot be loaded ({problem}); reinstall approxlite") from None
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(native, name)
        function.restype = result
        function.argtypes = arguments
    return native


def library_path() -> Path:
    """Where the delegate's shared library lies; TFLite's own tools can load it as an external delegate.

    An editable install gives the package two folders, one with the sources and one with what was built. Whoever starts
    Python in a checkout imports its sources, which hold no library, and gets that of the installed package.
    """
    places = [Path(folder) / "_native" for folder in approxlite.__path__]
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        installed = importlib.metadata.distribution("approxlite").locate_file("approxlite/_native")
        places.append(Path(str(installed)))
    libraries = [place / "libapproxlite.so" for place in places]
    return next((library for library in libraries if library.is_file()), libraries[0])


def numerics_version() -> int:
    """Changes only when the bits that any kernel computes change."""
    return int(library().approx_numerics_version())


def cpu_features() -> str:
    """Features of this CPU that choose kernels, space-separated."""
    return str(library().approx_cpu_features().decode())


def variants() -> tuple[str, ...]:
    """Kernel variants this CPU runs, best first; the last is the slow reference."""
    names: list[str] = []
    while (name := library().approx_variant_name(len(names))) is not None:
        names.append(name.decode())
    return tuple(names)
