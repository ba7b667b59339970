"""From a model, data and a profile to a curve."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.curve import Curve, load_curve, unpack_scales
from approxlite.formats.data import Data
from approxlite.formats.errors import InputError, ModelError
from approxlite.formats.rung import RungSpec
from approxlite.policy.split import split
from approxlite.tuner.tune import tune

if TYPE_CHECKING:
    from conftest import PretendedInterpreter, PretendedProfile


@pytest.fixture
def curve(
    model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter, tmp_path: Path
) -> Curve:
    return tune(model_file, data, profile, seed=3, out=tmp_path / "curve.json", interpreter=interpreter)


def test_certification_samples_are_never_run(curve: Curve, data: Data, interpreter: PretendedInterpreter) -> None:
    parts = split(data, 3)
    assert interpreter.shown == {data.x[i].tobytes() for i in parts.search}
    assert not interpreter.shown & {data.x[i].tobytes() for i in parts.certification}
    assert curve.split == parts.record()


def test_the_curve_begins_with_exact_and_nothing_on_it_beats_another(curve: Curve) -> None:
    exact, *others = curve.points
    assert exact.configuration == "exact"
    assert exact.disagreement is not None
    assert exact.disagreement.value == 0
    values = [(p.cost.value, p.disagreement.value) for p in others if p.cost and p.disagreement]
    assert values == sorted(values, key=lambda v: -v[0])
    assert all(a[1] <= b[1] for a, b in pairwise(values))


def test_the_curve_reaches_from_harmless_to_deep(curve: Curve) -> None:
    disagreements = [point.disagreement.value for point in curve.points if point.disagreement]
    assert min(d for d in disagreements[1:]) <= 0.01
    assert 0.05 <= max(disagreements) <= 0.3


def test_measured_disagreement_is_what_the_configuration_really_does(
    curve: Curve, data: Data, interpreter: PretendedInterpreter
) -> None:
    x = data.x[split(data, 3).search]
    for point in curve.points:
        interpreter.set_ladder([RungSpec(configuration="exact"), RungSpec(configuration=point.configuration)])
        answers = []
        for rung in (0, 1):
            interpreter.rung = rung
            answers.append(interpreter.run_many(x).argmax(axis=1))
        assert point.disagreement is not None
        assert point.disagreement.value == np.mean(answers[0] != answers[1])


def test_the_same_profile_data_and_seed_give_the_same_curve(
    curve: Curve, model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    again = tune(model_file, data, profile, seed=3, interpreter=interpreter)
    assert again.model_copy(update={"created": curve.created}) == curve


def test_another_seed_looks_at_other_samples(
    curve: Curve, model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    assert tune(model_file, data, profile, seed=4, interpreter=interpreter).points != curve.points


def test_what_was_saved_is_what_was_returned(curve: Curve, tmp_path: Path) -> None:
    loaded, weights = load_curve(tmp_path / "curve.json")
    assert loaded == curve
    assert set(unpack_scales(weights)) == {"conv_2d_0", "conv_2d_1", "fully_connected_2"}


def test_no_more_configurations_are_evaluated_than_asked_for(
    model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    curve = tune(model_file, data, profile, interpreter=interpreter, evaluations=6)
    assert curve.predictor_residuals.samples <= 6
    # calibration, exact and base and each atom on a few samples and on all, exact again, one sample, evaluations
    assert interpreter.inferences <= 200 * (1 + 9 + 1 + 6) + 48 * 11 + 1


def test_a_knob_that_gives_no_numbers_is_left_alone(
    model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    interpreter.broken = "checker:1/2"
    curve = tune(model_file, data, profile, interpreter=interpreter)
    knobs = [str(knob) for p in curve.points for _, knob in Configuration.parse(p.configuration).entries]
    assert not any("checker" in knob for knob in knobs)
    assert any("int8" in knob for knob in knobs)


def test_a_model_whose_exact_outputs_are_no_numbers_is_refused(
    model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    data.x.reshape(len(data), -1)[:, 1:] = np.nan  # the first tells samples apart
    with pytest.raises(ModelError, match="not finite"):
        tune(model_file, data, profile, interpreter=interpreter)


def test_a_profile_of_something_else_is_refused(
    model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    for changed, reason in (
        ({"model": profile.campaign.model.model_copy(update={"sha256": "0" * 64})}, "another model"),
        ({"numerics_version": 10**6}, "numerics version"),
        ({"operators": profile.campaign.operators[:1]}, "other knobs"),
    ):
        wrong = type(profile)(profile.campaign.model_copy(update=changed))
        with pytest.raises(InputError, match=reason):
            tune(model_file, data, wrong, interpreter=interpreter)


def test_progress_names_every_stage(
    model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    said: list[tuple[str, float]] = []
    tune(model_file, data, profile, interpreter=interpreter, progress=lambda what, share: said.append((what, share)))
    shares = [share for _, share in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert list(dict.fromkeys(what for what, _ in said)) == [
        "calibrating",
        "learning what each knob does",
        "searching",
        "evaluating configurations",
        "timing configurations",
        "tuned",
    ]


def test_a_model_whose_knobs_save_nothing_stays_exact(
    model_file: Path, data: Data, profile: PretendedProfile, interpreter: PretendedInterpreter
) -> None:
    profile.time = lambda _knob: 10_000.0  # type: ignore[method-assign]
    curve = tune(model_file, data, profile, interpreter=interpreter)
    assert curve.points[0].configuration == "exact"
    assert all(p.cost and p.cost.value == curve.points[0].cost.value for p in curve.points if curve.points[0].cost)
