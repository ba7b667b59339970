"""The native engine as a Python object: a delegate with a ladder. One engine serves one interpreter."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import operator_index
from approxlite.formats.errors import ConfigurationError, InputError
from approxlite.formats.rung import RungSpec
from approxlite.formats.weights_file import weights_file
from approxlite.runtime.library import (
    BAD_CONFIGURATION,
    MAX_RUNGS,
    MAX_THREADS,
    NativeLeft,
    NativeOperator,
    NativeRung,
    NativeScale,
    library,
    variants,
)
from approxlite.runtime.mapped_weights import MappedWeights, map_weights


@dataclass(frozen=True)
class OperatorInfo:
    """An operator that the engine runs."""

    index: int
    """In the model's operator list."""
    id: str
    partition: int
    """Which maximal partition it belongs to, from 0."""
    note: str
    """What lowering did with it, e.g. "folded into conv_2d_11"; empty if it runs by itself."""
    knobs: tuple[str, ...]
    """Canonical texts, "exact" first."""
    multiply_accumulates: int
    input_tensor: int
    """Number in the model of its first activation."""
    output_tensor: int
    """Number in the model of its first output."""


class _Handle(int):
    """Address of a native engine, given up with the last reference to it.

    In a garbage cycle the collector may come here before it comes to the runtime's interpreter; the native engine
    lives until both are gone.
    """

    __slots__ = ()
    _native = staticmethod(library)

    def __del__(self) -> None:
        self._native().approx_engine_destroy(self)


class Engine:
    """Owns the native engine. Belongs to one thread at a time."""

    def __init__(self, variant: str | None = None, threads: int = 1) -> None:
        """Raises InputError when this CPU has no such kernel variant, or for a number of threads that cannot be."""
        self._native = library()
        handle = ctypes.c_void_p()
        name = variant.encode() if variant is not None else None
        if self._native.approx_engine_create(name, ctypes.byref(handle)) != 0:
            raise InputError(f"unknown kernel variant '{variant}'; this CPU has {', '.join(variants())}")
        self.variant = variant if variant is not None else variants()[0]
        self._handle = _Handle(handle.value or 0)
        if not 1 <= threads <= MAX_THREADS:
            raise InputError(f"an engine uses 1 to {MAX_THREADS} threads, not {threads}")
        if self._native.approx_engine_set_threads(self._handle, threads) != 0:
            raise InputError(self.error)
        self.threads = threads
        self._weights: dict[object, MappedWeights] = {}  # those of the ladder

    def _get_native_delegate_pointer(self) -> int:
        """What TFLite's Python interpreters ask of the objects in `experimental_delegates`."""
        return int(self._native.approx_engine_delegate(self._handle))

    @property
    def error(self) -> str:
        """Why the last call failed."""
        return str(self._native.approx_engine_error(self._handle).decode())

    def set_ladder(self, rungs: Sequence[RungSpec]) -> None:
        """Replaces the ladder and selects rung 0.

        Raises ConfigurationError when a rung does not fit the model, FormatError when its weights are damaged; the old
        ladder stays.
        """
        if not 1 <= len(rungs) <= MAX_RUNGS:
            raise ConfigurationError(f"a ladder has 1 to {MAX_RUNGS} rungs, not {len(rungs)}")
        native = (NativeRung * len(rungs))()
        mapped: dict[object, MappedWeights] = {}
        for place, rung in zip(native, rungs, strict=True):
            scales = (NativeScale * len(rung.scales))()
            for entry, (operator_id, scale) in zip(scales, rung.scales.items(), strict=True):
                entry.operator_index = operator_index(operator_id)
                entry.scale = scale.scale
                entry.zero_point = scale.zero_point
            place.configuration = rung.configuration.encode()
            place.scales = ctypes.cast(scales, ctypes.POINTER(NativeScale))
            place.scale_count = len(rung.scales)
            place.name = rung.name.encode()
            file = weights_file(rung.weights)
            if file is not None:
                place.weights = map_weights(file, self._weights, mapped)
        status = self._native.approx_engine_set_ladder(self._handle, native, len(rungs))
        if status == BAD_CONFIGURATION:
            raise ConfigurationError(self.error)
        if status != 0:
            raise InputError(self.error)
        self._weights = mapped

    @property
    def rung(self) -> int:
        return int(self._native.approx_engine_rung(self._handle))

    @rung.setter
    def rung(self, rung: int) -> None:
        if self._native.approx_engine_set_rung(self._handle, rung) != 0:
            raise InputError(self.error)

    def operators(self) -> list[OperatorInfo]:
        """Operators the engine runs, in model order; known once the interpreter's tensors are allocated."""
        found = []
        for i in range(self._native.approx_engine_operator_count(self._handle)):
            native = NativeOperator()
            self._native.approx_engine_operator(self._handle, i, ctypes.byref(native))
            found.append(
                OperatorInfo(
                    index=native.index,
                    id=native.id.decode(),
                    partition=native.partition,
                    note=native.note.decode(),
                    knobs=self._knobs(i),
                    multiply_accumulates=native.multiply_accumulates,
                    input_tensor=native.input_tensor,
                    output_tensor=native.output_tensor,
                )
            )
        return found

    def left(self) -> dict[int, str]:
        """Operators that the engine leaves to the runtime, by index in the model's list, and why."""
        found = {}
        for i in range(self._native.approx_engine_left_count(self._handle)):
            native = NativeLeft()
            self._native.approx_engine_left(self._handle, i, ctypes.byref(native))
            found[int(native.index)] = native.reason.decode()
        return found

    def _knobs(self, i: int) -> tuple[str, ...]:
        knobs: list[str] = []
        while (knob := self._native.approx_engine_knob(self._handle, i, len(knobs))) is not None:
            knobs.append(knob.decode())
        return tuple(knobs)

    def rung_knobs(self, rung: int, count: int) -> list[str]:
        """Canonical knob of each of the `count` operators in `rung`."""
        return [self._native.approx_engine_rung_knob(self._handle, rung, i).decode() for i in range(count)]

    def time_operators(self, on: bool) -> None:
        """Whether to time each operator; costs two clock reads per operator."""
        self._native.approx_engine_time_operators(self._handle, int(on))

    def operator_times(self, count: int) -> list[int]:
        """Nanoseconds each of the `count` operators took in the last invoke."""
        times = (ctypes.c_int64 * count)()
        if self._native.approx_engine_operator_times(self._handle, times, count) != 0:
            raise InputError("operators are not timed; set time_operators before invoke")
        return list(times)

    def observe_ranges(self, on: bool) -> None:
        """Whether to record the range of weighted operators' inputs; switching on forgets old ranges."""
        self._native.approx_engine_observe_ranges(self._handle, int(on))

    def range(self, i: int) -> tuple[float, float] | None:
        """Smallest and largest input that operator `i` has seen; None if it saw none."""
        low, high = ctypes.c_float(), ctypes.c_float()
        if self._native.approx_engine_range(self._handle, i, ctypes.byref(low), ctypes.byref(high)) != 0:
            return None
        return low.value, high.value

    def tap(self, i: int, output: bool, values: NDArray[np.float32] | None) -> None:
        """From the next invoke on, copies operator `i`'s first input or first output to `values`, which has to live
        until it is replaced or, with None, removed. Raises InputError where there is nothing to copy."""
        address, count = (None, 0) if values is None else (values.ctypes.data, values.size)
        if self._native.approx_engine_tap(self._handle, i, int(output), address, count) != 0:
            raise InputError(self.error)

    @property
    def memory_bytes(self) -> int:
        """Held for arena, weights and plans."""
        return int(self._native.approx_engine_memory_bytes(self._handle))
