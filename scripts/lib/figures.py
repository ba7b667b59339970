"""What a check found: a figure, its interval, and the bar it is held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom


@dataclass(frozen=True)
class Figure:
    """One line of the report. `met`: whether the bar is, None where there is none."""

    section: str
    what: str
    result: str
    bar: str
    met: bool | None


def median(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    """Median with its distribution-free 95 % interval, from order statistics. Infinity is a value as any other."""
    ordered = np.sort(np.asarray(values, float))
    low = int(binom.ppf(0.025, len(ordered), 0.5))
    return (
        float(ordered[len(ordered) // 2]),
        float(ordered[max(0, low - 1)]),
        float(ordered[min(len(ordered) - 1, len(ordered) - low)]),
    )


def in_words(values: Sequence[float] | NDArray[np.float64]) -> str:
    middle, low, high = median(values)
    return f"{middle:.0f} [{low:.0f}, {high:.0f}]"


def text(figures: Sequence[Figure]) -> str:
    """Markdown, one table per section."""
    lines: list[str] = []
    for section in dict.fromkeys(figure.section for figure in figures):
        lines += ["", f"### {section}", "", "| what | result | bar | |", "|---|---|---|---|"]
        for figure in figures:
            if figure.section == section:
                verdict = {True: "met", False: "**missed**", None: ""}[figure.met]
                lines.append(f"| {figure.what} | {figure.result} | {figure.bar} | {verdict} |")
    return "\n".join(lines[1:])
