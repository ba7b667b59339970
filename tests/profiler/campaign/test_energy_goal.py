"""What an energy campaign plans for any devices, agents accept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.formats.profile import ProfiledOperator
from approxlite.profiler.blocks import MOST_READINGS
from approxlite.profiler.campaign.energy_goal import Wish, energy_goal
from approxlite.profiler.campaign.energy_probe import Sources
from approxlite.profiler.campaign.gaps import MOST_OPERATOR_RUNS
from approxlite.profiler.campaign.plan import Calls, planned, rounds_of
from approxlite.profiler.energy.noise import RANKING, Noise
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.prove import Probed
from approxlite.profiler.energy.source import Candidate, Source

OPERATORS = [ProfiledOperator(id="conv_2d_0", knobs=("exact", "int8"), multiply_accumulates=1)]


def probed(noise: Noise, idle_w: float, busy_w: float) -> Probed:
    candidate = Candidate(noise.kind, (noise.kind,), "energy", 1.0)
    return Probed(Proven(Source(candidate, 1.0, noise), idle_w, busy_w), (), ())


devices = st.builds(
    probed,
    st.builds(
        Noise, st.sampled_from(RANKING), step_j=st.floats(0, 20), refresh_s=st.floats(0, 30), lag_s=st.floats(0, 8)
    ),
    st.floats(0.05, 0.5),
    st.floats(0.6, 8.0),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(devices, min_size=1, max_size=3))
def test_power_is_never_read_more_often_than_agents_allow(found: list[Probed]) -> None:
    sources = Sources({str(place): each for place, each in enumerate(found)}, {})
    design, _ = energy_goal(sources, OPERATORS, Wish(half_width=0.2, longest_s=1e9))
    slots = rounds_of(OPERATORS, design.model_copy(update={"rounds": 1}), seed=0)[0].slots
    blocks = [planned(slot, Calls(10, 10), design, {}) for slot in slots]
    assert all(block.longest_s * 1e3 / block.readings_ms <= MOST_READINGS for block in blocks)
    assert all(block.longest_s > 1.5 * block.seconds for block in blocks)


@pytest.mark.parametrize("exact_s", [5e-6, 50e-6, 400e-6, 1e-3, 20e-3, 0.2])
def test_the_time_that_is_said_has_what_is_between_blocks(exact_s: float) -> None:
    design, goal = energy_goal(None, OPERATORS, Wish())  # by a meter, whose blocks are the shortest there are
    calls, rounds = Calls.lasting(design.work_s, exact_s * 1e9, exact_s * 1e9), rounds_of(OPERATORS, design, seed=0)
    blocks = [planned(slot, calls, design, {}) for each in rounds for slot in each.slots]
    runs = sum(block.uncounted + block.operators * min(block.inferences, MOST_OPERATOR_RUNS) for block in blocks)
    takes_s = sum(block.seconds for block in blocks) + runs * exact_s
    assert takes_s <= len(rounds) * goal.blocks * design.block_s
