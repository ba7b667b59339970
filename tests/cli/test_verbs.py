"""Every verb does what its help says, prints JSON that scripts can rely on, and leaves the model as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from approxlite.cli.main import app
from approxlite.cli.results import left_out
from approxlite.cli.tiny_model import INPUT, tiny_model
from approxlite.formats.curve import load_curve
from approxlite.formats.policy import load_policy
from approxlite.formats.profile import load_profile
from approxlite.formats.trace import load_trace
from support.model_builder import ModelBuilder

VERBS = (
    *("inspect", "profile", "tune", "policy build", "policy keygen", "policy sign", "policy show", "policy verify"),
    *("certify", "simulate"),
    *("evaluate", "bench", "optimize", "report", "devices", "doctor", "demo"),
    *("push", "watch", "pull", "audit"),
)


def answer(ran: Any) -> Any:
    """What a verb printed with --json; nothing else may be on stdout."""
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_that_uses_the_verb(approxlite: Any, verb: str) -> None:
    ran = approxlite(*verb.split(), "--help")
    assert ran.code == 0
    assert f"Example: approxlite {verb}" in " ".join(ran.stdout.split())
    assert "--json" in ran.stdout


def test_no_arguments_show_the_help(approxlite: Any) -> None:
    ran = approxlite()
    assert ran.code == 0
    assert all(name in ran.stdout for name in {verb.split()[0] for verb in VERBS})


def test_every_verb_that_there_is_is_tested_here() -> None:
    named = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    assert named == {verb.split()[0] for verb in VERBS}


def test_a_signed_policy_is_verified_by_its_key_alone(approxlite: Any, made: Path, model: Path, tmp_path: Path) -> None:
    ours, other, signed = (tmp_path / name for name in ("ours.key", "other.key", "signed.approx"))
    named = answer(approxlite("policy", "keygen", "--out", ours, "--json"))["sha256"]
    assert approxlite("policy", "keygen", "--out", other).code == 0
    assert approxlite("policy", "sign", made / "policy.approx", "--key", ours, "--out", signed).code == 0
    verified = answer(approxlite("policy", "verify", signed, "--model", model, "--key", f"{ours}.pub", "--json"))
    assert verified["signed_by"] == named
    assert approxlite("policy", "verify", signed, "--model", model, "--key", f"{other}.pub").code == 2
    assert approxlite("policy", "verify", made / "policy.approx", "--model", model, "--key", f"{ours}.pub").code == 2


def test_inspect_lists_operators_in_model_order(approxlite: Any, model: Path) -> None:
    found = answer(approxlite("inspect", model, "--json"))
    assert [operator["id"] for operator in found["operators"]] == ["conv_2d_0", "fully_connected_1", "softmax_2"]
    assert [operator["ran_by"] for operator in found["operators"]] == ["approxlite"] * 3
    assert found["operators"][0]["multiply_accumulates"] == 8 * 8 * 8 * 3 * 3 * 3
    assert sum(operator["share"] for operator in found["operators"]) == pytest.approx(1)
    assert found["portable"] is True
    assert "int8" in found["operators"][0]["knobs"]


def test_inspect_prints_a_line_per_operator(approxlite: Any, model: Path) -> None:
    ran = approxlite("inspect", model)
    first = next(line for line in ran.stdout.splitlines() if line.startswith("conv_2d_0 "))
    assert first.split()[1:5] == ["1x8x8x8", "13.8", "k", "87.1"]
    assert "approxlite   int8 sample rows cols checker" in first
    assert "the model is portable" in ran.stdout


def test_inspect_says_plainly_when_nothing_is_supported(approxlite: Any, tmp_path: Path) -> None:
    builder = ModelBuilder((1, 4, 4, 2))
    (tmp_path / "foreign.tflite").write_bytes(builder.build(builder.unsupported(builder.input)))
    ran = approxlite("inspect", tmp_path / "foreign.tflite")
    assert ran.code == 0
    assert "supports no operator of this model" in ran.stdout


def test_a_model_without_supported_operators_still_runs(approxlite: Any, tmp_path: Path) -> None:
    builder = ModelBuilder((1, 4, 4, 2))
    (tmp_path / "foreign.tflite").write_bytes(builder.build(builder.unsupported(builder.input)))
    found = answer(approxlite("bench", tmp_path / "foreign.tflite", "--seconds", "0.2", "--json"))
    assert found["configuration"] == "exact"


@pytest.mark.parametrize("verb", ["profile", "optimize"])
def test_nothing_to_tune_is_said_in_one_line(approxlite: Any, data: Path, tmp_path: Path, verb: str) -> None:
    builder = ModelBuilder(INPUT)
    (tmp_path / "foreign.tflite").write_bytes(builder.build(builder.unsupported(builder.input)))
    given = ("--data", data) if verb == "optimize" else ()
    ran = approxlite(verb, tmp_path / "foreign.tflite", *given, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "no operator of this model has a knob" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_bench_prints_what_scripts_rely_on(approxlite: Any, model: Path) -> None:
    found = answer(approxlite("bench", model, "--configuration", "all=int8", "--seconds", "0.3", "--json"))
    assert found["configuration"] == "conv_2d_0=int8,fully_connected_1=int8"
    assert found["threads"] == 1
    assert found["ours_ms"] > 0
    assert found["stock_ms"] > 0
    assert 0 < found["ratio"]["low"] <= found["ratio"]["median"] <= found["ratio"]["high"]
    assert found["instances"] == 6
    assert found["rounds"] >= 18
    assert set(found["cpu"]) == {"model", "features"}
    assert "ai-edge-litert" in found["versions"]


def test_bench_and_evaluate_take_threads(approxlite: Any, model: Path, data: Path) -> None:
    for verb in (("bench", model), ("evaluate", model, "--data", data)):
        assert answer(approxlite(*verb, "--threads", "2", "--seconds", "0.2", "--json"))["threads"] == 2


def test_bench_times_knobs_whose_weights_nobody_has_calibrated(approxlite: Any, model: Path) -> None:
    found = answer(approxlite("bench", model, "--configuration", "all=inputs:1/2", "--seconds", "0.2", "--json"))
    assert "inputs:1/2" in found["configuration"]


def test_bench_against_another_file_names_it(approxlite: Any, model: Path, tmp_path: Path) -> None:
    (tmp_path / "other.tflite").write_bytes(tiny_model(seed=3))
    ran = approxlite("bench", model, "--against", tmp_path / "other.tflite", "--seconds", "0.2")
    assert "stock LiteRT on other.tflite" in ran.stdout


def test_each_stage_runs_alone_from_the_files_of_the_one_before(
    approxlite: Any, model: Path, data: Path, tmp_path: Path
) -> None:
    before = model.read_bytes()
    profile, curve, policy = tmp_path / "profile.jsonl", tmp_path / "curve.json", tmp_path / "policy.approx"
    profiled = answer(approxlite("profile", model, "--device", "host", "--out", profile, "--seconds", "0.5", "--json"))
    assert {knob["operator"] for knob in profiled["knobs"]} == {"conv_2d_0", "fully_connected_1", "softmax_2"}
    assert load_profile(profile).campaigns[0].energy is None
    tuned = answer(
        approxlite("tune", model, "--data", data, "--profile", profile, "--out", curve, "--seed", "3", "--json")
    )
    assert tuned["points"][0]["configuration"] == "exact"
    assert load_curve(curve)[0].split.seed == 3
    place = ("--model", model, "--data", data)
    built = answer(approxlite("policy", "build", curve, *place, "--out", policy, "--aim", "0.05", "--json"))
    assert built["certificate"] is None
    certificate = answer(approxlite("certify", policy, *place, "--epsilon", "0.1", "--delta", "0.05", "--json"))
    assert certificate["samples"] == 120
    assert load_policy(policy).certificate is not None
    assert answer(approxlite("policy", "verify", policy, "--model", model, "--json"))["certified"] is True
    shown = answer(approxlite("policy", "show", policy, "--json"))
    assert shown["certificate"]["epsilon"] == 0.1
    simulated = answer(approxlite("simulate", policy, *place, "--out", tmp_path / "trace.jsonl", "--json"))
    assert simulated["samples"] == len(load_trace(tmp_path / "trace.jsonl")) == 240
    assert model.read_bytes() == before


def test_evaluate_prints_what_scripts_rely_on(approxlite: Any, model: Path, data: Path, made: Path) -> None:
    policy = made / "policy.approx"
    found = answer(approxlite("evaluate", model, "--policy", policy, "--data", data, "--seconds", "0.3", "--json"))
    assert found["samples"] == 240
    assert set(found["agreement"]) >= {"value", "low", "high"}
    assert set(found["accuracy"]) >= {"value", "low", "high"}
    assert set(found["cost"]) >= {"mean_ms", "ratio_to_exact", "ratio_to_stock"}
    assert sum(found["rungs"]) == pytest.approx(1)


def test_evaluate_takes_a_configuration_with_its_weights(approxlite: Any, model: Path, data: Path, made: Path) -> None:
    arguments = ("--configuration", "all=int8", "--weights", made / "weights.bin", "--data", data, "--seconds", "0.3")
    found = answer(approxlite("evaluate", model, *arguments, "--json"))
    assert found["agreement"]["value"] > 0.9
    assert found["rungs"] == [1.0]


def test_without_labels_there_is_no_accuracy(approxlite: Any, model: Path, data: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "bare.npz", x=np.load(data)["x"])
    arguments = ("evaluate", model, "--data", tmp_path / "bare.npz", "--seconds", "0.2")
    assert answer(approxlite(*arguments, "--json"))["accuracy"] is None
    assert " – " in approxlite(*arguments).stdout


def test_preprocessing_is_scale_then_mean_then_std(approxlite: Any, model: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, *INPUT[1:]), dtype=np.uint8)
    ready = (images.astype(np.float32) * np.float32(0.5) - np.float32([1, 2, 3])) / np.float32(4)
    np.savez(tmp_path / "raw.npz", x=images)
    np.savez(tmp_path / "ready.npz", x=ready)
    raw = answer(
        approxlite("evaluate", model, "--data", tmp_path / "raw.npz", "--scale", "0.5", "--mean", "1,2,3", "--std", "4",
                   "--seconds", "0.2", "--json")
    )  # fmt: skip
    done = answer(approxlite("evaluate", model, "--data", tmp_path / "ready.npz", "--seconds", "0.2", "--json"))
    assert raw["data_sha256"] == done["data_sha256"]


def test_optimize_writes_everything(made: Path) -> None:
    names = {"profile.jsonl", "curve.json", "weights.bin", "policy.approx", "report.html", "report.json"}
    assert names <= {path.name for path in made.iterdir()}


def test_optimize_run_again_skips_what_is_done_and_gives_the_same(
    approxlite: Any, model: Path, data: Path, made: Path
) -> None:
    before = {path.name: path.read_bytes() for path in made.iterdir() if path.suffix in (".approx", ".jsonl")}
    again = ("optimize", model, "--data", data, "--out", made, "--seconds", "1", "--epsilon", "0.1")
    ran = approxlite(*again, "--json")
    assert answer(ran)["skipped"] == ["profile", "tune", "certify", "evaluate"]
    assert "tune: done before" in ran.stderr
    assert {name: (made / name).read_bytes() for name in before} == before


def test_optimize_with_another_epsilon_only_certifies_anew(
    approxlite: Any, model: Path, data: Path, made: Path, tmp_path: Path
) -> None:
    for path in made.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    again = ("optimize", model, "--data", data, "--out", tmp_path, "--seconds", "1", "--epsilon", "0.2", "--json")
    found = answer(approxlite(*again))
    assert found["skipped"] == ["profile", "tune"]
    assert found["certificate"]["epsilon"] == 0.2
    assert load_policy(tmp_path / "policy.approx").sequence > load_policy(made / "policy.approx").sequence


def test_demo_compares_on_data_that_tuning_has_not_seen(
    approxlite: Any, model: Path, data: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(9)
    np.savez(tmp_path / "test.npz", x=random.standard_normal((60, *INPUT[1:])).astype(np.float32))
    arguments = (model, data, tmp_path / "test.npz", "--int8", model, "--epsilon", "0.1", "--out", tmp_path / "demo")
    found = answer(approxlite("demo", *arguments, "--json"))
    assert found["results"]["unseen"] is True
    names = [row["name"] for row in found["results"]["rows"]]
    assert [name for name in names if name != "best single rung"] == ["stock float", "stock int8", "exact", "policy"]
    ran = approxlite("demo", *arguments)
    assert "on 60 samples of test.npz, which tuning has not seen" in ran.stdout
    assert f"report: {tmp_path / 'demo' / 'report.html'}" in ran.stdout


def test_report_is_written_again_from_the_files(approxlite: Any, made: Path) -> None:
    (made / "report.html").unlink()
    ran = approxlite("report", made)
    assert ran.code == 0
    assert (made / "report.html").stat().st_size > 1_000_000
    assert answer(approxlite("report", made, "--json"))["version"] == 1


def test_doctor_finds_this_installation_healthy(approxlite: Any) -> None:
    found = answer(approxlite("doctor", "--json"))
    checks = {check["name"]: check for check in found["checks"]}
    assert found["healthy"] is True
    assert checks["self-test"]["ok"] is True
    assert checks["energy source"]["found"].startswith("none: ")
    assert {"processor", "kernel variant", "versions", "tf.lite", "tflite_runtime"} <= set(checks)


def test_doctor_says_what_is_broken(approxlite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approxlite.cli.diagnosis.TOLERANCE", -1.0)
    ran = approxlite("doctor")
    assert ran.code == 3
    assert "BROKEN" in ran.stdout


def test_an_interrupt_ends_in_one_line_that_says_how_to_resume(
    approxlite: Any, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("approxlite.cli.inspect.inspect_model", interrupted)
    ran = approxlite("inspect", model)
    assert ran.code == 130
    assert ran.stderr == "approxlite: interrupted; what was measured is kept, run the same command again to resume\n"


def test_timings_that_do_not_settle_exit_with_4_and_are_kept(
    approxlite: Any, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approxlite.profiler.profile.UNSTABLE", -1.0)
    ran = approxlite("profile", model, "--out", tmp_path / "profile.jsonl", "--seconds", "0.2")
    assert ran.code == 4
    assert ran.stderr.splitlines()[-1].startswith("approxlite: ")
    assert load_profile(tmp_path / "profile.jsonl").blocks


def test_two_models_make_one_ladder(approxlite: Any, model: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(model.read_bytes() + b" ")
    classes = tmp_path / "classes.json"
    classes.write_text("[[0, 1, 2, 3], null]")
    arguments = ["--data", data, "--out", tmp_path / "made", "--seconds", "0.5", "--epsilon", "0.1"]
    ran = approxlite("optimize", other, model, *arguments, "--classes", classes, "--scale", "1;1", "--json")
    assert ran.code == 0, ran.stderr
    assert (tmp_path / "made" / "smaller" / "0" / "curve.json").exists()
    again = approxlite("optimize", other, model, *arguments, "--classes", classes)
    assert again.code == 0, again.stderr
    assert "evaluate: done before" in again.stderr
    policy = tmp_path / "made" / "policy.approx"
    both = ("--model", model, "--model", other)
    assert approxlite("policy", "verify", policy, *both).code == 0
    assert approxlite("simulate", policy, *both, "--data", data).code == 0
    assert approxlite("evaluate", other, model, "--policy", policy, "--data", data, "--seconds", "0.1").code == 0


def test_a_model_that_the_policy_does_without_is_named(model: Path, made: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(model.read_bytes() + b" ")
    policy = load_policy(made / "policy.approx")
    assert left_out(policy, [model]) == []
    assert left_out(policy, [other, model]) == ["other"]


def test_options_for_several_models_have_to_fit_their_number(
    approxlite: Any, model: Path, data: Path, tmp_path: Path
) -> None:
    classes = tmp_path / "classes.json"
    for text, words in (("[[0]]", "last model"), ("[null, null, null]", "3 lists"), ("[[-2]]", "classes.json")):
        classes.write_text(text)
        ran = approxlite("optimize", model, "--data", data, "--out", tmp_path / "o", "--classes", classes)
        assert ran.code == 2
        assert words in ran.stderr
    ran = approxlite("optimize", model, "--data", data, "--out", tmp_path / "o", "--scale", "1;2;3")
    assert (ran.code, "names 3 models" in ran.stderr) == (2, True)
