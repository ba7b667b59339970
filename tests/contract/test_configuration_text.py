"""The Python side of configuration_text.cases; native/test/engine reads the same file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from approxlite.formats.configuration import ATOMS, Configuration
from approxlite.formats.errors import ConfigurationError

CASES = Path(__file__).parent / "configuration_text.cases"


@dataclass(frozen=True)
class Operator:
    id: str
    knobs: tuple[str, ...]


def rows(kind: str) -> list[tuple[str, str]]:
    lines = [line.split("\t") for line in CASES.read_text().splitlines() if line and not line.startswith("#")]
    return [(first, second) for name, first, second in lines if name == kind]


def atoms(kinds: str) -> tuple[str, ...]:
    has = set(kinds.split())
    if {"rows", "cols"} <= has:
        has.add("checker")
    return tuple(atom for atom in ATOMS if atom.partition(":")[0] in has)


OPERATORS = [Operator(id, ("exact", *atoms(kinds))) for id, kinds in rows("operator")]


@pytest.mark.parametrize(("text", "canonical"), rows("good"))
def test_good_text_is_read_and_printed_canonically(text: str, canonical: str) -> None:
    configuration = Configuration.parse(text, OPERATORS)
    assert str(configuration) == canonical
    assert Configuration.parse(canonical, OPERATORS) == configuration
    assert Configuration.parse(canonical) == configuration


@pytest.mark.parametrize(("text", "word"), rows("bad"))
def test_bad_text_is_refused_in_one_line_that_names_the_culprit(text: str, word: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Configuration.parse(text, OPERATORS)
    assert word in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_case_file_has_cases_of_each_kind() -> None:
    assert len(OPERATORS) >= 6
    assert len(rows("good")) >= 20
    assert len(rows("bad")) >= 30
