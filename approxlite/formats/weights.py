"""Calibrated numbers as safetensors: weights.bin beside a curve, and rungs.bin inside a policy.

Weights that knobs bring along are arrays called `[<rung>/]<operator id>/<atom>/<part>`, such as
`conv_2d_7/inputs:1/2/groups`. Those with a rung are that rung's own, the others are shared by all rungs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from approxlite.formats.configuration import CALIBRATED_ATOMS, Configuration
from approxlite.formats.errors import FormatError, one_line

Weights = dict[str, NDArray[Any]]

_NAME = re.compile(
    r"(?:(?P<rung>[A-Za-z0-9_.-]{1,32})/)?(?P<operator>[a-z][a-z0-9_]*_[0-9]+)/(?P<atom>[a-z]+:[0-9]/[0-9])/"
    r"(?P<part>[a-z]+)"
)


class Owner(NamedTuple):
    """Whose weights they are: an operator's with one atom, such as `inputs:1/2`, in one rung or, with "", in all."""

    operator: str
    atom: str
    rung: str = ""


@dataclass(frozen=True, eq=False)
class ChosenInputs:
    """For `inputs:f`: the inputs that are read, in groups of four channels of one tap, and their refitted weights.

    groups: int32 (n,), ascending numbers tap * (channels / 4) + group. weights: float32 (outputs, 4 n).
    bias: float32 (outputs,).
    """

    groups: NDArray[numpy.int32]
    weights: NDArray[numpy.float32]
    bias: NDArray[numpy.float32]


@dataclass(frozen=True, eq=False)
class ThinFactors:
    """For `rank:f`: two factors of the weight matrix.

    first: float32 (rank, K), K being taps * channels. weights: float32 (outputs, rank). bias: float32 (outputs,).
    """

    first: NDArray[numpy.float32]
    weights: NDArray[numpy.float32]
    bias: NDArray[numpy.float32]


Calibrated = ChosenInputs | ThinFactors


def pack_weights(weights: Mapping[str, NDArray[Any]]) -> bytes:
    """Named arrays as safetensors bytes; equal arrays give equal bytes."""
    import safetensors.numpy  # not needed to run a model: runtimes without it load this module too

    packed: bytes = safetensors.numpy.save({name: numpy.ascontiguousarray(weights[name]) for name in sorted(weights)})
    return packed


def unpack_weights(content: bytes, where: str) -> Weights:
    """Named arrays of safetensors bytes. Raises FormatError."""
    import safetensors.numpy

    try:
        return dict(safetensors.numpy.load(content))
    except (safetensors.SafetensorError, ValueError, KeyError, OverflowError) as problem:
        raise FormatError(f"{where}: damaged weights ({one_line(problem, 100)}); tune again") from None


def pack_calibrated(calibrated: Mapping[Owner, Calibrated]) -> Weights:
    """Arrays by name. Raises FormatError for shapes or types that do not fit each other."""
    weights: Weights = {}
    for owner, own in calibrated.items():
        prefix = f"{owner.rung}/" * bool(owner.rung) + f"{owner.operator}/{owner.atom}/"
        match = _NAME.fullmatch(prefix + "bias")
        if match is None or owner != (match["operator"], match["atom"], match["rung"] or ""):
            raise FormatError(f"'{prefix[:100]}' is no name for weights; they are named like conv_2d_7/inputs:1/2/")
        for part, values in vars(_checked(own, owner, "weights")).items():
            weights[prefix + part] = values
    return weights


def unpack_calibrated(weights: Mapping[str, NDArray[Any]], where: str = "weights.bin") -> dict[Owner, Calibrated]:
    """The weights that knobs bring along, among other arrays. Raises FormatError."""
    parts: dict[Owner, dict[str, NDArray[Any]]] = {}
    for name, values in weights.items():
        match = _NAME.fullmatch(name)
        if match is not None and match["atom"] in CALIBRATED_ATOMS:
            owner = Owner(match["operator"], match["atom"], match["rung"] or "")
            parts.setdefault(owner, {})[match["part"]] = values
    calibrated: dict[Owner, Calibrated] = {}
    for owner, found in parts.items():
        kind = ChosenInputs if owner.atom.startswith("inputs") else ThinFactors
        try:
            own = kind(**found)
        except TypeError:
            raise FormatError(
                f"{where}: '{owner.operator}' has {', '.join(sorted(found))} for {owner.atom}, which takes "
                f"{', '.join(kind.__dataclass_fields__)}; tune again"
            ) from None
        calibrated[owner] = _checked(own, owner, where)
    return calibrated


def owners_of(configuration: str) -> list[Owner]:
    """Operators and atoms of a configuration that bring weights along, as if all rungs shared them."""
    knobs = Configuration.parse(configuration).entries
    return [Owner(operator, knob.calibrated_atom) for operator, knob in knobs if knob.calibrated_atom is not None]


def needed_by(
    configuration: str, rung: str, calibrated: Mapping[Owner, Calibrated], where: str
) -> dict[Owner, Calibrated]:
    """Those of `calibrated` that a rung runs with, its own before shared ones. FormatError if some are missing."""
    needed: dict[Owner, Calibrated] = {}
    for shared in owners_of(configuration):
        owner = shared._replace(rung=rung) if shared._replace(rung=rung) in calibrated else shared
        if owner not in calibrated:
            raise FormatError(f"{where}: has no weights for {owner.operator}={owner.atom}; calibrate them")
        needed[owner] = calibrated[owner]
    return needed


def _checked(own: Calibrated, owner: Owner, where: str) -> Calibrated:
    outputs = own.bias.shape[:1]
    if isinstance(own, ChosenInputs):
        groups = own.groups
        fits = groups.ndim == 1 and groups.size > 0 and groups.dtype == numpy.int32
        fits = fits and groups[0] >= 0 and bool((numpy.diff(groups) > 0).all())
        fits = fits and own.weights.shape == (*outputs, 4 * groups.size)
    else:
        fits = own.first.ndim == 2 and own.first.size > 0 and own.first.dtype == numpy.float32
        fits = fits and own.weights.shape == (*outputs, own.first.shape[0])
    fits = fits and own.weights.dtype == own.bias.dtype == numpy.float32
    if not fits or own.bias.ndim != 1 or own.bias.size == 0:
        raise FormatError(f"{where}: weights of {owner.operator} for {owner.atom} do not fit each other; tune again")
    return own
