"""What is calibrated of a model: 8-bit grids, and the weights that its knobs bring along."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Knob
from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.formats.weights import Calibrated, ChosenInputs, Owner
from approxlite.model.linear import LinearOperator, load_linear_operators
from approxlite.tuner.calibration.factors import thin_factors
from approxlite.tuner.calibration.grids import input_grids
from approxlite.tuner.calibration.moments import Halves, Matrix
from approxlite.tuner.calibration.patches import Places, patches
from approxlite.tuner.calibration.refit import chosen_ridge, refit
from approxlite.tuner.calibration.removal import GROUP, RIDGE, inputs_of, kept_groups, removal_order
from approxlite.tuner.calibration.threads import one_thread
from approxlite.tuner.calibration.watching import input_tensors, not_finite, spread, watch
from approxlite.tuner.interpreter import Tunable

MOST_SAMPLES = 512
"""More add little to second moments."""

ROWS_FOR_EACH_INPUT = 64
LEAST_ROWS = 16384
MOST_ROWS_PER_SAMPLE = 64
"""Windows of one sample are much alike."""

MOST_BYTES = 256 * 2**20
"""Of second moments at a time; a model with more has its samples run several times."""


@dataclass(frozen=True)
class Calibration:
    """scales: by operator id. weights: those that all rungs share, whose owners name no rung."""

    scales: Mapping[str, Scale]
    weights: Mapping[Owner, Calibrated]


@one_thread
def calibrate(
    model_path: str | os.PathLike[str],
    interpreter: Tunable,
    samples: NDArray[Any],
    knobs: Mapping[str, Sequence[str]],
    *,
    progress: Callable[[float], None] = lambda _share: None,
) -> Calibration:
    """Grids of all 8-bit inputs, and weights for every `inputs` and `rank` among `knobs`, operator id -> knob texts.

    interpreter: of the model at `model_path`; its ladder is replaced. samples: (N, ...), without labels; a few hundred
    of the domain that the model will be used in. An operator whose weights cannot be read, or which the engine does not
    run by itself, gets none. Equal arguments give equal weights on any number of cores. Raises ModelError. `progress`
    is told which share is done.
    """
    scales = input_grids(interpreter, samples)
    wanted = {operator: atoms for operator, texts in knobs.items() if (atoms := _atoms(texts))}
    weights: dict[Owner, Calibrated] = {}
    if wanted:
        _, linear = load_linear_operators(model_path)
        tensors = input_tensors(interpreter, linear)
        chosen = [linear[operator] for operator in wanted if operator in tensors]
        some = spread(samples, MOST_SAMPLES)
        interpreter.set_ladder([RungSpec(configuration="exact")])
        for portion in _portions(chosen):
            for operator, seen in _moments(interpreter, some, portion, tensors).items():
                weights |= _calibrated(linear[operator], seen, wanted[operator])
                progress(len({owner.operator for owner in weights}) / len(chosen))
    return Calibration(scales, weights)


def _atoms(texts: Sequence[str]) -> list[str]:
    found = (Knob.parse(text).calibrated_atom for text in texts)
    return list(dict.fromkeys(atom for atom in found if atom is not None))


def _portions(operators: Sequence[LinearOperator]) -> Iterator[list[LinearOperator]]:
    """In order, as many at a time as fit in memory."""
    portion: list[LinearOperator] = []
    used = 0
    for operator in operators:
        needed = Halves.size_bytes(operator.weights.shape[1])
        if portion and used + needed > MOST_BYTES:
            yield portion
            portion, used = [], 0
        portion.append(operator)
        used += needed
    if portion:
        yield portion


def places_of(operator: LinearOperator, samples: int) -> Places:
    """So many that the second moments of all inputs are well known."""
    rows = max(LEAST_ROWS, ROWS_FOR_EACH_INPUT * operator.weights.shape[1])
    return Places(operator.grid, min(MOST_ROWS_PER_SAMPLE, -(-rows // max(1, samples))))


def _moments(
    interpreter: Tunable, samples: NDArray[Any], operators: Sequence[LinearOperator], tensors: Mapping[str, int]
) -> dict[str, Halves]:
    """Of each operator's inputs, by its id."""
    sums = {op.id: Halves(op.weights.shape[1], 0, len(samples)) for op in operators}
    places = {op.id: places_of(op, len(samples)) for op in operators}
    for number, taps in watch(interpreter, samples, [(op.id, "input") for op in operators]):
        for op in operators:
            sums[op.id].add(number, patches(op, tensors[op.id], taps[op.id, "input"], places[op.id].of(number)))
    for name, moments in sums.items():
        if not moments.finite:
            raise not_finite(name)
    return sums


def _calibrated(operator: LinearOperator, seen: Halves, atoms: Sequence[str]) -> dict[Owner, Calibrated]:
    weights, bias = operator.weights.astype(np.float64), operator.bias.astype(np.float64)
    outputs, k = weights.shape
    shares = {atom: Fraction(atom.partition(":")[2]) for atom in atoms}
    kept = {atom: max(1, int(k // GROUP * share)) for atom, share in shares.items() if atom.startswith("inputs")}
    square = seen.whole().square
    exact = np.column_stack([weights, bias]).T
    damping = _ridge(weights, exact, seen) if kept else RIDGE
    order = removal_order(weights, square, k // GROUP - min(kept.values()), damping) if kept else []
    found: dict[Owner, Calibrated] = {}
    for atom, share in shares.items():
        owner = Owner(operator.id, atom)
        if atom in kept:
            groups = kept_groups(order, k // GROUP, kept[atom])
            read = inputs_of(groups)
            design = np.append(read, k)
            fitted, offset = refit(square[np.ix_(design, design)], square[design] @ exact, weights[:, read], damping)
            found[owner] = ChosenInputs(groups, np.ascontiguousarray(fitted, np.float32), offset.astype(np.float32))
        else:
            found[owner] = thin_factors(weights, bias, square, rank_for(share, k, outputs))
    return found


def _ridge(weights: Matrix, exact: Matrix, seen: Halves) -> float:
    """The ridge for as many rows as there are, found with every other group of inputs. exact: weights and biases,
    (K + 1, outputs)."""
    if not seen.scarce:
        return RIDGE
    read = inputs_of(np.arange(0, weights.shape[1] // GROUP, 2, dtype=np.int32))
    design = np.append(read, weights.shape[1])
    squares = [square[np.ix_(design, design)] for square in seen.squares]
    crosses = [square[design] @ exact for square in seen.squares]
    return chosen_ridge(squares, crosses, weights[:, read], RIDGE)


def rank_for(share: Fraction, k: int, outputs: int) -> int:
    """The rank at which both factors cost `share` of the whole, as the engine's placeholders have it."""
    rank = k * outputs * share.numerator // ((k + outputs) * share.denominator)
    return max(1, rank if rank < GROUP else rank // GROUP * GROUP)
