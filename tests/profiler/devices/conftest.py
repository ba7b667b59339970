"""A farm of devices for the tests of this folder, started once; a named skip where this machine cannot have one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.farm import Farm, FarmDevice, FarmUnavailableError, fetch_packages
from farm.personalities import ALL

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """One device of each personality, connected."""
    packages = Path(os.environ.get("APPROX_FARM", REPOSITORY / "build" / "farm"))
    try:
        running = Farm(tmp_path_factory.mktemp("farm"), fetch_packages(packages), ALL)
        running.start()
    except FarmUnavailableError as reason:
        pytest.skip(f"needs a farm of adb devices: {reason}")
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(params=[p.serial for p in ALL])
def device(farm: Farm, request: pytest.FixtureRequest) -> FarmDevice:
    """Each device in turn, healthy and connected."""
    chosen = next(each for each in farm.devices if each.personality.serial == request.param)
    farm.connect(chosen)
    return chosen
