"""Energy of each (operator, knob) from whole-model blocks under designed configurations.

In a round all configurations share what the round was like. Energies per inference less the round's mean are regressed
on which knob each operator had, exact being the zero of every operator. A dealt configuration has no peers to compare
a block with, so that it is here that disturbed blocks show: by residuals that chance does not explain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from approxlite.formats.interval import Estimate
from approxlite.profiler.energy.readings import Floats

Places = NDArray[np.int64]
EXACT = "exact"
FREEDOM = 8
"""Fewest degrees of freedom that are left for the noise."""

OUTLIER = 0.01
"""Chance that any block of a clean campaign is left out for its residual."""

MOST_LEFT_OUT = 0.2
"""Share of the blocks; where more do not fit, or knobs would not be told apart without them, all stay."""


@dataclass(frozen=True)
class KnobEnergy:
    """What a knob on one operator adds to the energy of an inference, in millijoules; negative where it saves."""

    operator: str
    knob: str
    change_mj: Estimate


@dataclass(frozen=True)
class Undetermined:
    """Why nothing is said: blocks that are still needed, or knobs that were never apart from one another."""

    why: str
    blocks_needed: int


def knob_energies(
    knobs: Sequence[Mapping[str, str]],
    energy_mj: Floats,
    rounds: Sequence[int],
    *,
    confidence: float = 0.95,
) -> list[KnobEnergy] | Undetermined:
    """Least squares with Student's intervals, each of which covers on its own.

    knobs: of each block, knob by operator; operators left out are exact. energy_mj: per inference, of each block.
    """
    names = sorted({(operator, knob) for each in knobs for operator, knob in each.items() if knob != EXACT})
    if not names:
        return []
    columns = np.array([[float(each.get(operator) == knob) for operator, knob in names] for each in knobs])
    numbers, kept = np.asarray(rounds), np.arange(len(knobs))
    fit = whole = _fitted(names, columns, numbers, energy_mj, kept)
    if isinstance(whole, Undetermined):
        return whole
    while isinstance(fit, _Fit) and (worst := fit.outlier()) is not None:
        kept = np.delete(kept, worst)
        fit = _fitted(names, columns, numbers, energy_mj, kept)
    if isinstance(fit, Undetermined) or len(kept) < (1 - MOST_LEFT_OUT) * len(knobs):
        fit = whole
    return _told(names, fit, confidence)


@dataclass(frozen=True)
class _Fit:
    """solution, errors: of each column. residuals, leverage: of each of the blocks that were fitted."""

    solution: Floats
    errors: Floats
    residuals: Floats
    leverage: Floats
    spread: float
    freedom: int

    def outlier(self) -> int | None:
        """Place of the block least like the others, if it is so by more than chance (Bonferroni over all blocks)."""
        room = np.maximum(1 - self.leverage, 1e-9)
        inner = self.residuals / np.maximum(self.spread * np.sqrt(room), 1e-300)
        # With its own error left out of the spread; a block that alone determines something has no residual.
        outer = np.abs(inner) * np.sqrt((self.freedom - 1) / np.maximum(self.freedom - inner**2, 1e-9))
        outer[room < 1e-6] = 0
        worst = int(np.argmax(outer))
        limit = float(student.isf(OUTLIER / 2 / len(outer), self.freedom - 1))
        return worst if self.spread > 1e-9 and outer[worst] > limit else None


def _fitted(
    names: Sequence[tuple[str, str]],
    columns: Floats,
    rounds: NDArray[np.int64],
    energy_mj: Floats,
    kept: NDArray[np.int64],
) -> _Fit | Undetermined:
    indicators = (rounds[kept][:, None] == np.unique(rounds[kept])).astype(float)
    design = np.hstack([columns[kept], indicators])
    freedom = len(kept) - design.shape[1]
    if freedom < FREEDOM:
        return Undetermined(f"{FREEDOM - freedom} more blocks are needed", FREEDOM - freedom)
    scale = np.linalg.norm(design, axis=0)
    left, sizes, right = np.linalg.svd(design / np.where(scale > 0, scale, 1), full_matrices=False)
    if sizes[-1] < 1e-6 * sizes[0]:
        alike = [name for name, share in zip(names, np.abs(right[-1]), strict=False) if share > 1e-3]
        told = ", ".join(f"{operator}={knob}" for operator, knob in alike[:4])
        return Undetermined(f"never measured apart: {told}", 1)
    energy = energy_mj[kept]
    solution = (right.T / sizes) @ (left.T @ energy) / scale
    residuals = energy - design @ solution
    spread = math.sqrt(float(residuals @ residuals) / freedom)
    errors = np.linalg.norm(right.T / sizes, axis=1) / scale * spread
    return _Fit(solution, errors, residuals, (left**2).sum(axis=1), spread, freedom)


def _told(names: Sequence[tuple[str, str]], fit: _Fit, confidence: float) -> list[KnobEnergy]:
    reach = float(student.ppf((1 + confidence) / 2, fit.freedom)) * fit.errors
    return [
        KnobEnergy(
            operator,
            knob,
            Estimate(
                value=float(fit.solution[place]),
                low=float(fit.solution[place] - reach[place]),
                high=float(fit.solution[place] + reach[place]),
                samples=len(fit.residuals),
                confidence=confidence,
            ),
        )
        for place, (operator, knob) in enumerate(names)
    ]
