"""Energy of each (operator, knob) from whole-model blocks under designed configurations.

In a round all configurations share what the round was like. Energies per inference less the round's mean are regressed
on which knob each operator had, exact being the zero of every operator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from approxlite.formats.interval import Estimate
from approxlite.profiler.energy.readings import Floats

EXACT = "exact"
FREEDOM = 8
"""Fewest degrees of freedom that are left for the noise."""


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
    variance: Floats | None = None,
    confidence: float = 0.95,
) -> list[KnobEnergy] | Undetermined:
    """Least squares with Student's intervals, each of which covers on its own.

    knobs: of each block, knob by operator; operators left out are exact. energy_mj: per inference, of each block.
    variance: relative variances of the blocks, where lengths or settings make them differ; equal without.
    """
    names = sorted({(operator, knob) for each in knobs for operator, knob in each.items() if knob != EXACT})
    numbers = np.asarray(rounds)
    columns = [[float(each.get(operator) == knob) for each in knobs] for operator, knob in names]
    indicators = [(numbers == number).astype(float) for number in np.unique(numbers)]
    design = np.array([*columns, *indicators], float).T.reshape(len(knobs), -1)
    freedom = len(knobs) - design.shape[1]
    if freedom < FREEDOM:
        return Undetermined(f"{FREEDOM - freedom} more blocks are needed", FREEDOM - freedom)
    if not names:
        return []
    weights = np.ones(len(knobs)) if variance is None else 1 / np.sqrt(variance)
    weighted = design * weights[:, None]
    scale = np.linalg.norm(weighted, axis=0)
    left, sizes, right = np.linalg.svd(weighted / scale, full_matrices=False)
    if sizes[-1] < 1e-6 * sizes[0]:
        alike = [names[i] for i in np.flatnonzero(np.abs(right[-1][: len(names)]) > 1e-3)]
        told = ", ".join(f"{operator}={knob}" for operator, knob in alike[:4])
        return Undetermined(f"never measured apart: {told}", 1)
    solution = (right.T / sizes) @ (left.T @ (energy_mj * weights)) / scale
    residuals = energy_mj * weights - weighted @ solution
    spread = math.sqrt(float(residuals @ residuals) / freedom)
    errors = np.linalg.norm(right.T / sizes, axis=1) / scale * spread
    reach = float(student.ppf((1 + confidence) / 2, freedom))
    return [
        KnobEnergy(
            operator,
            knob,
            Estimate(
                value=float(solution[place]),
                low=float(solution[place] - reach * errors[place]),
                high=float(solution[place] + reach * errors[place]),
                samples=len(knobs),
                confidence=confidence,
            ),
        )
        for place, (operator, knob) in enumerate(names)
    ]
