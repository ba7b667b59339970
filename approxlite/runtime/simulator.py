"""The simulator of `simulator.h`: sessions on recorded outputs and a modelled device, a million inputs in seconds."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.device_model import DeviceModel
from approxlite.formats.errors import InputError
from approxlite.runtime.agreement import NativeAgreement
from approxlite.runtime.controller import Controller
from approxlite.runtime.library import library

NAN = math.nan

STEP = np.dtype(
    [
        ("time_s", "f8"),
        ("rungs_run", "u8"),
        ("latency_ms", "f4"),
        ("check_ms", "f4"),
        ("energy_mj", "f4"),
        ("temperature_c", "f4"),
        ("speed", "f4"),
        ("headroom", "f4"),
        ("battery", "f4"),
        ("chosen_evidence", "f4"),
        ("accepted_evidence", "f4"),
        ("check_evidence", "f4"),
        ("run_count", "u1"),
        ("candidate", "i1"),
        ("rung", "u1"),
        ("reused", "u1"),
        ("chosen_reason", "u1"),
        ("accepted_reason", "u1"),
        ("check_reason", "u1"),
        ("differs", "u1"),
    ],
    align=True,
)
"""`approx_simulated_step`: one input. simulator.h says what each field is."""

Steps = NDArray[np.void]


@dataclass(frozen=True)
class RecordedRung:
    """outputs: (samples, count) float32. cost_ms, slow_ms: median and 99th percentile at full speed on the device.

    energy_mj: beyond idling. class_map: for each class of the outputs exact's class it stands for, or -1.
    """

    outputs: NDArray[np.float32]
    cost_ms: float
    slow_ms: float
    energy_mj: float = 0.0
    class_map: tuple[int, ...] | None = None


@dataclass(frozen=True)
class DeviceState:
    """energy_j: drawn since the start, idling and loads included. battery: charge, NaN where unknown."""

    time_s: float
    energy_j: float
    temperature_c: float
    battery: float


class _Rung(ctypes.Structure):
    _fields_ = (
        ("outputs", ctypes.c_void_p),
        ("output_count", ctypes.c_size_t),
        ("class_map", ctypes.c_void_p),
        ("class_count", ctypes.c_size_t),
        ("cost_ms", ctypes.c_float),
        ("slow_ms", ctypes.c_float),
        ("energy_mj", ctypes.c_float),
    )


class _ThrottlePoint(ctypes.Structure):
    _fields_ = (("temperature_c", ctypes.c_float), ("speed", ctypes.c_float))


class _Load(ctypes.Structure):
    _fields_ = (("time_s", ctypes.c_double), ("power_w", ctypes.c_float), ("slow_down", ctypes.c_float))


class _Device(ctypes.Structure):
    _fields_ = (
        ("period_ms", ctypes.c_float),
        ("idle_w", ctypes.c_float),
        ("power_exponent", ctypes.c_float),
        ("meters_energy", ctypes.c_int32),
        ("battery_capacity_j", ctypes.c_float),
        ("battery_charge", ctypes.c_float),
        ("battery_step", ctypes.c_float),
        ("heat_capacity_j_per_k", ctypes.c_float),
        ("resistance_k_per_w", ctypes.c_float),
        ("ambient_c", ctypes.c_float),
        ("start_c", ctypes.c_float),
        ("severe_c", ctypes.c_float),
        ("headroom_period_s", ctypes.c_float),
        ("headroom_forecast_s", ctypes.c_float),
        ("throttle", ctypes.POINTER(_ThrottlePoint)),
        ("throttle_count", ctypes.c_size_t),
        ("loads", ctypes.POINTER(_Load)),
        ("load_count", ctypes.c_size_t),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("rungs", ctypes.POINTER(_Rung)),
        ("rung_count", ctypes.c_size_t),
        ("sample_count", ctypes.c_size_t),
        ("exact_rung", ctypes.c_int32),
        ("agreement", NativeAgreement),
        ("inputs", ctypes.c_void_p),
        ("input_count", ctypes.c_size_t),
        ("device", _Device),
        ("deadline_ms", ctypes.c_float),
        ("seed", ctypes.c_uint64),
    )


class _State(ctypes.Structure):
    _fields_ = (
        ("time_s", ctypes.c_double),
        ("energy_j", ctypes.c_double),
        ("temperature_c", ctypes.c_double),
        ("battery", ctypes.c_double),
    )


class Simulator:
    """A device with a recorded ladder. Time, heat and charge go on from one `run` to the next.

    Belongs to one thread at a time. Raises InputError when the recording and the device make no sense.
    """

    def __init__(
        self,
        rungs: Sequence[RecordedRung],
        exact_rung: int,
        device: DeviceModel,
        *,
        agreement: AgreementRule = TOP_ONE,
        inputs: NDArray[Any] | None = None,
        period_ms: float = 0.0,
        deadline_ms: float = NAN,
        seed: int = 0,
    ) -> None:
        """inputs: (samples, ...), to tell by how much the input changed; without, nothing is ever reused.

        period_ms: between two inputs; 0: each begins when the one before is done.
        """
        self._kept: list[NDArray[Any]] = []  # what the simulator borrows
        recorded = (_Rung * len(rungs))(*(self._recorded(rung) for rung in rungs))
        changed = None if inputs is None else self._keep(inputs.reshape(len(inputs), -1), np.float32)
        options = _Options(
            recorded, len(recorded), len(rungs[0].outputs), exact_rung, NativeAgreement.of(agreement),
            None if changed is None else changed.ctypes.data, 0 if changed is None else changed.shape[1],
            _device(device, period_ms), deadline_ms, seed,
        )  # fmt: skip
        self.samples = len(rungs[0].outputs)
        lengths = {len(array) for array in (*(rung.outputs for rung in rungs), *(() if inputs is None else (inputs,)))}
        self._handle = ctypes.c_void_p()
        if len(lengths) != 1 or _bind().approx_simulator_create(ctypes.byref(options), ctypes.byref(self._handle)):
            raise InputError(
                f"a recording of {len(rungs)} rungs on {sorted(lengths)} samples cannot be simulated on the device "
                f"'{device.name}': lengths differ, outputs cannot be compared, or a number is out of its range"
            )

    def run(self, session: Controller, order: NDArray[Any]) -> Steps:
        """Gives `session` the samples of `order`, (inputs,); rows of STEP, fewer if the battery ran empty."""
        samples = np.ascontiguousarray(order, np.uint32)
        if len(samples) and int(np.max(order)) >= self.samples:
            raise InputError(f"sample {int(np.max(order))} of a recording of {self.samples}")
        steps = np.zeros(len(samples), STEP)
        done = ctypes.c_size_t()
        status = _bind().approx_simulator_run(
            self._handle, session.handle, samples.ctypes.data, len(samples), steps.ctypes.data, ctypes.byref(done)
        )
        if status != 0:
            raise InputError(f"the session refused input {done.value} of the simulation with status {status}")
        return steps[: done.value]

    def state(self) -> DeviceState:
        """Where the device is now."""
        state = _State()
        _bind().approx_simulator_state(self._handle, ctypes.byref(state))
        return DeviceState(state.time_s, state.energy_j, state.temperature_c, state.battery)

    def close(self) -> None:
        """Ends its life; closing twice is fine."""
        _bind().approx_simulator_destroy(self._handle)
        self._handle = ctypes.c_void_p()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()

    def _recorded(self, rung: RecordedRung) -> _Rung:
        outputs = self._keep(rung.outputs.reshape(len(rung.outputs), -1), np.float32)
        classes = None if rung.class_map is None else self._keep(np.array(rung.class_map), np.int32)
        return _Rung(
            outputs.ctypes.data, outputs.shape[1], None if classes is None else classes.ctypes.data,
            0 if classes is None else len(classes), rung.cost_ms, rung.slow_ms, rung.energy_mj,
        )  # fmt: skip

    def _keep(self, array: NDArray[Any], dtype: type) -> NDArray[Any]:
        self._kept.append(np.ascontiguousarray(array, dtype))
        return self._kept[-1]


def runs_of(step: np.void) -> tuple[int, ...]:
    """The rungs that ran for one input's answer, in order."""
    packed = int(step["rungs_run"])
    return tuple(packed >> 4 * number & 15 for number in range(min(int(step["run_count"]), 16)))


def _device(model: DeviceModel, period_ms: float) -> _Device:
    battery, heat = model.battery, model.thermal
    throttle = [] if heat is None else [_ThrottlePoint(point.temperature_c, point.speed) for point in heat.throttle]
    loads = [_Load(load.time_s, load.power_w, load.slow_down) for load in model.loads]
    return _Device(
        period_ms,
        model.idle_w,
        model.power_exponent,
        int(model.meters_energy),
        *((NAN, 0.0, 0.0) if battery is None else (battery.capacity_j, battery.charge, battery.step)),
        *(
            (NAN, NAN, 25.0, 25.0, 25.0, NAN, 0.0)
            if heat is None
            else (
                heat.heat_capacity_j_per_k, heat.resistance_k_per_w, heat.ambient_c, heat.start_c, heat.severe_c,
                heat.headroom_period_s, heat.headroom_forecast_s,
            )
        ),
        (_ThrottlePoint * len(throttle))(*throttle) if throttle else None,
        len(throttle),
        (_Load * len(loads))(*loads) if loads else None,
        len(loads),
    )  # fmt: skip


@cache
def _bind() -> ctypes.CDLL:
    native = library()
    handle, status, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
    native.approx_simulator_create.argtypes = (ctypes.POINTER(_Options), ctypes.POINTER(handle))
    native.approx_simulator_create.restype = status
    native.approx_simulator_destroy.argtypes = (handle,)
    native.approx_simulator_destroy.restype = None
    native.approx_simulator_run.argtypes = (handle, handle, handle, size, handle, ctypes.POINTER(size))
    native.approx_simulator_run.restype = status
    native.approx_simulator_state.argtypes = (handle, ctypes.POINTER(_State))
    native.approx_simulator_state.restype = status
    return native
