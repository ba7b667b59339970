"""A farm of equal devices with simulated agents; a named skip where this machine cannot have one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.farm import Farm, FarmUnavailableError, fetch_packages
from farm.trials import equal_devices

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def equal_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """Three devices of one class, connected."""
    packages = Path(os.environ.get("APPROX_FARM", REPOSITORY / "build" / "farm"))
    try:
        running = Farm(tmp_path_factory.mktemp("farm"), fetch_packages(packages), equal_devices(3))
        running.start()
    except FarmUnavailableError as reason:
        pytest.skip(f"needs a farm of adb devices: {reason}")
    try:
        yield running
    finally:
        running.close()
