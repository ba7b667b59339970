"""A whole campaign on this computer, on a model small enough to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from approxlite.formats.errors import ModelError, UnstableError
from approxlite.formats.profile import load_profile
from approxlite.profiler import profile as profiling
from approxlite.profiler.campaign.on_host import MIN_SWEEPS
from approxlite.profiler.live import LiveHost
from approxlite.profiler.profile import profile_host
from approxlite.profiler.summary import recorded, summarise
from support.model_builder import ModelBuilder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two fully connected operators and a softmax."""
    builder = ModelBuilder((1, 64))
    x = builder.fully_connected(0, 128)
    x = builder.softmax(builder.fully_connected(x, 10))
    path = tmp_path_factory.mktemp("model") / "small.tflite"
    path.write_bytes(builder.build(x))
    return path


@pytest.fixture(scope="module", autouse=True)
def any_machine_is_steady_enough() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiling, "UNSTABLE", inf)
        yield


@pytest.fixture(scope="module")
def journal(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "profile.jsonl"
    profile_host(model, path, budget_s=0.01)
    return path


def test_a_campaign_says_what_it_measured_and_where(journal: Path) -> None:
    (campaign,) = load_profile(journal).campaigns
    assert campaign.model.name == "small"
    assert campaign.threads == 1
    assert campaign.energy is None
    assert "no energy source" in campaign.energy_refused
    assert [operator.id for operator in campaign.operators] == [
        "fully_connected_0",
        "fully_connected_1",
        "softmax_2",
    ]


def test_a_block_that_was_cut_off_before_its_operators_were_timed_is_passed_over(journal: Path) -> None:
    profile = load_profile(journal)
    whole = recorded(profile)
    place = next(
        i for i, row in enumerate(profile.blocks) if row.subject == "approxlite" and row.configuration != "exact"
    )
    cut = profile.blocks[place].model_copy(update={"operator_ns": {}})
    blocks = (*profile.blocks[:place], cut, *profile.blocks[place + 1 :])
    told = summarise(profile.campaigns[0], blocks)
    assert told.exact_cost == whole.exact_cost
    assert told.operators.keys() == whole.operators.keys()


def test_every_knob_has_a_time_with_an_interval(journal: Path) -> None:
    profile = recorded(load_profile(journal))
    for operator in profile.campaign.operators:
        for knob in operator.knobs:
            time = profile.operators[operator.id][knob].nanoseconds
            assert 0 < time.low <= time.value <= time.high
            assert time.samples >= MIN_SWEEPS


def test_running_it_again_repeats_no_block(model: Path, journal: Path) -> None:
    before = journal.read_bytes()
    summary = profile_host(model, journal, budget_s=0.01)
    assert journal.read_bytes() == before
    assert summary == recorded(load_profile(journal))


def test_another_seed_is_another_campaign(model: Path, journal: Path, tmp_path: Path) -> None:
    path = tmp_path / "profile.jsonl"
    path.write_bytes(journal.read_bytes())
    other = profile_host(model, path, budget_s=0.01, seed=1)
    first, second = load_profile(path).campaigns
    assert first.campaign != second.campaign == other.campaign.campaign
    assert profile_host(model, path, budget_s=0.01).campaign == first


def test_too_unsteady_a_machine_is_given_no_number_but_keeps_its_rows(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "UNSTABLE", -1.0)
    with pytest.raises(UnstableError, match="profile again"):
        profile_host(model, tmp_path / "profile.jsonl", budget_s=0.01)
    assert load_profile(tmp_path / "profile.jsonl").blocks


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.tflite").write_bytes(b"nothing")
    with pytest.raises(ModelError):
        profile_host(tmp_path / "no.tflite", tmp_path / "profile.jsonl")


def test_a_live_host_answers_in_the_order_of_the_question(model: Path) -> None:
    texts = ["exact", *(f"fully_connected_0={knob}" for knob in ("int8", "sample:1/2", "sample:3/4"))] * 5
    measurements = LiveHost(model, seconds=0.05)(texts)
    assert [measurement.configuration for measurement in measurements] == texts
    assert all(m.cost.low <= m.cost.value <= m.cost.high and m.cost_ms > 0 for m in measurements)
