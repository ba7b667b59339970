"""Points of cost and disagreement, and the least cost that a set of them reaches at a given disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 400


@dataclass(frozen=True)
class Point:
    """One way of answering the test samples. cost_ms, differs: (samples,), in the order of the samples."""

    name: str
    cost_ms: NDArray[np.float64]
    differs: NDArray[np.bool_]

    @property
    def cost(self) -> float:
        return float(self.cost_ms.mean())

    @property
    def disagreement(self) -> float:
        return float(self.differs.mean())


def cost_at(points: Sequence[tuple[float, float]], disagreement: float) -> float:
    """The least mean cost of (disagreement, cost) points, or of a mixture of two, that differs no more than that.

    Drawing by lot between two ways reaches every point of the line between them: the lower convex hull. NaN where
    every way differs more.
    """
    hull: list[tuple[float, float]] = []
    for d, cost in sorted(points):
        if hull and cost >= hull[-1][1]:
            continue
        while len(hull) > 1 and _above(hull[-2], hull[-1], (d, cost)):
            hull.pop()
        hull.append((d, cost))
    ds, costs = zip(*hull, strict=True)
    return float(np.interp(disagreement, ds, costs, left=np.nan))


def _above(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b lies on or above the line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])


@dataclass(frozen=True)
class Share:
    """Of one point's cost, of what others cost at its disagreement, with a 95 % interval over samples."""

    value: float
    low: float
    high: float


def share_at_equal_disagreement(point: Point, others: Sequence[Point], *, block: int, seed: int) -> Share:
    """Resamples blocks of `block` neighbouring samples, the same ones for all points."""

    def share(samples: NDArray[np.intp] | slice) -> float:
        reached = [(float(other.differs[samples].mean()), float(other.cost_ms[samples].mean())) for other in others]
        return float(point.cost_ms[samples].mean()) / cost_at(reached, float(point.differs[samples].mean()))

    random = np.random.default_rng(seed)
    count = len(point.differs)
    begins = np.arange(0, count, block)
    drawn = []
    for _ in range(RESAMPLES):
        first = begins[random.integers(len(begins), size=len(begins))]
        samples = (first[:, np.newaxis] + np.arange(block)).ravel()
        drawn.append(share(samples[samples < count]))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    value = share(slice(None))
    return Share(value, min(float(low), value), max(float(high), value))
