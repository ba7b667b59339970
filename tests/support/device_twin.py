"""The simulator again, slow and obvious: drives a session step by step, with the device's equations as they are written
in simulator.h. Numbers of the device are 64 bits throughout, as there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.device_model import DeviceModel
from approxlite.runtime.agreement import Agreement
from approxlite.runtime.controller import Context, Controller, Step
from approxlite.runtime.simulator import RecordedRung

MASK = (1 << 64) - 1


class SplitMix:
    def __init__(self, seed: int) -> None:
        self.state = seed

    def uniform(self) -> float:
        """In (0, 1]."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        z ^= z >> 31
        return ((z >> 11) + 1) * 2.0**-53

    def normal(self) -> float:
        radius = math.sqrt(-2 * math.log(self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())


class DeviceTwin:
    def __init__(self, model: DeviceModel, period_ms: float, seed: int) -> None:
        self.model, self.period_ms, self.random = model, period_ms, SplitMix(seed)
        self.time_s = self.energy_j = self.due_s = 0.0
        self.temperature_c = model.thermal.start_c if model.thermal else 25.0
        self.asked: tuple[float, float] | None = None

    @property
    def battery(self) -> float:
        battery = self.model.battery
        return math.nan if battery is None else max(0.0, f32(battery.charge) - self.energy_j / f32(battery.capacity_j))

    @property
    def speed(self) -> float:
        points = self.model.thermal.throttle if self.model.thermal else ()
        if not points:
            return 1.0
        return float(
            np.interp(self.temperature_c, [f32(p.temperature_c) for p in points], [f32(p.speed) for p in points])
        )

    def load(self) -> tuple[float, float]:
        """Watts and slow-down now."""
        begun = [load for load in self.model.loads if load.time_s <= self.time_s]
        return (f32(begun[-1].power_w), f32(begun[-1].slow_down)) if begun else (0.0, 1.0)

    def wait(self) -> bool:
        if self.battery <= 0:
            return False
        self.spend(max(0.0, self.due_s - self.time_s), 0.0)
        self.due_s = self.time_s + f32(self.period_ms) / 1e3
        return not self.battery <= 0

    def run(self, rung: RecordedRung) -> tuple[float, float]:
        cost, slow, now = f32(rung.cost_ms), f32(rung.slow_ms), self.speed
        latency = cost / now * self.load()[1]
        if slow > cost:
            latency *= math.exp(math.log(slow / cost) / 2.3263478740408408 * self.random.normal())
        energy = f32(rung.energy_mj) * now ** (f32(self.model.power_exponent) - 1)
        self.spend(latency / 1e3, energy / latency)
        return latency, energy

    def spend(self, seconds: float, run_w: float) -> None:
        end = self.time_s + seconds
        changes = [load.time_s for load in self.model.loads if self.time_s < load.time_s <= end]
        for stop in [*changes, end]:
            power, stretch = f32(self.model.idle_w) + self.load()[0] + run_w, stop - self.time_s
            if self.model.thermal:
                heat = self.model.thermal
                resistance = f32(heat.resistance_k_per_w)
                settled = f32(heat.ambient_c) + power * resistance
                left = math.exp(-stretch / (resistance * f32(heat.heat_capacity_j_per_k)))
                self.temperature_c = settled + (self.temperature_c - settled) * left
            self.energy_j += power * stretch
            self.time_s = stop

    def ask_headroom(self) -> float:
        heat = self.model.thermal
        if heat is None or (self.asked and self.time_s - self.asked[0] < f32(heat.headroom_period_s)):
            return math.nan
        slope = 0.0
        if self.asked and self.time_s > self.asked[0]:
            slope = (self.temperature_c - self.asked[1]) / (self.time_s - self.asked[0])
        self.asked = self.time_s, self.temperature_c
        expected = self.temperature_c + slope * f32(heat.headroom_forecast_s)
        return max(0.0, (expected - (f32(heat.severe_c) - 30)) / 30)

    def told_battery(self) -> float:
        step = f32(self.model.battery.step) if self.model.battery else 0.0
        return math.floor(self.battery / step) * step if step else self.battery


def follow(
    session: Controller,
    rungs: Sequence[RecordedRung],
    exact: int,
    device: DeviceTwin,
    order: Sequence[int],
    *,
    inputs: np.ndarray | None,
    deadline_ms: float = math.nan,
    agreement: AgreementRule = TOP_ONE,
) -> list[dict[str, Any]]:
    """A row per input, by the names of `STEP`; runs as a list."""
    compare, rows = Agreement(agreement), []
    last: tuple[int, int] | None = None
    headroom = math.nan

    def execute(row: dict[str, Any], what: str, step: Step, hand_over: Any, sample: int) -> Step:
        latency, energy = device.run(rungs[step.rung])
        row[what] += latency
        row["energy_mj"] += energy
        told = energy if device.model.meters_energy else math.nan
        next_step: Step = hand_over(rungs[step.rung].outputs[sample], latency, told)
        return next_step

    for sample in order:
        if not device.wait():
            break
        row: dict[str, Any] = {"time_s": device.time_s, "speed": device.speed, "rungs_run": [], "latency_ms": 0.0,
                               "check_ms": 0.0, "energy_mj": 0.0}  # fmt: skip
        asked = device.ask_headroom()
        headroom = headroom if math.isnan(asked) else asked
        change = math.nan
        if inputs is not None and last is not None:
            change = float(np.sqrt(np.mean((inputs[sample].astype("f8") - inputs[last[1]].astype("f8")) ** 2)))
        step = session.begin(
            Context(
                time_s=device.time_s, input_change=change, deadline_ms=deadline_ms, battery=device.told_battery(),
                charging=False, thermal_headroom=asked,
            )
        )  # fmt: skip
        row |= {"chosen_reason": step.reason, "chosen_evidence": step.evidence}
        while step.action == "run":
            row["rungs_run"].append(step.rung)
            step = execute(row, "latency_ms", step, session.observe, sample)
        row |= {"accepted_reason": step.reason, "accepted_evidence": step.evidence, "candidate": step.candidate,
                "reused": step.action == "reuse"}  # fmt: skip
        last = last if row["reused"] else (step.rung, sample)
        row["rung"] = last[0]
        answer = rungs[last[0]].outputs[last[1]][np.newaxis]
        row["differs"] = bool(compare.differs(rungs[exact].outputs[sample][np.newaxis], answer)[0])
        step = session.finish()
        if step.action == "check":
            step = execute(row, "check_ms", step, session.check, sample)
        row |= {"check_reason": step.reason, "check_evidence": step.evidence,
                "headroom": headroom, "temperature_c": device.temperature_c, "battery": device.battery}  # fmt: skip
        rows.append(row)
    return rows


def f32(value: float) -> float:
    """As 32 bits keep it."""
    return float(np.float32(value))
