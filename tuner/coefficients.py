"""How much of each operator's change really arrives in a whole configuration, fitted to configurations that were run.

One number for all operators, or one for each, by least squares drawn towards 1 (ridge). Which, and how strongly, is
decided by predicting runs left out of the fit; where that gains nothing, every change counts in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PULLS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""How strongly coefficients are drawn towards 1, in multiples of what the runs say on average."""

FOLDS = 5
WORTH_IT = 0.98
"""A fit has to leave at most this share of the squared error that counting in full leaves."""

LARGEST = 2.0
LEAST_RUNS = 8


def fit_coefficients(
    runs: Iterable[tuple[Mapping[str, NDArray[np.float32]], NDArray[np.float32]]], operators: Sequence[str]
) -> dict[str, float]:
    """Operator -> coefficient in 0..2 from `runs`: each operator's predicted change, and the change measured of all.

    Changes are arrays of one shape. Empty where nothing but 1 is supported.
    """
    place = {operator: i for i, operator in enumerate(operators)}
    equations = [_equations(run, measured, place) for run, measured in runs]
    if len(equations) < LEAST_RUNS or not operators:
        return {}
    squares: Floats = np.stack([square for square, _, _ in equations])
    sides: Floats = np.stack([side for _, side, _ in equations])
    errors = np.array([error for _, _, error in equations])
    folds = np.arange(len(equations)) % FOLDS
    best, chosen = WORTH_IT * errors.sum(), None
    for shared in (True, False):
        for pull in PULLS:
            left = 0.0
            for fold in range(FOLDS):
                kept = folds != fold
                found = _solved(squares[kept].sum(axis=0), sides[kept].sum(axis=0), pull, shared)
                left += float(
                    errors[~kept].sum() + found @ (squares[~kept].sum(axis=0) @ found - 2 * sides[~kept].sum(axis=0))
                )
            if left < best:
                best, chosen = left, (pull, shared)
    if chosen is None:
        return {}
    found = _solved(squares.sum(axis=0), sides.sum(axis=0), *chosen)
    return {o: float(np.clip(1 + found[i], 0, LARGEST)) for o, i in place.items()}


def _equations(
    run: Mapping[str, NDArray[np.float32]], measured: NDArray[np.float32], place: Mapping[str, int]
) -> tuple[Floats, Floats, float]:
    """Products of an operator's change with each other one's, with what their sum misses, and of that with itself."""
    square, side = np.zeros((len(place), len(place))), np.zeros(len(place))
    missed = measured.ravel().astype(np.float64)
    if run:
        columns = [place[operator] for operator in run]
        parts = np.stack([part.ravel() for part in run.values()]).astype(np.float64)
        missed -= parts.sum(axis=0)
        square[np.ix_(columns, columns)] = parts @ parts.T
        side[columns] = parts @ missed
    return square, side, float(missed @ missed)


def _solved(square: Floats, side: Floats, pull: float, shared: bool) -> Floats:
    """What to add to 1, for each operator."""
    if shared:
        whole = float(square.sum())
        return np.full(len(side), float(side.sum()) / (whole * (1 + pull)) if whole > 0 else 0.0)
    typical = max(float(np.diag(square).mean()), np.finfo(np.float64).tiny)
    return np.asarray(np.linalg.solve(square + pull * typical * np.eye(len(side)), side), np.float64)
