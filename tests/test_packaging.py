"""What is installed is one package that holds the profiler, the tuner and the native library, and nothing generic."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import approxlite


@pytest.mark.parametrize("name", ["approxlite.profiler", "approxlite.tuner", "approxlite.cli.main"])
def test_every_part_is_importable_under_the_one_name(name: str) -> None:
    assert importlib.import_module(name).__name__ == name


def test_only_approxlite_lands_beside_other_packages() -> None:
    files = metadata.files("approxlite") or []
    tops = {file.parts[0] for file in files if not file.parts[0].startswith((".", "approxlite-", "_"))}
    assert tops == {"approxlite"}


def test_the_native_library_lies_in_the_package() -> None:
    assert any((Path(folder) / "_native" / "libapproxlite.so").is_file() for folder in approxlite.__path__)


def test_python_started_in_the_checkout_finds_the_installed_library(examples: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, "-c", "from approxlite.runtime.library import variants; print(*variants())"]
    run = subprocess.run(command, cwd=examples.parent, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == "reference"


def test_one_version_everywhere() -> None:
    assert metadata.version("approxlite") == approxlite.__version__


def test_the_links_in_the_source_tree_lead_to_the_folders_at_the_top(examples: Path) -> None:
    top = examples.parent
    for name in ("profiler", "tuner"):
        assert (top / "approxlite" / name).resolve() == top / name
