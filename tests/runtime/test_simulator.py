"""A simulation is what sessions do, step by step, on a device whose equations hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.device_model import Battery, DeviceModel, Load, Thermal, ThrottlePoint
from approxlite.formats.errors import InputError
from approxlite.formats.guard import GuardSettings
from approxlite.formats.policy import Stage
from approxlite.formats.rule import Rule, RuleKind
from approxlite.runtime.controller import CandidateFacts, Controller, RungFacts, reason_of
from approxlite.runtime.guard import Guard
from approxlite.runtime.simulator import RecordedRung, Simulator, runs_of
from support.device_twin import DeviceTwin, follow

SAMPLES = 40
PLAIN = DeviceModel(name="plain", run_w=2.0, idle_w=0.5)
HOT = DeviceModel(
    name="hot",
    run_w=3.0,
    idle_w=0.25,
    power_exponent=2.0,
    battery=Battery(capacity_j=20.0, charge=0.9),
    thermal=Thermal(
        heat_capacity_j_per_k=0.02,
        resistance_k_per_w=8.0,
        severe_c=40.0,
        headroom_period_s=0.1,
        headroom_forecast_s=0.2,
        throttle=(ThrottlePoint(temperature_c=28, speed=1), ThrottlePoint(temperature_c=36, speed=0.5)),
    ),
    loads=(Load(time_s=0.2, power_w=1.0, slow_down=1.5), Load(time_s=0.9, power_w=0.0)),
)
RULES: tuple[RuleKind, ...] = ("fixed", "naive", "state", "kalman", "budget", "deadline", "thermal", "auto")


def recorded(seed: int = 0, tail: float = 1.4) -> list[RecordedRung]:
    """Three rungs, exact first, that agree less the cheaper they are."""
    random = np.random.default_rng(seed)
    logits = 2 * random.normal(size=(SAMPLES, 4))
    rungs = []
    for noise, cost in ((0.0, 12.0), (0.5, 5.0), (1.5, 2.0)):
        noisy = logits + noise * random.normal(size=logits.shape)
        powers = np.exp(noisy)
        outputs = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        rungs.append(RecordedRung(outputs, cost, tail * cost, 3 * cost))
    return rungs


def rule_of(kind: RuleKind, candidate: int = 0, idle_w: float = 0.5) -> Rule:
    """With all that the kind may have."""
    given: dict[str, Any] = {
        "naive": {"growth": 2}, "state": {"growth": 2}, "kalman": {"growth": 2},
        "budget": {"energy_j_per_hour": 3000, "idle_w": idle_w}, "deadline": {"deadline_ms": 9},
        "thermal": {"headroom_limit": 0.6},
        "auto": {"energy_j_per_hour": 3000, "idle_w": idle_w, "deadline_ms": 9, "headroom_limit": 0.6},
    }.get(kind, {})  # fmt: skip
    return Rule(kind=kind, confidence="top_two_ratio", candidate=candidate, **given)


def session(rungs: list[RecordedRung], rule: Rule, guard: Guard | None = None) -> Controller:
    facts = [RungFacts(rung.cost_ms, rung.slow_ms, rung.energy_mj or math.nan) for rung in rungs]
    candidates = [
        CandidateFacts((Stage(rung=0),), 36),
        CandidateFacts((Stage(rung=1),), 15, reuse_change=0.8),
        CandidateFacts((Stage(rung=2, threshold=2.0), Stage(rung=1)), 12, reuse_change=1.2),
    ]
    handle = None if guard is None else guard.handle
    return Controller(facts, candidates, rule, exact_rung=0, guard=handle, output_count=4, from_s=0.0)


def guard_of(seed: int) -> Guard:
    return Guard(GuardSettings(canary_rate=0.2, constant_limit=1000), bytes(32), 0.1, seed)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    rule=st.sampled_from(RULES),
    start=st.integers(0, 2),
    device=st.sampled_from([PLAIN, HOT, HOT.model_copy(update={"meters_energy": True})]),
    period_ms=st.sampled_from([0.0, 4.0, 30.0]),
    guarded=st.booleans(),
    moving=st.booleans(),
)
def test_it_does_what_a_session_driven_step_by_step_does(
    seed: int, rule: Any, start: int, device: DeviceModel, period_ms: float, guarded: bool, moving: bool
) -> None:
    rungs, random = recorded(seed), np.random.default_rng(seed)
    inputs = random.normal(size=(SAMPLES, 6)).astype(np.float32) if moving else None
    order = random.integers(0, SAMPLES, 60)
    options = rule_of(rule, start, device.idle_w)
    guards = [guard_of(seed) if guarded else None for _ in range(2)]
    with session(rungs, options, guards[0]) as ours, session(rungs, options, guards[1]) as twins:
        with Simulator(rungs, 0, device, inputs=inputs, period_ms=period_ms, deadline_ms=10, seed=seed) as simulator:
            steps = simulator.run(ours, order)
            state = simulator.state()
        twin = DeviceTwin(device, period_ms, seed)
        rows = follow(twins, rungs, 0, twin, order, inputs=inputs, deadline_ms=10)
    assert len(steps) == len(rows)
    for step, row in zip(steps, rows, strict=True):
        assert list(runs_of(step)) == row["rungs_run"]
        for name in ("chosen", "accepted", "check"):
            assert reason_of(int(step[f"{name}_reason"])) == row[f"{name}_reason"]
        for name in ("candidate", "rung", "reused", "differs"):
            assert int(step[name]) == row[name], name
        for name in (
            "time_s", "latency_ms", "check_ms", "energy_mj", "temperature_c", "speed", "headroom", "battery",
            "chosen_evidence", "accepted_evidence", "check_evidence",
        ):  # fmt: skip
            assert float(step[name]) == pytest.approx(row[name], rel=1e-5, abs=1e-6, nan_ok=True), name
    assert (state.time_s, state.energy_j) == pytest.approx((twin.time_s, twin.energy_j), rel=1e-9)


def simulated(device: DeviceModel, count: int, rule: Rule | None = None, **options: Any) -> tuple[Any, Any]:
    rungs = recorded(tail=options.pop("tail", 1.4))
    order = np.random.default_rng(1).integers(0, SAMPLES, count)
    with session(rungs, rule or rule_of("naive")) as steered, Simulator(rungs, 0, device, **options) as simulator:
        return simulator.run(steered, order), simulator.state()


def test_the_energy_is_that_of_idling_loads_and_runs() -> None:
    loads = (Load(time_s=1.0, power_w=2.0), Load(time_s=3.0, power_w=0.5))
    steps, state = simulated(PLAIN.model_copy(update={"loads": loads}), 500, period_ms=20.0)
    background = 2.0 * 2.0 + 0.5 * (state.time_s - 3.0)
    runs = float(steps["energy_mj"].astype(float).sum()) / 1e3
    assert state.energy_j == pytest.approx(0.5 * state.time_s + background + runs, rel=1e-6)


def test_the_battery_holds_what_was_not_drawn_and_ends_the_simulation() -> None:
    device = PLAIN.model_copy(update={"battery": Battery(capacity_j=10.0, charge=0.5)})
    steps, state = simulated(device, 5000)
    assert 0 < len(steps) < 5000
    assert state.battery == 0.0
    assert state.energy_j >= 5.0
    before = steps[:-1]
    assert np.all(np.diff(before["battery"]) < 0)


@pytest.mark.parametrize("watts", [0.5, 3.0])
def test_constant_power_heats_as_the_closed_form_says(watts: float) -> None:
    heat = Thermal(heat_capacity_j_per_k=5.0, resistance_k_per_w=4.0, ambient_c=20.0, start_c=30.0, severe_c=90.0)
    device = DeviceModel(name="idle", run_w=0.0, idle_w=watts, thermal=heat)
    rungs = [RecordedRung(each.outputs, each.cost_ms, each.cost_ms) for each in recorded()]
    with session(rungs, rule_of("fixed")) as steered, Simulator(rungs, 0, device, period_ms=100.0) as simulator:
        steps = simulator.run(steered, np.zeros(600, int))
    done = steps["time_s"] + steps["latency_ms"] / 1e3
    settled = 20.0 + watts * 4.0
    expected = settled + (30.0 - settled) * np.exp(-done / (4.0 * 5.0))
    assert steps["temperature_c"] == pytest.approx(expected, rel=1e-6)


def test_heat_slows_down_until_power_and_surroundings_balance() -> None:
    heat = HOT.thermal
    assert heat is not None
    throttle = (ThrottlePoint(temperature_c=26, speed=1), ThrottlePoint(temperature_c=45, speed=0.2))
    slow = heat.model_copy(update={"heat_capacity_j_per_k": 1.0, "throttle": throttle})
    device = DeviceModel(name="hot", run_w=3.0, idle_w=0.0, power_exponent=2.0, thermal=slow)
    steps, _ = simulated(device, 30000, rule_of("fixed"), tail=1.0)
    speed, temperature = float(steps["speed"][-1]), float(steps["temperature_c"][-1])
    assert temperature == pytest.approx(slow.ambient_c + 3.0 * speed**2 * slow.resistance_k_per_w, abs=0.05)
    assert steps["latency_ms"][-1] == pytest.approx(12.0 / speed, rel=1e-3)


def test_slow_runs_are_as_frequent_as_their_percentile_says() -> None:
    steps, _ = simulated(PLAIN, 50000, rule_of("fixed"))
    assert np.median(steps["latency_ms"]) == pytest.approx(12.0, rel=0.01)
    assert np.mean(steps["latency_ms"] > 1.4 * 12.0) == pytest.approx(0.01, abs=0.002)


def test_the_same_seed_gives_the_same_steps_and_parts_give_the_whole() -> None:
    one, other = (simulated(HOT.model_copy(update={"battery": None}), 400, seed=3)[0] for _ in range(2))
    assert np.array_equal(one.view(np.uint8), other.view(np.uint8))
    rungs, order = recorded(), np.random.default_rng(1).integers(0, SAMPLES, 400)
    with (
        session(rungs, rule_of("naive")) as steered,
        Simulator(rungs, 0, HOT.model_copy(update={"battery": None}), seed=3) as simulator,
    ):
        parts = np.concatenate([simulator.run(steered, part) for part in np.array_split(order, 7)])
    assert np.array_equal(one.view(np.uint8), parts.view(np.uint8))
    different, _ = simulated(HOT.model_copy(update={"battery": None}), 400, seed=4)
    assert not np.array_equal(one["latency_ms"], different["latency_ms"])


@pytest.mark.parametrize(
    "changes",
    [
        {"cost_ms": 0.0}, {"cost_ms": math.nan}, {"slow_ms": 1.0}, {"energy_mj": -1.0}, {"energy_mj": math.inf},
        {"outputs": np.zeros((SAMPLES, 5), np.float32)}, {"outputs": np.zeros((3, 4), np.float32)},
        {"class_map": (0, 1)},
    ],
)  # fmt: skip
def test_a_recording_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    good = recorded()
    bad = RecordedRung(**{**vars(good[1]), **changes})
    with pytest.raises(InputError, match="cannot be simulated"):
        Simulator([good[0], bad], 0, PLAIN)


@pytest.mark.parametrize("options", [{"period_ms": -1.0}, {"deadline_ms": 0.0}, {"period_ms": math.nan}])
def test_a_rhythm_that_makes_no_sense_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Simulator(recorded(), 0, PLAIN, **options)  # type: ignore[arg-type]


def test_a_sample_there_is_not_is_refused() -> None:
    rungs = recorded()
    with (
        session(rungs, rule_of("fixed")) as steered,
        Simulator(rungs, 0, PLAIN) as simulator,
        pytest.raises(InputError, match="sample 40 of a recording of 40"),
    ):
        simulator.run(steered, np.array([3, SAMPLES]))
