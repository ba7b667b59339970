"""One test of each kind per model of the larger collection; a named skip where that is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.zoo import Entry, entries

REPOSITORY = Path(__file__).parents[2]
COLLECTION = Path(os.environ.get("APPROX_DATA", REPOSITORY.parent / "shared" / "data"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "entry" not in metafunc.fixturenames:
        return
    found = entries(COLLECTION) if (COLLECTION / "models.json").is_file() else []
    missing = pytest.mark.skip(reason=f"needs the larger collection of models and data at {COLLECTION}")
    given = [pytest.param(entry, id=entry.name) for entry in found] or [pytest.param(None, marks=missing, id="none")]
    metafunc.parametrize("entry", given)


@pytest.fixture(scope="session")
def wanted() -> int | None:
    """How many test samples of each model: APPROX_ZOO_SAMPLES, a number or "all"."""
    number = os.environ.get("APPROX_ZOO_SAMPLES", "6")
    return None if number == "all" else int(number)


@pytest.fixture
def path(collection: Path, entry: Entry) -> Path:
    """The model's file."""
    return collection / entry.file
