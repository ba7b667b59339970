"""Knobs that bring weights along compute what their weights say, wherever the file lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from approxlite.formats.errors import ConfigurationError, FormatError
from approxlite.formats.policy import LadderRung, save_policy
from approxlite.formats.rung import RungSpec
from approxlite.formats.weights import Calibrated, ChosenInputs, Owner, ThinFactors, pack_calibrated, pack_weights
from approxlite.formats.weights_file import WeightsFile
from approxlite.runtime import Interpreter, Session
from approxlite.runtime.library import variants
from support.model_builder import VALID, ModelBuilder
from support.policies import estimate, policy_of, stages

RNG = np.random.default_rng(8)
CHANNELS, OUTPUTS, TAPS = 12, 26, 4  # few taps, as two factors need
K = TAPS * CHANNELS
X = RNG.normal(size=(1, 9, 8, CHANNELS)).astype("f4")


def model() -> bytes:
    builder = ModelBuilder((1, 9, 8, CHANNELS), seed=4)
    return builder.build(builder.conv_2d(builder.input, OUTPUTS, (2, 2), padding=VALID))


MODEL = model()


def chosen(share: int = 2, seed: int = 0) -> ChosenInputs:
    """Some 1 / `share` of the groups, with random weights."""
    rng = np.random.default_rng(seed)
    groups = np.sort(rng.choice(K // 4, K // 4 // share, replace=False)).astype("i4")
    weights = rng.normal(size=(OUTPUTS, 4 * len(groups))).astype("f4")
    return ChosenInputs(groups, weights, rng.normal(size=OUTPUTS).astype("f4"))


def factors(rank: int = 4, seed: int = 0) -> ThinFactors:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(rank, K)).astype("f4"), rng.normal(size=(OUTPUTS, rank)).astype("f4")
    return ThinFactors(first, second, rng.normal(size=OUTPUTS).astype("f4"))


def expected(own: Calibrated) -> np.ndarray:
    """(1, 8, 7, outputs) in float64; K runs over taps, then channels."""
    windows = sliding_window_view(X[0].astype("f8"), (2, 2), axis=(0, 1))  # row, column, channel, tap row, tap column
    patches = windows.transpose(0, 1, 3, 4, 2).reshape(8, 7, K)
    if isinstance(own, ThinFactors):
        return ((patches @ own.first.T.astype("f8")) @ own.weights.T + own.bias)[np.newaxis]
    read = (4 * own.groups[:, np.newaxis] + np.arange(4)).ravel()
    return (patches[..., read] @ own.weights.T + own.bias)[np.newaxis]


def saved(path: Path, calibrated: dict[Owner, Calibrated]) -> Path:
    path.write_bytes(pack_weights(pack_calibrated(calibrated)))
    return path


def ready(*rungs: RungSpec | str, variant: str | None = None) -> Interpreter:
    interpreter = Interpreter(MODEL, rungs, variant=variant)
    interpreter.allocate_tensors()
    return interpreter


def rung(atom: str, weights: Path | WeightsFile | None, name: str = "") -> RungSpec:
    return RungSpec(configuration=f"conv_2d_0={atom}", weights=weights, name=name)


def close(actual: np.ndarray, own: Calibrated) -> bool:
    wanted = expected(own)
    return bool(np.abs(actual - wanted).max() <= 1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(("atom", "share"), [("inputs:1/2", 2), ("inputs:1/4", 4)])
def test_chosen_inputs_compute_what_their_weights_say(tmp_path: Path, atom: str, share: int) -> None:
    own = chosen(share)
    path = saved(tmp_path / "weights.bin", {Owner("conv_2d_0", atom): own})
    assert close(ready(rung(atom, path)).run(X), own)


def test_thin_factors_compute_what_their_weights_say(tmp_path: Path) -> None:
    own = factors()
    path = saved(tmp_path / "weights.bin", {Owner("conv_2d_0", "rank:1/2"): own})
    assert close(ready(rung("rank:1/2", path)).run(X), own)


def test_rungs_have_their_own_weights_or_share_them(tmp_path: Path) -> None:
    shared, own, factor = chosen(seed=1), chosen(seed=2), factors(seed=3)
    path = saved(
        tmp_path / "weights.bin",
        {
            Owner("conv_2d_0", "inputs:1/2"): shared,
            Owner("conv_2d_0", "inputs:1/2", "own"): own,
            Owner("conv_2d_0", "rank:1/2"): factor,
        },
    )
    half = "inputs:1/2"
    interpreter = ready(
        "exact", rung(half, path), rung(half, path, "own"), rung(half, path, "other"), rung("rank:1/2", path, "own")
    )
    for place, weights in ((1, shared), (2, own), (3, shared), (4, factor)):
        interpreter.rung = place
        assert close(interpreter.run(X), weights)


def test_every_variant_gives_the_same_bits(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "weights.bin",
        {Owner("conv_2d_0", "inputs:1/2"): chosen(), Owner("conv_2d_0", "rank:1/2"): factors()},
    )
    atoms = ["inputs:1/2", "rank:1/2", "inputs:1/2+rows:1/2", "inputs:1/2+checker:1/2", "int8+inputs:1/2"]
    outputs: dict[str, list[bytes]] = {}
    for variant in variants():
        interpreter = ready(*(rung(atom, path) for atom in atoms), variant=variant)
        for place in range(len(atoms)):
            interpreter.rung = place
            outputs.setdefault(variant, []).append(interpreter.run(X).tobytes())
    for variant, found in outputs.items():
        assert found == outputs["reference"], variant


def test_without_weights_placeholders_run() -> None:
    for atom in ("inputs:3/4", "inputs:1/2", "rank:1/4"):
        assert np.isfinite(ready(rung(atom, None)).run(X)).all()


def test_weights_outlive_their_file_and_a_new_file_is_noticed(tmp_path: Path) -> None:
    first, second = chosen(seed=5), chosen(seed=6)
    path = saved(tmp_path / "weights.bin", {Owner("conv_2d_0", "inputs:1/2"): first})
    interpreter = ready(rung("inputs:1/2", path))
    path.unlink()
    assert close(interpreter.run(X), first)
    saved(path, {Owner("conv_2d_0", "inputs:1/2"): second})
    assert close(interpreter.run(X), first)
    interpreter.set_ladder([rung("inputs:1/2", path)])
    assert close(interpreter.run(X), second)


BIAS = np.zeros(OUTPUTS, "f4")
UNFIT: dict[str, Calibrated] = {
    "a group past the last": ChosenInputs(np.array([K // 4], "i4"), np.zeros((OUTPUTS, 4), "f4"), BIAS),
    "too few outputs": ChosenInputs(np.array([0], "i4"), np.zeros((OUTPUTS - 1, 4), "f4"), BIAS[1:]),
    "another K": ThinFactors(np.zeros((4, K + 1), "f4"), np.zeros((OUTPUTS, 4), "f4"), BIAS),
}


@pytest.mark.parametrize("case", UNFIT)
def test_weights_for_another_shape_are_refused_and_the_old_ladder_stays(tmp_path: Path, case: str) -> None:
    atom = "inputs:1/2" if isinstance(UNFIT[case], ChosenInputs) else "rank:1/2"
    path = saved(tmp_path / "weights.bin", {Owner("conv_2d_0", atom): UNFIT[case]})
    interpreter = ready("exact", "all=int8")
    with pytest.raises(ConfigurationError, match="do not fit"):
        interpreter.set_ladder([rung(atom, path)])
    assert interpreter.ladder == ("exact", "conv_2d_0=int8")


def test_a_damaged_or_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = saved(tmp_path / "weights.bin", {Owner("conv_2d_0", "inputs:1/2"): chosen()})
    whole = path.read_bytes()
    interpreter = ready("exact")
    for content in (b"", whole[:-1], whole[:50], whole.replace(b"I32", b"U32"), b"\xff" * 100):
        path.write_bytes(content)
        with pytest.raises(FormatError, match=r"weights\.bin") as refusal:
            interpreter.set_ladder([rung("inputs:1/2", path)])
        assert "\n" not in str(refusal.value)
    with pytest.raises(FormatError, match="cannot be read"):
        interpreter.set_ladder([rung("inputs:1/2", tmp_path / "missing")])
    assert interpreter.ladder == ("exact",)


def test_a_policy_runs_on_the_weights_that_it_brings_along(tmp_path: Path) -> None:
    own = chosen(seed=7)
    path = saved(tmp_path / "weights.bin", {Owner("conv_2d_0", "inputs:1/2", "cheap"): own})
    ladder = (
        LadderRung(configuration="exact", cost=estimate(1.0)),
        LadderRung(configuration="conv_2d_0=inputs:1/2", cost=estimate(0.5), name="cheap"),
    )
    policy = policy_of([stages((1, None))], rungs=("exact", "exact"), model=MODEL, ladder=ladder)
    save_policy(tmp_path / "p.approx", policy.with_weights(WeightsFile(path=path)))
    path.unlink()
    with Session(tmp_path / "p.approx", MODEL) as session:
        assert close(session.run(X).output, own)
