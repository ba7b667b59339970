"""Calibrated weights come back as they were packed, under the names that the engine looks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from approxlite.formats.errors import FormatError
from approxlite.formats.weights import (
    Calibrated,
    ChosenInputs,
    Owner,
    ThinFactors,
    needed_by,
    pack_calibrated,
    pack_weights,
    unpack_calibrated,
    unpack_weights,
)
from approxlite.formats.weights_file import WeightsFile


def inputs(groups: tuple[int, ...] = (1, 4), outputs: int = 3, value: float = 0.5) -> ChosenInputs:
    weights = np.full((outputs, 4 * len(groups)), value, np.float32)
    return ChosenInputs(np.array(groups, np.int32), weights, np.zeros(outputs, np.float32))


def factors(rank: int = 2, k: int = 5, outputs: int = 3) -> ThinFactors:
    first, second = np.ones((rank, k), np.float32), np.ones((outputs, rank), np.float32)
    return ThinFactors(first, second, np.zeros(outputs, np.float32))


EXAMPLE: dict[Owner, Calibrated] = {
    Owner("conv_2d_7", "inputs:1/2"): inputs(),
    Owner("conv_2d_7", "inputs:1/2", "cheap"): inputs((0,), value=0.25),
    Owner("fully_connected_9", "rank:3/4"): factors(),
}


def test_what_was_packed_is_unpacked() -> None:
    others = {"conv_2d_7.input_scale": np.ones(1, np.float32)}
    again = unpack_calibrated(unpack_weights(pack_weights(pack_calibrated(EXAMPLE) | others), "here"))
    assert again.keys() == EXAMPLE.keys()
    for owner, own in EXAMPLE.items():
        assert type(again[owner]) is type(own)
        for part, values in vars(own).items():
            assert np.array_equal(getattr(again[owner], part), values)
            assert getattr(again[owner], part).dtype == values.dtype


def test_the_contract_file_is_read() -> None:
    """The C++ reader has the same test."""
    content = (Path(__file__).parent.parent / "contract" / "rungs.bin").read_bytes()
    found = unpack_calibrated(unpack_weights(content, "rungs.bin"))
    assert found.keys() == EXAMPLE.keys()
    assert found[Owner("conv_2d_7", "inputs:1/2", "cheap")].weights[2, 3] == 0.25


def test_names_are_those_of_the_engine() -> None:
    assert sorted(pack_calibrated(EXAMPLE)) == [
        "cheap/conv_2d_7/inputs:1/2/bias",
        "cheap/conv_2d_7/inputs:1/2/groups",
        "cheap/conv_2d_7/inputs:1/2/weights",
        "conv_2d_7/inputs:1/2/bias",
        "conv_2d_7/inputs:1/2/groups",
        "conv_2d_7/inputs:1/2/weights",
        "fully_connected_9/rank:3/4/bias",
        "fully_connected_9/rank:3/4/first",
        "fully_connected_9/rank:3/4/weights",
    ]


@pytest.mark.parametrize(
    "owner",
    [
        Owner("conv_2d_7", "inputs"),
        Owner("conv", "inputs:1/2"),
        Owner("a/conv_2d_7", "inputs:1/2"),
        Owner("conv_2d_7", "inputs:1/2", "a/b"),
        Owner("conv_2d_7", "inputs:1/2", 'with "quotes"'),
        Owner("", ""),
    ],
)
def test_names_that_the_engine_could_not_find_are_refused(owner: Owner) -> None:
    with pytest.raises(FormatError, match="no name for weights"):
        pack_calibrated({owner: inputs()})


BIAS = np.zeros(3, np.float32)
BAD: dict[str, Calibrated] = {
    "descending groups": inputs((4, 1)),
    "repeated groups": inputs((1, 1)),
    "negative groups": inputs((-1, 1)),
    "no groups": inputs(()),
    "no outputs": inputs(outputs=0),
    "groups of another type": ChosenInputs(np.array([1], np.int64), np.zeros((3, 4), np.float32), BIAS),  # type: ignore[arg-type]
    "weights of another type": ChosenInputs(np.array([1], np.int32), np.zeros((3, 4), np.float64), BIAS),  # type: ignore[arg-type]
    "too few weights": ChosenInputs(np.array([1], np.int32), np.zeros((3, 3), np.float32), BIAS),
    "another number of outputs": ChosenInputs(np.array([1], np.int32), np.zeros((2, 4), np.float32), BIAS),
    "flat weights": ChosenInputs(np.array([1], np.int32), np.zeros(12, np.float32), BIAS),
    "another rank": ThinFactors(np.zeros((2, 5), np.float32), np.zeros((3, 4), np.float32), BIAS),
    "rank 0": ThinFactors(np.zeros((0, 5), np.float32), np.zeros((3, 0), np.float32), BIAS),
}


@pytest.mark.parametrize("case", BAD)
def test_weights_that_do_not_fit_each_other_are_refused(case: str) -> None:
    atom = "inputs:1/2" if isinstance(BAD[case], ChosenInputs) else "rank:1/2"
    with pytest.raises(FormatError, match="conv_2d_7 for .* do not fit each other"):
        pack_calibrated({Owner("conv_2d_7", atom): BAD[case]})
    arrays = {f"conv_2d_7/{atom}/{part}": values for part, values in vars(BAD[case]).items()}
    with pytest.raises(FormatError, match="conv_2d_7 for .* do not fit each other"):
        unpack_calibrated(arrays)


@pytest.mark.parametrize("change", [{"groups": None}, {"bias": None}, {"first": np.ones((1, 2), np.float32)}])
def test_weights_with_a_part_too_few_or_too_many_are_refused(change: dict[str, Any]) -> None:
    parts = {part: values for part, values in (vars(inputs()) | change).items() if values is not None}
    with pytest.raises(FormatError, match="which takes groups, weights, bias"):
        unpack_calibrated({f"conv_2d_7/inputs:1/2/{part}": values for part, values in parts.items()})


def test_a_rung_takes_its_own_weights_before_shared_ones() -> None:
    text = "conv_2d_7=int8+inputs:1/2,fully_connected_9=rank:3/4"
    shared, own = Owner("conv_2d_7", "inputs:1/2"), Owner("conv_2d_7", "inputs:1/2", "cheap")
    dense = Owner("fully_connected_9", "rank:3/4")
    assert needed_by(text, "", EXAMPLE, "here").keys() == {shared, dense}
    assert needed_by(text, "cheap", EXAMPLE, "here").keys() == {own, dense}
    assert needed_by("conv_2d_7=int8", "cheap", EXAMPLE, "here") == {}
    with pytest.raises(FormatError, match="here: has no weights for conv_2d_7=inputs:1/4"):
        needed_by("conv_2d_7=inputs:1/4", "cheap", EXAMPLE, "here")


def test_a_part_of_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"0123456789")
    assert WeightsFile(path=tmp_path / "w").read() == b"0123456789"
    assert WeightsFile(path=tmp_path / "w", offset=3).read() == b"3456789"
    assert WeightsFile(path=tmp_path / "w", offset=3, size=4).read() == b"3456"
    with pytest.raises(FormatError, match="shorter"):
        WeightsFile(path=tmp_path / "w", offset=3, size=8).read()
    with pytest.raises(FormatError, match="cannot be read"):
        WeightsFile(path=tmp_path / "missing").read()
