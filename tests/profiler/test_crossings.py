"""What going from floats to bytes takes is told apart from what knobs take."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.configuration import Configuration, crosses
from approxlite.formats.document import now
from approxlite.formats.profile import BlockRow, CampaignRow, Latency, ProfiledOperator
from approxlite.profiler.crossings import conversions, crossed, neighbours
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.schedule import schedule
from approxlite.profiler.summary import summarise

KNOBS = ("exact", "int8", "rows:1/2", "int8+rows:1/2")
TIMES = {"exact": 20_000, "int8": 9_000, "rows:1/2": 12_000, "int8+rows:1/2": 7_000}
CONVERSION_NS, STOCK_NS, OVERHEAD_NS = 1_500, 80_000, 500
NAMES = ("conv_2d_0", "conv_2d_2", "conv_2d_3")


@pytest.fixture
def profile(opening: CampaignRow) -> RecordedProfile:
    return _profiled(opening, dict.fromkeys(NAMES, TIMES))


def _profiled(opening: CampaignRow, knob_times: Mapping[str, Mapping[str, int]]) -> RecordedProfile:
    """Of a chain with an operator between that knows no bytes, on a machine that slows down at random."""
    order = np.random.default_rng(0)
    operators = [ProfiledOperator(id=name, knobs=KNOBS, multiply_accumulates=1) for name in NAMES]
    operators.insert(1, ProfiledOperator(id="softmax_1", knobs=("exact",), multiply_accumulates=0))
    blocks = []
    rounds = schedule(operators, seed=0)
    for round_ in (next(rounds) for _ in range(60)):
        blocks.append(_block(round_.number, "stock", "exact", STOCK_NS, {}))
        for configuration in round_.configurations:
            slow = float(np.exp(order.choice([0.0, 0.0, 0.2]) + order.normal(0, 0.003)))
            times = {name: round(slow * time) for name, time in _times(configuration, knob_times).items()}
            whole = sum(times.values()) + round(slow * OVERHEAD_NS)
            blocks.append(_block(round_.number, "approxlite", str(configuration), whole, times))
    return summarise(opening.model_copy(update={"operators": tuple(operators)}), blocks)


def _times(configuration: Configuration, knob_times: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    times = {name: knob_times[name][str(configuration.knob(name))] for name in NAMES}
    for before, after in pairwise(NAMES):
        times[after] += CONVERSION_NS * crosses(configuration.knob(before), configuration.knob(after))
    return {"conv_2d_0": times["conv_2d_0"], "softmax_1": 300, **times}


def _block(
    number: int, subject: Literal["stock", "approxlite"], configuration: str, taken_ns: int, operators: dict[str, int]
) -> BlockRow:
    return BlockRow(
        campaign="c1",
        block=0,
        round=number,
        subject=subject,
        configuration=configuration,
        inferences=1,
        latency_ns=Latency(total=taken_ns, median=taken_ns, minimum=taken_ns, maximum=taken_ns),
        operator_ns=operators,
        time=now(),
    )


def test_knobs_are_timed_beside_their_like(profile: RecordedProfile) -> None:
    for name in NAMES:
        found = {knob: time.nanoseconds.value for knob, time in profile.operators[name].items()}
        assert found == pytest.approx(TIMES, rel=0.01)
    assert profile.crossings() == pytest.approx(dict.fromkeys(pairwise(NAMES), CONVERSION_NS), rel=0.1)


def test_configurations_cost_their_crossings(profile: RecordedProfile) -> None:
    for text in ("conv_2d_2=int8", "conv_2d_0=int8,conv_2d_3=int8+rows:1/2", "all=int8"):
        configuration = Configuration.parse(text, profile.campaign.operators)
        truth = (sum(_times(configuration, dict.fromkeys(NAMES, TIMES)).values()) + OVERHEAD_NS) / STOCK_NS
        assert profile.measure([str(configuration)])[0].cost.value == pytest.approx(truth, rel=0.02)


def test_int8_is_kept_where_it_pays_for_the_next_operator(opening: CampaignRow) -> None:
    slower = {**TIMES, "int8": 20_500}
    profile = _profiled(opening, {name: slower if name == "conv_2d_2" else TIMES for name in NAMES})
    assert profile.operators["conv_2d_2"]["int8"].dropped is None
    profile = _profiled(opening, {name: slower if name == "conv_2d_3" else TIMES for name in NAMES})
    assert profile.operators["conv_2d_3"]["int8"].dropped == "exact"


@given(st.integers(0, 100))
def test_no_conversion_is_found_where_there_is_none(seed: int) -> None:
    order = np.random.default_rng(seed)
    knobs = order.integers(0, 4, (200, 3))
    crossings = crossed([[KNOBS[knob] for knob in row] for row in knobs], [(0, 1), (1, 2)])
    times = np.array([TIMES[knob] for knob in KNOBS], np.float64)[knobs]
    assert conversions(times, knobs, crossings, [(0, 1), (1, 2)]) == {}


def test_only_operators_that_know_bytes_have_neighbours() -> None:
    operators = [
        ProfiledOperator(id=f"{kind}_{i}", knobs=knobs, multiply_accumulates=0)
        for i, (kind, knobs) in enumerate([("conv_2d", KNOBS), ("softmax", ("exact",)), ("conv_2d", KNOBS)])
    ]
    assert neighbours(operators) == [(0, 2)]
