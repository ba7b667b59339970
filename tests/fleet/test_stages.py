"""Stages reach a growing share of the devices, each device once, in their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.fleet.stages import DEFAULT, parse_shares, stages_of
from approxlite.formats.errors import InputError


def test_ten_devices_come_one_four_five() -> None:
    serials = [f"P{number}" for number in range(10)]
    assert [len(stage) for stage in stages_of(serials, parse_shares(DEFAULT))] == [1, 4, 5]


def test_few_devices_leave_stages_out_but_the_first_is_never_all_of_several() -> None:
    assert stages_of(["A"], (0.1, 0.5, 1)) == (("A",),)
    assert stages_of(["A", "B"], (0.1, 0.5, 1)) == (("A",), ("B",))


@pytest.mark.parametrize(
    "text",
    ["", "100", "50%", "10%,10%,100%", "50%,10%,100%", "0%,100%", "x", "10%,101%", "nan,100%", "1," * 20 + "100%"],
)
def test_shares_that_do_not_grow_to_all_are_refused(text: str) -> None:
    if text == "100":
        assert parse_shares(text) == (1.0,)
        return
    with pytest.raises(InputError, match="--staged"):
        parse_shares(text)


@given(count=st.integers(0, 200), shares=st.lists(st.floats(0.001, 0.999), max_size=5, unique=True))
def test_every_device_is_in_exactly_one_stage(count: int, shares: list[float]) -> None:
    serials = [str(number) for number in range(count)]
    stages = stages_of(serials, (*sorted(shares), 1.0))
    assert [serial for stage in stages for serial in stage] == serials
    assert all(stages)


@given(st.text(max_size=30))
def test_any_text_is_shares_or_one_line(text: str) -> None:
    try:
        assert parse_shares(text)[-1] == 1
    except InputError as problem:
        assert "\n" not in str(problem)
