"""What a recorded profile predicts, and which knobs it drops."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.configuration import ATOMS, Knob
from approxlite.formats.errors import ConfigurationError, DeviceError
from approxlite.formats.profile import CampaignRow, Profile, ProfileJournal, load_profile
from approxlite.profiler.campaign.on_host import Campaign
from approxlite.profiler.recorded import RecordedProfile, more_exact
from approxlite.profiler.summary import recorded

if TYPE_CHECKING:
    from conftest import PretendedModel, PretendedStock

atoms = st.sampled_from(
    [Knob(), *(Knob((atom,)) for atom in ATOMS), Knob.parse("int8+rows:1/2"), Knob.parse("int8+rows:3/4")]
)


@pytest.fixture
def profile(tmp_path: Path, opening: CampaignRow, model: PretendedModel, stock: PretendedStock) -> RecordedProfile:
    with ProfileJournal(tmp_path / "p.jsonl") as journal:
        journal.append(opening)
        Campaign(opening, model, stock, journal, seed=1).run(budget_s=1e-9)
    return recorded(load_profile(tmp_path / "p.jsonl"), "0" * 64)


def test_a_configuration_costs_its_operators_and_the_overhead(profile: RecordedProfile) -> None:
    exact, mixed = profile.measure(["exact", "conv_2d_0=int8,fully_connected_1=int8"])
    assert exact.cost.value == pytest.approx((40_000 + 3_000 + 500 + 700) / 60_000)
    assert mixed.cost.value == pytest.approx((15_000 + 2_000 + 500 + 700) / 60_000)
    assert mixed.cost_ms == pytest.approx(0.0182)
    assert mixed.cost.low <= mixed.cost.value <= mixed.cost.high


def test_knobs_no_faster_than_a_more_exact_one_are_dropped(profile: RecordedProfile) -> None:
    dropped = {knob: time.dropped for knob, time in profile.operators["conv_2d_0"].items()}
    assert dropped == {
        "exact": None,
        "int8": None,
        "rows:1/2": None,
        "int8+rows:1/2": "int8",
        "sample:1/2": "exact",
    }
    assert list(profile.options()["conv_2d_0"]) == ["exact", "int8", "rows:1/2"]


def test_what_was_never_timed_is_not_predicted(profile: RecordedProfile) -> None:
    with pytest.raises(ConfigurationError, match="conv_2d_7"):
        profile.measure(["conv_2d_7=int8"])
    with pytest.raises(ConfigurationError, match="conv_2d_0=cols:1/4"):
        profile.measure(["conv_2d_0=cols:1/4"])


def test_a_profile_of_another_model_is_refused(opening: CampaignRow) -> None:
    with pytest.raises(DeviceError, match="no campaign of this model"):
        recorded(Profile((opening,), ()), "1" * 64)


def test_a_campaign_cut_short_is_no_profile(opening: CampaignRow) -> None:
    with pytest.raises(DeviceError, match="profile again"):
        recorded(Profile((opening,), ()))


@given(atoms, atoms, atoms)
def test_more_exact_is_a_strict_order(a: Knob, b: Knob, c: Knob) -> None:
    assert not more_exact(a, a)
    assert not (more_exact(a, b) and more_exact(b, a))
    if more_exact(a, b) and more_exact(b, c):
        assert more_exact(a, c)
    assert more_exact(Knob(), a) or a.is_exact


@pytest.mark.parametrize(
    ("a", "b", "answer"),
    [
        ("int8", "int8+rows:1/2", True),
        ("inputs:3/4", "inputs:1/2+rows:1/2", True),
        ("inputs:3/4", "rank:1/2", False),
        ("rank:3/4", "int8+rank:3/4", True),
        ("rows:3/4", "rows:1/2", True),
        ("rows:3/4", "int8+rows:1/2", True),
        ("rows:1/2", "cols:1/2", False),
        ("int8", "rows:1/2", False),
        ("int8+rows:3/4", "rows:1/2", False),
    ],
)
def test_more_exact(a: str, b: str, answer: bool) -> None:
    assert more_exact(Knob.parse(a), Knob.parse(b)) is answer
