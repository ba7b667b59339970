"""What is shown of a device has its interval, counts what was spent, and takes no answer for more than it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.fleet.watching import Watcher, disagreement, saved, watched
from approxlite.formats.guard import GuardSettings
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Policy
from approxlite.formats.service_status import GuardReading, ServiceStatus
from approxlite.profiler.devices.service import Service
from support.releases import Made, phone

CONTRACT = Path(__file__).parents[1] / "contract"
STATUS = ServiceStatus.model_validate_json((CONTRACT / "service_status.json").read_text())
POLICY = Policy.model_validate_json((CONTRACT / "policy.json").read_text())


def reading(canaries: int, disagreements: int, share: float | None = None) -> GuardReading:
    return GuardReading(alarm="none", canaries=canaries, disagreements=disagreements, disagreement_share=share)


def status_of(*answers: int, runs: tuple[int, ...] | None = None, canaries: int = 0) -> ServiceStatus:
    costs = (1.0, 0.5, 0.25)
    rungs = [
        {"cost": cost, "answers": count, "runs": None if runs is None else runs[at]}
        for at, (cost, count) in enumerate(zip(costs, answers, strict=False))
    ]
    return ServiceStatus.model_validate_json(
        json.dumps({"rungs": rungs, "exact_rung": 0, "guard": {"alarm": "none", "canaries": canaries}})
    )


def exactly(*values: float) -> list[Estimate]:
    return [Estimate(value=value, low=value, high=value, samples=1) for value in values]


def test_disagreement_is_the_canaries_share_with_its_exact_interval() -> None:
    found = disagreement(reading(100, 2), None)
    assert found is not None
    assert (found.value, found.samples) == (0.02, 100)
    assert found.low == pytest.approx(0.00243, abs=1e-4) and found.high == pytest.approx(0.0704, abs=1e-4)
    assert disagreement(reading(0, 0), None) is None
    assert disagreement(None, None) is None


def test_canaries_that_are_drawn_more_often_where_unsure_widen_the_interval() -> None:
    settings = GuardSettings(unsure=1.0, unsure_factor=8.0, unsure_share=0.1)
    plain, weighted = disagreement(reading(100, 4), settings), disagreement(reading(100, 4, 0.01), settings)
    assert plain is not None and weighted is not None
    assert weighted.value == 0.01
    assert weighted.low < 0.01 < weighted.high < plain.high


@given(st.integers(1, 5000), st.integers(0, 5000), st.floats(0, 50), st.floats(1, 1e6), st.floats(0, 1))
def test_any_reading_has_an_interval_around_its_value(
    canaries: int, disagreements: int, share: float, factor: float, unsure: float
) -> None:
    settings = GuardSettings(unsure_factor=factor, unsure_share=unsure)
    found = disagreement(reading(canaries, disagreements, share), settings)
    assert (found is None) == (disagreements > canaries)
    assert found is None or 0 <= found.low <= found.value <= found.high <= 1


def test_what_is_saved_counts_escalations_and_canaries() -> None:
    costs = exactly(1.0, 0.5, 0.25)
    found = saved(status_of(10, 50, 40), costs)
    assert found is not None and found.at_most
    assert found.value == pytest.approx(1 - (10 + 25 + 10) / 100)
    found = saved(status_of(10, 50, 40, runs=(10, 60, 40), canaries=5), costs)
    assert found is not None and not found.at_most
    assert found.value == pytest.approx(1 - (10 + 30 + 10 + 5) / 100)


def test_nothing_is_saved_before_the_first_answer_or_where_exact_is_unknown() -> None:
    assert saved(status_of(0, 0, 0), exactly(1.0, 0.5, 0.25)) is None
    assert saved(ServiceStatus(), []) is None
    assert saved(status_of(1, 2, 3), exactly(1.0)) is None
    assert saved(status_of(1, 2, 3), exactly(0.0, 0.0, 0.0)) is None


def test_the_policy_gives_savings_their_intervals_and_joules() -> None:
    bare, full = watched("A", STATUS, None), watched("A", STATUS, POLICY)
    assert bare.time_saved is not None and bare.time_saved.low == bare.time_saved.high
    assert bare.energy_saved is None
    assert full.time_saved is not None and full.time_saved.low < full.time_saved.value < full.time_saved.high
    assert full.energy_saved is not None and full.energy_saved.low < full.energy_saved.value


def test_a_look_at_a_lost_device_is_its_problem(made: Made) -> None:
    twin = phone(made)
    watcher = Watcher("PHONE1", lambda _: Service(twin))
    assert watcher.look().problem is None
    twin.lost = True
    assert "lost while it ran" in str(watcher.look().problem)
