"""From the command line: answers that are no classes, and samples that belong together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from approxlite.cli.main import app
from approxlite.formats.curve import load_curve
from approxlite.formats.policy import load_policy
from support.model_builder import RELU, ModelBuilder

SAMPLES = 200
RULE = ("--agreement", "root_mean_square", "--tolerance", "0.5", "--quality", "psnr")
"""So wide that any rung of the model below keeps it."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model from pictures to pictures, and data whose truth is another picture; every fourth is one person's."""
    folder = tmp_path_factory.mktemp("pictures")
    builder = ModelBuilder((1, 8, 8, 3))
    x = builder.conv_2d(builder.input, 8, (3, 3), activation=RELU)
    (folder / "pictures.tflite").write_bytes(builder.build(builder.conv_2d(x, 4, (3, 3))))
    random = np.random.default_rng(2)
    np.savez(
        folder / "data.npz",
        x=random.standard_normal((SAMPLES, 8, 8, 3)).astype(np.float32),
        truth=random.random((SAMPLES, 8, 8, 4)).astype(np.float32),
        person=np.arange(SAMPLES) // 4,
    )
    return folder / "pictures.tflite", folder / "data.npz"


@pytest.fixture(scope="module")
def profile(pictures: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "profile.jsonl"
    arguments = ["profile", str(pictures[0]), "--device", "host", "--seconds", "1", "--out", str(path)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return path


def tuned(approxlite: Any, pictures: tuple[Path, Path], profile: Path, out: Path, *more: object) -> None:
    model, data = pictures
    ran = approxlite(
        "tune", model, "--data", data, "--profile", profile, "--out", out, "--evaluations", 8, *RULE, *more
    )
    assert ran.code == 0, ran.stderr


def test_what_the_curve_was_tuned_for_is_what_its_policy_promises(
    approxlite: Any, pictures: tuple[Path, Path], profile: Path, tmp_path: Path
) -> None:
    model, data = pictures
    curve, policy = tmp_path / "curve.json", tmp_path / "policy.approx"
    tuned(approxlite, pictures, profile, curve)
    assert load_curve(curve)[0].quality == "psnr"
    built = approxlite("policy", "build", curve, "--model", model, "--data", data, "--out", policy)
    assert built.code == 0, built.stderr
    assert load_policy(policy).agreement == load_curve(curve)[0].agreement
    certified = approxlite("certify", policy, "--model", model, "--data", data)
    assert certified.code == 0, certified.stderr
    assert "lose more than 0.5 against the exact model's (root mean square)" in certified.stdout
    ran = approxlite("evaluate", model, "--policy", policy, "--data", data, "--seconds", "0.2", "--quality", "psnr")
    assert ran.code == 0, ran.stderr
    assert "psnr" in ran.stdout
    ran = approxlite("evaluate", model, "--policy", policy, "--data", data, "--seconds", "0.2", "--json", *RULE[4:])
    answer = json.loads(ran.stdout)
    assert (answer["agreement"]["value"], answer["quality"]) == (1.0, "psnr")
    # truth in 0..1 and answers of unit variance or so: some decibels below nothing
    assert -20 < answer["accuracy"]["value"] < 10


def test_persons_stay_together_from_tuning_to_the_certificate(
    approxlite: Any, pictures: tuple[Path, Path], profile: Path, tmp_path: Path
) -> None:
    model, data = pictures
    curve, policy = tmp_path / "curve.json", tmp_path / "policy.approx"
    tuned(approxlite, pictures, profile, curve, "--stream", "person")
    arguments = ("policy", "build", curve, "--model", model, "--data", data, "--out", policy)
    forgotten = approxlite(*arguments)
    assert (forgotten.code, "give --stream person" in forgotten.stderr) == (2, True)
    assert approxlite(*arguments, "--stream", "person").code == 0
    certified = approxlite(
        "certify", policy, "--model", model, "--data", data, "--stream", "person", "--epsilon", "0.3", "--json"
    )
    assert certified.code == 0, certified.stderr
    assert (json.loads(certified.stdout)["unit"], json.loads(certified.stdout)["by"]) == ("group", "person")


def test_a_model_of_pictures_is_optimized_in_one_go(
    approxlite: Any, pictures: tuple[Path, Path], tmp_path: Path
) -> None:
    model, data = pictures
    arguments = ("optimize", model, "--data", data, "--out", tmp_path, "--seconds", "1", *RULE)
    ran = approxlite(*arguments)
    assert ran.code == 0, ran.stderr
    assert "psnr" in ran.stdout.splitlines()[0]
    assert load_policy(tmp_path / "policy.approx").agreement.loss == "root_mean_square"
    assert load_curve(tmp_path / "curve.json")[0].quality == "psnr"
    assert "lose more than 0.5" in (tmp_path / "report.html").read_text()


def test_pictures_without_a_loss_are_refused_in_a_line_that_helps(
    approxlite: Any, pictures: tuple[Path, Path], tmp_path: Path
) -> None:
    model, data = pictures
    ran = approxlite("optimize", model, "--data", data, "--out", tmp_path)
    assert ran.code == 2
    assert "--agreement" in ran.stderr
