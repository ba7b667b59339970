"""How much of the plane of cost and disagreement a set of configurations beats: one number for a whole curve.

E. Zitzler and L. Thiele, "Multiobjective evolutionary algorithms: a comparative case study", IEEE TEVC 1999.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""Cost and disagreement, both the less the better."""


@dataclass(frozen=True)
class Reference:
    """The corner that counts nothing: exact's cost, and the disagreement beyond which nothing is worth having."""

    cost: float
    disagreement: float


def staircase(points: Iterable[Point]) -> list[Point]:
    """Those that no other beats, by rising cost and strictly falling disagreement."""
    kept: list[Point] = []
    for point in sorted(points):
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    return kept


def hypervolume(points: Iterable[Point], reference: Reference) -> float:
    """The share, 0..1, of the box between nothing and `reference` that `points`, none below 0, beat."""
    area, ceiling = 0.0, reference.disagreement
    for cost, disagreement in staircase(points):
        if cost < reference.cost and disagreement < ceiling:
            area += (reference.cost - cost) * (ceiling - disagreement)
            ceiling = disagreement
    return area / (reference.cost * reference.disagreement)


def gains(points: Sequence[Point], candidates: NDArray[np.float64], reference: Reference) -> NDArray[np.float64]:
    """(n,): how much each of `candidates`, (n, 2), alone would add to the hypervolume of `points`."""
    steps = [p for p in staircase(points) if p[0] < reference.cost and p[1] < reference.disagreement]
    edges = np.array([0.0, *(cost for cost, _ in steps), reference.cost])
    heights = np.array([reference.disagreement, *(disagreement for _, disagreement in steps)])
    widths = np.clip(edges[1:] - np.maximum(edges[:-1], candidates[:, :1]), 0, None)
    lower = np.clip(heights - candidates[:, 1:], 0, None)
    added: NDArray[np.float64] = (widths * lower).sum(axis=1) / (reference.cost * reference.disagreement)
    return added
