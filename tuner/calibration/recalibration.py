"""Weights of one rung's own: operator after operator makes up for what those before it got wrong.

What an operator should give is what it gives in the exact model; what it reads is what the approximate model, up to
it, really hands it. Where its output is added to another tensor, it is also to make up for what is wrong with that one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import InputError
from approxlite.formats.rung import RungSpec, rung_with
from approxlite.formats.weights import (
    Calibrated,
    ChosenInputs,
    Owner,
    ThinFactors,
    needed_by,
    owners_of,
    pack_calibrated,
    pack_weights,
)
from approxlite.model.linear import LinearOperator, load_linear_operators
from approxlite.runtime.taps import Side, Taps
from approxlite.tuner.calibration.calibration import Calibration, places_of
from approxlite.tuner.calibration.factors import thin_factors
from approxlite.tuner.calibration.moments import Halves
from approxlite.tuner.calibration.patches import Rows, at_places, patches
from approxlite.tuner.calibration.refit import chosen_ridge, refit
from approxlite.tuner.calibration.removal import inputs_of
from approxlite.tuner.calibration.skips import skip_of
from approxlite.tuner.calibration.threads import one_thread
from approxlite.tuner.calibration.watching import input_tensors, not_finite, spread, watch
from approxlite.tuner.interpreter import Tunable

RIDGE = 1e-3
MOST_SAMPLES = 300
MOST_BYTES = 256 * 2**20
"""Of targets at a time; beyond, the exact model runs once more."""


@one_thread
def recalibrate(
    model_path: str | os.PathLike[str],
    interpreter: Tunable,
    configuration: Configuration,
    calibration: Calibration,
    samples: NDArray[Any],
    rung_name: str,
) -> Mapping[Owner, Calibrated]:
    """Weights for every operator that `configuration` sets to `inputs` or `rank`, as those of the rung `rung_name`.

    The same inputs are read, and factors are as thin, as in `calibration`. Only these operators are corrected:
    the engine takes no weights of a rung's own for others. The approximate model runs once for each of them.
    interpreter: its ladder is replaced. samples: (N, ...). Raises InputError without a name, FormatError where
    `calibration` lacks weights, and ModelError.
    """
    if not rung_name:
        raise InputError("weights of a rung's own need the name of the rung")
    model, linear = load_linear_operators(model_path)
    tensors = input_tensors(interpreter, linear)
    some = spread(samples, MOST_SAMPLES)
    shared = needed_by(str(configuration), "", calibration.weights, "calibration")
    corrected = {linear[owner.operator]: owner for owner in owners_of(str(configuration)) if owner.operator in tensors}
    own: dict[Owner, Calibrated] = {}
    with tempfile.TemporaryDirectory() as folder:
        for portion in _portions(list(corrected), len(some)):
            views = [_View(op, tensors[op.id], skip_of(model, interpreter, op), len(some)) for op in portion]
            interpreter.set_ladder([RungSpec(configuration="exact")])
            targets = _targets(interpreter, some, views)
            for view in views:
                owner = corrected[view.operator]
                path = Path(folder) / f"{owner.operator}.bin"
                path.write_bytes(pack_weights(pack_calibrated({**shared, **own})))
                rung = rung_with(configuration, calibration.scales, path, rung_name)
                interpreter.set_ladder([rung])
                seen = _seen(interpreter, some, view, targets.pop(owner.operator), shared[owner])
                own[owner._replace(rung=rung_name)] = _corrected(view.operator, shared[owner], seen)
                path.unlink()
    return own


class _View:
    """Where one operator is looked at."""

    def __init__(self, operator: LinearOperator, tensor: int, skip: tuple[str, Side] | None, samples: int) -> None:
        self.operator, self.skip = operator, skip
        self._tensor = tensor
        self._places = places_of(operator, samples)
        self.taps: list[tuple[str, Side]] = [(operator.id, "input"), *([skip] if skip is not None else [])]

    def read(self, number: int, taps: Taps) -> tuple[Rows, Rows | None]:
        """What the operator read of sample `number`, and what is added to its output, at the same places."""
        places = self._places.of(number)
        x = patches(self.operator, self._tensor, taps[self.operator.id, "input"], places)
        return x, None if self.skip is None else at_places(taps[self.skip], places, self.operator.grid)


def _portions(operators: Sequence[LinearOperator], samples: int) -> Iterator[list[LinearOperator]]:
    """In order, as many at a time as their targets fit in memory."""
    portion: list[LinearOperator] = []
    used = 0
    for operator in operators:
        needed = 4 * samples * places_of(operator, samples).count * len(operator.weights)
        if portion and used + needed > MOST_BYTES:
            yield portion
            portion, used = [], 0
        portion.append(operator)
        used += needed
    if portion:
        yield portion


def _targets(interpreter: Tunable, samples: NDArray[Any], views: Sequence[_View]) -> dict[str, list[Rows]]:
    """What each operator gives on the present rung before it is clamped, with what is added to it: for each sample
    (places, outputs)."""
    targets: dict[str, list[Rows]] = {view.operator.id: [] for view in views}
    for number, taps in watch(interpreter, samples, [place for view in views for place in view.taps]):
        for view in views:
            x, skip = view.read(number, taps)
            y = x @ view.operator.weights.T + view.operator.bias
            targets[view.operator.id].append(y if skip is None else y + skip)
    return targets


def _seen(
    interpreter: Tunable, samples: NDArray[Any], view: _View, targets: Sequence[Rows], shared: Calibrated
) -> Halves:
    """Moments of what the weights to be found multiply, and of what is wanted of them."""
    read = inputs_of(shared.groups) if isinstance(shared, ChosenInputs) else np.arange(shared.first.shape[1])
    moments = Halves(len(read), len(shared.weights), len(samples))
    for number, taps in watch(interpreter, samples, view.taps):
        x, skip = view.read(number, taps)
        moments.add(number, x[:, read], targets[number] if skip is None else targets[number] - skip)
    if not moments.finite:
        raise not_finite(view.operator.id)
    return moments


def _corrected(operator: LinearOperator, shared: Calibrated, seen: Halves) -> Calibrated:
    whole, chosen = seen.whole(), isinstance(shared, ChosenInputs)
    prior = (shared if chosen else operator).weights.astype(np.float64)
    damping = chosen_ridge(seen.squares, seen.crosses, prior, RIDGE) if seen.scarce else RIDGE
    weights, bias = refit(whole.square, whole.cross, prior, damping)
    if isinstance(shared, ThinFactors):
        return thin_factors(weights, bias, whole.square, len(shared.first))
    return ChosenInputs(shared.groups, np.ascontiguousarray(weights, np.float32), bias.astype(np.float32))
