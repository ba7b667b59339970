"""One run of one rule: a device, a rhythm of inputs, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.device_model import DeviceModel
from approxlite.formats.errors import InputError
from approxlite.formats.rule import Rule
from approxlite.policy.simulation.recording import Recording
from approxlite.runtime.controller import CandidateFacts, Controller
from approxlite.runtime.guard import Guard
from approxlite.runtime.simulator import DeviceState, Simulator, Steps

MOST_INPUTS = 20_000_000
_CHUNK = 8192


@dataclass(frozen=True)
class Scenario:
    """How inputs come. order: "drawn" shuffles the samples anew each time round, "stream" keeps their order.

    period_ms: between inputs; 0: each when the one before is done. hours: of simulated time; None: each sample once.
    deadline_ms: of every input, NaN for none.
    """

    device: DeviceModel
    period_ms: float = 0.0
    hours: float | None = None
    deadline_ms: float = math.nan
    order: Literal["drawn", "stream"] = "drawn"
    seed: int = 0

    def inputs(self, samples: int, first: int, count: int) -> NDArray[np.uint32]:
        """Samples of the inputs `first` to `first + count`, the same whatever part is asked for."""
        rounds = range(first // samples, -(-(first + count) // samples))
        whole = np.concatenate([self._round(samples, number) for number in rounds])
        begin = first - rounds.start * samples
        return whole[begin : begin + count]

    def most_inputs(self, samples: int) -> int:
        """How many inputs there are if none is late. Raises InputError when they are too many."""
        if self.hours is None:
            return samples
        if self.period_ms == 0:
            return MOST_INPUTS
        inputs = max(1, round(self.hours * 3.6e6 / self.period_ms))
        if inputs > MOST_INPUTS:
            raise InputError(f"{inputs} inputs are more than the {MOST_INPUTS} that are simulated at a time")
        return inputs

    def _round(self, samples: int, number: int) -> NDArray[np.uint32]:
        if self.order == "stream":
            return np.arange(samples, dtype=np.uint32)
        return np.random.default_rng((self.seed, number)).permutation(samples).astype(np.uint32)


@dataclass(frozen=True)
class Played:
    """steps: rows of `approxlite.runtime.simulator.STEP`; order: the sample of each; state: of the device then."""

    steps: Steps
    order: NDArray[np.uint32]
    state: DeviceState

    @property
    def mean_ms(self) -> float:
        """Busy time per input, canaries included."""
        return float((self.steps["latency_ms"].astype(float) + self.steps["check_ms"]).mean())

    @property
    def disagreement(self) -> float:
        """Share of answers that are not exact's."""
        return float(self.steps["differs"].mean())

    @property
    def joules_per_hour(self) -> float:
        return self.state.energy_j / self.state.time_s * 3600.0


def play(
    recording: Recording,
    scenario: Scenario,
    candidates: Sequence[CandidateFacts],
    rule: Rule,
    *,
    certified: int | None = None,
    guard: Guard | None = None,
) -> Played:
    """Follows `rule` through the scenario; equal arguments give equal results.

    certified: how many candidates may be followed (None: all). guard: a fresh one, which afterwards tells what it saw;
    None: no canaries. Raises PolicyError when the rule cannot be followed; InputError when the scenario has no end.
    """
    device, samples = scenario.device, recording.samples
    wanted = scenario.most_inputs(samples)
    parts: list[Steps] = []
    orders: list[NDArray[np.uint32]] = []
    simulated: dict[str, Any] = {"inputs": recording.inputs, "period_ms": scenario.period_ms, "seed": scenario.seed}
    with (
        Controller(
            recording.facts(device), candidates, rule, exact_rung=recording.exact_rung, certified=certified,
            agreement=recording.agreement, guard=None if guard is None else guard.handle,
            output_count=recording.output_count, from_s=0.0,
        ) as session,
        Simulator(
            recording.on(device), recording.exact_rung, device, agreement=recording.agreement,
            deadline_ms=scenario.deadline_ms, **simulated,
        ) as simulator,
    ):  # fmt: skip
        done, end_s = 0, math.inf if scenario.hours is None else scenario.hours * 3600.0
        while done < wanted and simulator.state().time_s < end_s:
            count = min(_CHUNK, wanted - done)
            order = scenario.inputs(samples, done, count)
            parts.append(simulator.run(session, order))
            orders.append(order[: len(parts[-1])])
            done += len(parts[-1])
            if len(parts[-1]) < count:
                break
        state = simulator.state()
    steps, order = np.concatenate(parts), np.concatenate(orders)
    if not len(steps):
        raise InputError("the battery is empty before the first input")
    return Played(steps, order, state)
