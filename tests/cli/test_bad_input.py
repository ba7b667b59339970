"""Bad input gives one clear line on stderr, exit code 2 and nothing written, whichever verb gets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from approxlite.cli.tiny_model import INPUT, tiny_model
from approxlite.formats.curve import pack_scales
from approxlite.formats.policy import load_policy, save_policy
from approxlite.formats.scale import Scale
from approxlite.formats.weights import pack_weights
from support.model_builder import ModelBuilder

VERBS_WITH_MODEL = (
    ("inspect", "{model}"),
    ("profile", "{model}", "--out", "{out}/profile.jsonl"),
    ("tune", "{model}", "--data", "{data}", "--profile", "{made}/profile.jsonl", "--out", "{out}/curve.json"),
    ("policy", "build", "{made}/curve.json", "--model", "{model}", "--data", "{data}", "--out", "{out}/policy.approx"),
    ("policy", "verify", "{made}/policy.approx", "--model", "{model}"),
    ("certify", "{made}/policy.approx", "--model", "{model}", "--data", "{data}", "--out", "{out}/policy.approx"),
    ("simulate", "{made}/policy.approx", "--model", "{model}", "--data", "{data}", "--out", "{out}/trace.jsonl"),
    ("evaluate", "{model}", "--data", "{data}"),
    ("bench", "{model}"),
    ("optimize", "{model}", "--data", "{data}", "--out", "{out}"),
    ("demo", "{model}", "{data}", "--out", "{out}"),
)  # fmt: skip
VERBS_WITH_DATA = tuple(verb for verb in VERBS_WITH_MODEL if "{data}" in verb)


def refused(ran: Any, *words: str, code: int = 2) -> None:
    """One line, for a person, that holds the words."""
    assert ran.code == code, ran
    assert ran.stdout == ""
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, ran.stderr
    assert lines[0].startswith("approxlite: ")
    for word in words:
        assert word in lines[0]


@pytest.fixture
def call(approxlite: Any, made: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs a verb with its places filled in, and sees that it wrote nothing."""

    def run(verb: tuple[str, ...], **places: object) -> Any:
        out = tmp_path / "out"
        filled = [part.format(**{"made": made, "out": out, **places}) for part in verb]
        ran = approxlite(*filled)
        assert not out.exists() or not [path for path in out.rglob("*") if path.is_file()]
        return ran

    return run


def no_file(path: Path) -> None:
    del path


def text_file(path: Path) -> None:
    path.write_text("this is no model, whatever its name says\n")


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def truncated_model(path: Path) -> None:
    path.write_bytes(tiny_model()[:4000])


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("verb", VERBS_WITH_MODEL, ids=" ".join)
@pytest.mark.parametrize("damage", [no_file, text_file, empty_file, truncated_model, folder])
def test_a_file_that_is_no_model(
    call: Any, data: Path, tmp_path: Path, verb: tuple[str, ...], damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "bad.tflite"
    damage(path)
    refused(call(verb, model=path, data=data), "bad.tflite")


def samples(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def with_nan() -> Any:
    x = samples(40, *INPUT[1:])
    x[7, 0, 0, 0] = np.nan
    return x


BAD_ARRAYS: dict[str, tuple[dict[str, Any], str]] = {
    "wrong shape": ({"x": samples(40, 7, 7, 3)}, "(8, 8, 3)"),
    "wrong type": ({"x": np.array(["a"] * 40)}, "float32"),
    "complex": ({"x": samples(40, *INPUT[1:]).astype(complex)}, "float32"),
    "NaN": ({"x": with_nan()}, "sample 7"),
    "no samples": ({"x": samples(0, *INPUT[1:])}, "no samples"),
    "no x": ({"images": samples(40, *INPUT[1:])}, "'x'"),
    "too few labels": ({"x": samples(40, *INPUT[1:]), "y": np.zeros(39, np.int64)}, "y"),
    "labels that are no classes": ({"x": samples(40, *INPUT[1:]), "y": np.zeros(40)}, "y"),
    "objects": ({"x": np.array([None] * 40)}, "npz"),
}


@pytest.mark.parametrize("verb", VERBS_WITH_DATA, ids=" ".join)
@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_data_that_does_not_fit(call: Any, model: Path, tmp_path: Path, verb: tuple[str, ...], case: str) -> None:
    arrays, word = BAD_ARRAYS[case]
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    refused(call(verb, model=model, data=path), "bad.npz", word)


@pytest.mark.parametrize("verb", VERBS_WITH_DATA, ids=" ".join)
@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("missing.npz", "no such file"),
        ("no_such_module:batches", "no_such_module"),
        ("os:no_such_function", "no_such_function"),
        ("math:pi", "math:pi"),
    ],
)
def test_data_that_is_not_there(call: Any, model: Path, verb: tuple[str, ...], spec: str, word: str) -> None:
    refused(call(verb, model=model, data=spec), word)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--mean", "a"), "--mean"),
        (("--std", "1,two"), "--std"),
        (("--std", "0"), "std"),
        (("--mean", "1,2"), "mean"),
        (("--scale", "x"), "scale"),
    ],
)
def test_preprocessing_that_makes_no_sense(call: Any, model: Path, data: Path, options: Any, word: str) -> None:
    refused(call(("evaluate", "{model}", "--data", "{data}", *options), model=model, data=data), word)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ("conv_2d_0=int9", ("int9", "int8")),
        ("conv_2d_7=int8", ("conv_2d_7", "conv_2d_0")),
        ("softmax_2=int8", ("softmax_2",)),
        ("conv_2d_0", ("conv_2d_0",)),
        ("conv_2d_0=rows:1/2+checker:1/2", ("checker",)),
        ("conv_2d_0=rows:1/7", ("rows:1/7",)),
        ("=int8", ("=int8",)),
    ],
)
@pytest.mark.parametrize("verb", [("bench", "{model}"), ("evaluate", "{model}", "--data", "{data}")], ids=" ".join)
def test_a_configuration_that_does_not_exist(
    call: Any, model: Path, data: Path, verb: tuple[str, ...], configuration: str, words: tuple[str, ...]
) -> None:
    refused(call((*verb, "--configuration", configuration), model=model, data=data), *words)


@pytest.mark.parametrize("name", ["profile.jsonl", "curve.json", "weights.bin", "policy.approx"])
@pytest.mark.parametrize("damage", [no_file, text_file, empty_file, folder])
def test_a_damaged_file_of_ours(
    call: Any, model: Path, data: Path, made: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    for path in made.iterdir():
        if path.is_file() and path.name != name:
            (copies / path.name).write_bytes(path.read_bytes())
    damage(copies / name)
    build = ("policy", "build", "{made}/curve.json", "--model", "{model}", "--data", "{data}", "--out", "{out}/p")
    verbs = {
        "profile.jsonl": VERBS_WITH_MODEL[2],
        "curve.json": build,
        "weights.bin": build,
        "policy.approx": ("policy", "show", "{made}/policy.approx"),
    }
    ran = call(verbs[name], model=model, data=data, made=copies)
    # An empty profile is one that was just begun: there is no campaign in it, which is the device's matter.
    refused(ran, code=3 if (name, damage) == ("profile.jsonl", empty_file) else 2)


@pytest.mark.parametrize(
    "verb",
    [
        ("policy", "verify", "{made}/policy.approx", "--model", "{model}"),
        ("certify", "{made}/policy.approx", "--model", "{model}", "--data", "{data}", "--out", "{out}/p"),
        ("simulate", "{made}/policy.approx", "--model", "{model}", "--data", "{data}"),
        ("evaluate", "{model}", "--policy", "{made}/policy.approx", "--data", "{data}"),
    ],
    ids=" ".join,
)
def test_a_policy_for_another_model(call: Any, data: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(tiny_model(seed=5))
    refused(call(verb, model=other, data=data), "policy is for tiny")


@pytest.mark.parametrize("verb", ["verify", "simulate", "evaluate", "certify"])
def test_a_policy_of_another_numerics_version(
    approxlite: Any, model: Path, data: Path, made: Path, tmp_path: Path, verb: str
) -> None:
    policy = load_policy(made / "policy.approx")
    other = tmp_path / "other.approx"
    save_policy(other, policy.model_copy(update={"numerics_version": policy.numerics_version + 1}))
    before = other.read_bytes()
    calls = {
        "verify": ("policy", "verify", other, "--model", model),
        "simulate": ("simulate", other, "--model", model, "--data", data),
        "evaluate": ("evaluate", model, "--policy", other, "--data", data),
        "certify": ("certify", other, "--model", model, "--data", data),
    }
    refused(approxlite(*calls[verb]), "numerics version")
    assert other.read_bytes() == before


def test_weights_of_another_model(approxlite: Any, model: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(pack_weights(pack_scales({"conv_2d_77": Scale(scale=0.1, zero_point=3)})))
    ran = approxlite("bench", model, "--configuration", "all=int8", "--weights", weights)
    refused(ran, "another model", "conv_2d_77")


def test_data_that_the_curve_was_not_tuned_on(call: Any, model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", x=samples(240, *INPUT[1:]))
    verb = ("policy", "build", "{made}/curve.json", "--model", "{model}", "--data", "{data}", "--out", "{out}/p")
    refused(call(verb, model=model, data=tmp_path / "other.npz"), "not the data it was tuned on")


@pytest.mark.parametrize("verb", [("profile", "{model}", "--out", "{out}/p"), VERBS_WITH_MODEL[-2]], ids=" ".join)
def test_an_unknown_device(call: Any, model: Path, data: Path, verb: tuple[str, ...]) -> None:
    refused(call((*verb, "--device", "R58M123"), model=model, data=data), "R58M123", code=3)


def test_too_little_data_to_certify_is_said(call: Any, model: Path, data: Path) -> None:
    verb = ("certify", "{made}/policy.approx", "--model", "{model}", "--data", "{data}", "--epsilon", "0.001",
            "--out", "{out}/p")  # fmt: skip
    refused(call(verb, model=model, data=data), "2995", code=5)


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("inspect",),
        ("inspect", "a", "b"),
        ("bench", "m", "--secs", "1"),
        ("bench", "m", "--seconds", "x"),
        ("certify", "p", "--model", "m", "--data", "d", "--epsilon", "7"),
        ("policy",),
        ("policy", "frobnicate"),
    ],
    ids=" ".join,
)
def test_wrong_usage(approxlite: Any, arguments: tuple[str, ...]) -> None:
    refused(approxlite(*arguments))


def test_policy_and_configuration_exclude_each_other(call: Any, model: Path, data: Path) -> None:
    verb = ("evaluate", "{model}", "--data", "{data}", "--policy", "{made}/policy.approx", "--configuration", "exact")
    refused(call(verb, model=model, data=data), "--policy", "--configuration")


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_made(approxlite: Any, model: Path, data: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("kept")
    refused(approxlite("optimize", model, "--data", data, "--out", tmp_path / place), "cannot be written")
    assert (tmp_path / "file").read_text() == "kept"


def test_too_little_data_is_said_before_anything_is_measured(call: Any, model: Path, data: Path) -> None:
    optimize = ("optimize", "{model}", "--data", "{data}", "--out", "{out}", "--epsilon", "0.001")
    refused(call(optimize, model=model, data=data), "too little data", code=5)


def test_tuning_data_saved_anew_to_certify(call: Any, model: Path, data: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "anew.npz", x=np.load(data)["x"][::-1])
    certify = ("certify", "{made}/policy.approx", "--model", "{model}", "--data", "{data}", "--out", "{out}/p.approx")
    refused(call(certify, model=model, data=tmp_path / "anew.npz"), "anew.npz", "samples that tuning has seen")


@pytest.mark.parametrize("verb", ["optimize", "evaluate"])
def test_a_model_whose_answer_is_no_class(approxlite: Any, tmp_path: Path, verb: str) -> None:
    builder = ModelBuilder((1, 8, 8, 3))
    (tmp_path / "image.tflite").write_bytes(builder.build(builder.conv_2d(builder.input, 4, (3, 3))))
    np.savez(tmp_path / "x.npz", x=samples(200, 8, 8, 3))
    out = ("--out", tmp_path / "out") if verb == "optimize" else ()
    refused(
        approxlite(verb, tmp_path / "image.tflite", "--data", tmp_path / "x.npz", *out), "top class", "(1, 8, 8, 4)"
    )
    assert not (tmp_path / "out").exists()
