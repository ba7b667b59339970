"""Numbers as people read them, the same on the page and in the terminal."""

from __future__ import annotations

from approxlite.formats.interval import Estimate


def percent(share: float, digits: int = 1) -> str:
    """0.0512 as "5.1 %"; whole numbers lose their zero."""
    text = f"{100 * share:.{digits}f}"
    return f"{text.removesuffix('.' + '0' * digits) if digits else text} %"


def percent_interval(estimate: Estimate | None, digits: int = 1) -> str:
    """ "98.5 % [96.7, 99.4]", or a dash for what was not measured; always as many digits, for columns."""
    if estimate is None:
        return "–"
    return f"{100 * estimate.value:.{digits}f} % [{100 * estimate.low:.{digits}f}, {100 * estimate.high:.{digits}f}]"


SHARES = ("top_one", "top_five", "mean_iou", "keypoint_similarity")
"""Qualities between 0 and 1."""


def quality_name(quality: str) -> str:
    """What a column of it is headed."""
    return "accuracy" if quality == "top_one" else quality.replace("_", " ")


def score_interval(estimate: Estimate | None, quality: str) -> str:
    """A mean quality: shares in percent, others, such as decibels, as they are."""
    if estimate is None or quality in SHARES:
        return percent_interval(estimate)
    return f"{estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}]"


def ratio_interval(estimate: Estimate | None) -> str:
    """ "0.41 [0.40, 0.43]", or a dash."""
    if estimate is None:
        return "–"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def milliseconds(value: float | None) -> str:
    """Three significant digits, in ms or, below 1 ms, in µs."""
    if value is None:
        return "–"
    number, unit = (value, "ms") if value >= 1 else (1000 * value, "µs")
    return f"{number:.3g} {unit}" if number < 1000 else f"{number:.0f} {unit}"


def count(value: int) -> str:
    """12500000 as "12.5 M"."""
    for size, unit in ((1_000_000_000, " G"), (1_000_000, " M"), (1_000, " k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return str(value)


def duration(seconds: float) -> str:
    """ "0.4 s", "12 s", "3 min 20 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
