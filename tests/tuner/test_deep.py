"""Which configurations are given weights of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.configuration import Configuration
from approxlite.formats.interval import Estimate
from approxlite.formats.profile import CampaignRow
from approxlite.policy.measure import Measurement
from approxlite.tuner.costs import Profile
from approxlite.tuner.deep import LEAST, MOST, MOST_TWINS, affordable_twins, deeper_candidates, worth_recalibrating
from approxlite.tuner.menu import knobs_worth_trying
from approxlite.tuner.validate import Candidate

CALIBRATED = ("inputs:3/4", "inputs:1/2", "int8+inputs:1/2", "inputs:1/2+rows:1/2")


def timed(disagreements: list[float], knob: str = "inputs:1/2") -> list[tuple[Candidate, Estimate]]:
    """Ever cheaper ones."""
    return [
        (
            Candidate(Configuration.parse(f"conv_2d_{number}={knob}"), 1 / (number + 1), disagreement),
            Estimate(value=1 / (number + 1), low=0.0, high=1.0, samples=9),
        )
        for number, disagreement in enumerate(disagreements)
    ]


@given(st.lists(st.floats(0, 1), max_size=20), st.integers(1, MOST_TWINS))
def test_those_that_disagree_too_often_alone_but_not_hopelessly(disagreements: list[float], most: int) -> None:
    chosen = worth_recalibrating(timed(disagreements), most)
    deep = [d for d in disagreements if LEAST <= d <= MOST]
    assert len(chosen) == min(most, len(deep))
    assert all(LEAST <= candidate.disagreement <= MOST for candidate in chosen)
    costs = [candidate.cost for candidate in chosen]
    assert costs == sorted(set(costs))
    if deep:
        cheapest = max(n for n, d in enumerate(disagreements) if LEAST <= d <= MOST)
        assert chosen[0].configuration == Configuration.parse(f"conv_2d_{cheapest}=inputs:1/2")


def test_weights_of_its_own_are_of_no_use_to_one_that_has_none() -> None:
    assert worth_recalibrating(timed([0.1, 0.2], "rows:1/2"), 4) == []


@dataclass
class PretendedPredictor:
    """Every knob but exact and int8 disagrees by the same amount on every operator."""

    harm: float

    def knows(self, _operator: str, _knob: str) -> bool:
        return True

    def loss(self, _operator: str, knob: str) -> float:
        return 0.0 if knob in ("exact", "int8") else self.harm * (2 if "1/2" in knob else 1)

    def disagreement(self, configuration: Configuration) -> float:
        return sum(self.loss(operator, str(knob)) for operator, knob in configuration.entries)


@dataclass
class Changed:
    """A profile, with more `knobs` on every operator, and whole models `slowness` times as slow."""

    profile: Profile
    knobs: Mapping[str, float] = field(default_factory=dict)
    slowness: float = 1.0

    @property
    def campaign(self) -> CampaignRow:
        return self.profile.campaign

    def options(self) -> dict[str, dict[str, float]]:
        return {name: {**times, **self.knobs} for name, times in self.profile.options().items()}

    def measure(self, configurations: Sequence[str]) -> list[Measurement]:
        return [replace(m, cost_ms=m.cost_ms * self.slowness) for m in self.profile.measure(configurations)]


def test_deeper_ones_are_made_of_what_weights_can_make_up_for(profile: Profile) -> None:
    calibrated = Changed(profile, dict(zip(CALIBRATED, (13e3, 11e3, 8e3, 1e3), strict=True)))
    assert set(CALIBRATED) <= set(knobs_worth_trying(calibrated)["conv_2d_0"])
    deeper = deeper_candidates(calibrated, PretendedPredictor(0.05))
    assert deeper
    for candidate in deeper:
        assert candidate.disagreement >= LEAST
        assert {str(knob) for _, knob in candidate.configuration.entries} <= {"int8", *CALIBRATED[:3]}
    assert deeper_candidates(profile, PretendedPredictor(0.05)) == []


def test_a_slow_model_has_few_twins_and_one_at_least(profile: Profile) -> None:
    counts = [affordable_twins(Changed(profile, slowness=slowness), 100) for slowness in (1.0, 1e3, 1e5, 1e7)]
    assert counts[0] == MOST_TWINS
    assert counts[-1] == 1
    assert counts == sorted(counts, reverse=True)
