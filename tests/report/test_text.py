"""Numbers read the same on the page and in the terminal."""

from __future__ import annotations

import pytest

from approxlite.formats.interval import Estimate
from approxlite.report import text


@pytest.mark.parametrize(("share", "shown"), [(0.05, "5 %"), (0.0512, "5.1 %"), (1.0, "100 %"), (0.0, "0 %")])
def test_percent(share: float, shown: str) -> None:
    assert text.percent(share) == shown


@pytest.mark.parametrize(
    ("time", "shown"), [(12.345, "12.3 ms"), (0.0251, "25.1 µs"), (1234.5, "1234 ms"), (None, "–")]
)
def test_milliseconds_have_three_digits(time: float | None, shown: str) -> None:
    assert text.milliseconds(time) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(12, "12"), (12_500_000, "12.5 M"), (320_000, "320 k"), (3 * 10**9, "3 G")]
)
def test_count(number: int, shown: str) -> None:
    assert text.count(number) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.44, "0.4 s"), (42.4, "42 s"), (200.0, "3 min 20 s")])
def test_duration(seconds: float, shown: str) -> None:
    assert text.duration(seconds) == shown


def test_intervals_stand_beside_their_number() -> None:
    estimate = Estimate(value=0.985, low=0.967, high=0.994, samples=396)
    assert text.percent_interval(estimate) == "98.5 % [96.7, 99.4]"
    assert text.ratio_interval(estimate) == "0.98 [0.97, 0.99]"


def test_what_was_not_measured_is_a_dash() -> None:
    assert text.percent_interval(None) == text.ratio_interval(None) == "–"
