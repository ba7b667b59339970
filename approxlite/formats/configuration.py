"""A configuration is one line of text: which knob each operator of a model is set to.

    conv_2d_3=int8+rows:1/2,fully_connected_11=int8

Operators not named are exact; `exact` (or nothing) is the exact configuration. `all=KNOB` and `<type>=KNOB` set every
operator (of that type) that has the knob; later entries win. The canonical text names only operators that are not
exact, by id, in model order, atoms in the order of `ATOMS`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from approxlite.formats.errors import ConfigurationError

EXACT = "exact"
PERFORATION_FRACTIONS = ("1/2", "2/3", "3/4", "1/3", "1/4")
CALIBRATED_FRACTIONS = ("3/4", "1/2", "1/4")
SAMPLE_FRACTIONS = ("1/2", "2/3", "3/4")
# Those that bring weights of their own along.
CALIBRATED_ATOMS: tuple[str, ...] = tuple(f"{kind}:{f}" for kind in ("inputs", "rank") for f in CALIBRATED_FRACTIONS)
ATOMS: tuple[str, ...] = (
    "int8",
    *CALIBRATED_ATOMS,
    *(f"sample:{f}" for f in SAMPLE_FRACTIONS),
    *(f"rows:{f}" for f in PERFORATION_FRACTIONS),
    *(f"cols:{f}" for f in PERFORATION_FRACTIONS),
    "checker:1/2",
)
_ORDER = {atom: position for position, atom in enumerate(ATOMS)}
# Kinds of which a knob has at most one.
_EXCLUSIVE = (
    ("checker", "rows"),
    ("checker", "cols"),
    ("inputs", "rank"),
    ("inputs", "sample"),
    ("rank", "sample"),
    ("rank", "rows"),
    ("rank", "cols"),
    ("rank", "checker"),
)
_ID = re.compile(r"[a-z][a-z0-9_]*_(0|[1-9][0-9]*)")


class OperatorWithKnobs(Protocol):
    """What a configuration needs to know of an operator."""

    @property
    def id(self) -> str: ...

    @property
    def knobs(self) -> Sequence[str]:
        """Knob texts; every atom the operator has occurs in at least one of them."""
        ...


@dataclass(frozen=True)
class Knob:
    """One approximation choice: atoms in canonical order, none for exact. Build it with `parse`."""

    atoms: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str) -> Knob:
        """Raises ConfigurationError on an unknown atom, a repeated kind or a combination that cannot be."""
        if text == EXACT:
            return Knob()
        atoms = text.split("+")
        for atom in atoms:
            if atom == EXACT:
                raise ConfigurationError(f"knob '{text}' is exact and something else; choose one of them")
            if atom not in _ORDER:
                raise ConfigurationError(f"unknown knob '{atom}' in '{text}'{nearest(atom, (EXACT, *ATOMS))}")
        kinds = [_kind(atom) for atom in atoms]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise ConfigurationError(f"knob '{text}' sets '{kind}' more than once")
        for one, other in _EXCLUSIVE:
            if one in kinds and other in kinds:
                raise ConfigurationError(f"knob '{text}' combines {one} with {other}; choose one of them")
        return Knob(tuple(sorted(atoms, key=_ORDER.__getitem__)))

    @property
    def is_exact(self) -> bool:
        return not self.atoms

    @property
    def calibrated_atom(self) -> str | None:
        """The atom that brings weights of its own along, such as `inputs:1/2`; None if there is none."""
        return next((atom for atom in self.atoms if atom in CALIBRATED_ATOMS), None)

    @property
    def on_bytes(self) -> bool:
        """Whether an operator with it computes on bytes rather than floats."""
        return "int8" in self.atoms

    def fraction(self, kind: str) -> Fraction:
        """The share that `kind`, one with fractions such as "rows", computes; 1 when it is not set."""
        for atom in self.atoms:
            if _kind(atom) == kind and ":" in atom:
                return Fraction(atom.split(":")[1])
        return Fraction(1)

    def available_on(self, operator: OperatorWithKnobs) -> bool:
        """Whether every atom is one that the operator has."""
        return set(self.atoms) <= {atom for knob in operator.knobs for atom in knob.split("+")}

    def __str__(self) -> str:
        return "+".join(self.atoms) or EXACT


@dataclass(frozen=True)
class Configuration:
    """Operators that are not exact, by id in model order, with their knobs. `str` gives the canonical text."""

    entries: tuple[tuple[str, Knob], ...] = ()

    @staticmethod
    def parse(text: str, operators: Sequence[OperatorWithKnobs] | None = None) -> Configuration:
        """Reads configuration text, checked against the model's `operators` (in any order) when they are given.

        Without operators only the form is checked, and `all=` and `<type>=` cannot be resolved.
        Raises ConfigurationError with one line that names the nearest valid operator or knob.
        """
        knobs: dict[str, Knob] = {}
        if text not in ("", EXACT):
            for entry in text.split(","):
                name, separator, value = entry.partition("=")
                if not separator or not name or not value:
                    raise ConfigurationError(f"'{entry}' is not of the form OPERATOR=KNOB, like conv_2d_3=int8")
                knob = Knob.parse(value)
                for target in _targets(name, knob, operators):
                    knobs[target] = knob
        return Configuration.of(knobs)

    @staticmethod
    def of(knobs: dict[str, Knob]) -> Configuration:
        """From knobs by operator id, in any order."""
        used = [(name, knob) for name, knob in knobs.items() if not knob.is_exact]
        return Configuration(tuple(sorted(used, key=lambda entry: operator_index(entry[0]))))

    def knob(self, operator_id: str) -> Knob:
        """The operator's knob; exact when it is not named."""
        return dict(self.entries).get(operator_id, Knob())

    @property
    def is_exact(self) -> bool:
        return not self.entries

    def __str__(self) -> str:
        return ",".join(f"{name}={knob}" for name, knob in self.entries) or EXACT


def crosses(before: Knob, after: Knob) -> bool:
    """Whether what an operator with one knob hands to the next has to be brought from floats to bytes."""
    return after.on_bytes and not before.on_bytes


def operator_index(operator_id: str) -> int:
    """Position in the model's operator list, from an id such as `conv_2d_7`. Raises ConfigurationError."""
    if not _ID.fullmatch(operator_id):
        raise ConfigurationError(f"'{operator_id}' is not an operator id such as conv_2d_7")
    return int(operator_id.rpartition("_")[2])


def operator_type(operator_id: str) -> str:
    """The type part of an id: `conv_2d` of `conv_2d_7`."""
    return operator_id.rpartition("_")[0]


def nearest(name: str, choices: Iterable[str]) -> str:
    """ "; did you mean 'x'?", or the first few choices when nothing is close, or nothing when there are none."""
    known = list(choices)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there are {', '.join(known[:6])}{', ...' if len(known) > 6 else ''}" if known else ""


def _kind(atom: str) -> str:
    return atom.partition(":")[0]


def _targets(name: str, knob: Knob, operators: Sequence[OperatorWithKnobs] | None) -> list[str]:
    """Ids of the operators that an entry called `name` sets to `knob`."""
    if operators is None:
        if not _ID.fullmatch(name):
            raise ConfigurationError(f"'{name}' is no operator id; 'all' and types need the model to be resolved")
        return [name]
    ids = [operator.id for operator in operators]
    if name in ids:
        operator = operators[ids.index(name)]
        if not knob.available_on(operator):
            missing = next(atom for atom in knob.atoms if not Knob((atom,)).available_on(operator))
            has = [atom for atom in ATOMS if Knob((atom,)).available_on(operator)]
            raise ConfigurationError(f"operator '{name}' has no knob '{missing}'{nearest(missing, (EXACT, *has))}")
        return [name]
    types = list(dict.fromkeys(operator_type(i) for i in ids))
    if name != "all" and name not in types:
        raise ConfigurationError(f"unknown operator '{name}'{nearest(name, ['all', *types, *ids])}")
    chosen = [operator for operator in operators if name in ("all", operator_type(operator.id))]
    able = [operator.id for operator in chosen if knob.available_on(operator)]
    if not able:
        raise ConfigurationError(f"'{name}={knob}' sets nothing: no operator of the model has that knob")
    return able
