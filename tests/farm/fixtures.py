"""Farms of devices for tests, each started once; a named skip where this machine cannot have one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from farm.farm import Farm, FarmUnavailableError, fetch_packages
from farm.personalities import ALL, Personality
from farm.settings import settle
from farm.trials import equal_devices


@contextmanager
def _running(folders: pytest.TempPathFactory, personalities: Sequence[Personality]) -> Iterator[Farm]:
    try:
        running = Farm(folders.mktemp("farm"), fetch_packages(), personalities)
        running.start()
    except FarmUnavailableError as reason:
        pytest.skip(f"needs a farm of adb devices: {reason}")
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """One device of each personality, connected."""
    with _running(tmp_path_factory, ALL) as running:
        yield running


@pytest.fixture(scope="session")
def equal_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """Three devices of one class with simulated agents, connected."""
    with _running(tmp_path_factory, equal_devices(3)) as running:
        yield running


@pytest.fixture
def settled_farm(equal_farm: Farm, monkeypatch: pytest.MonkeyPatch) -> Farm:
    """`equal_farm`, which this process talks to as well: healthy, connected, with settings as a person left them."""
    for name in ("HOST", "PORT"):
        monkeypatch.setenv(f"ANDROID_ADB_SERVER_{name}", equal_farm.environment[f"ANDROID_ADB_SERVER_{name}"])
    for device in equal_farm.devices:
        equal_farm.connect(device)
        device.set("skin_temperature", None)
        settle(device)
    return equal_farm
