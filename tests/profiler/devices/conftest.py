"""The devices of a farm, one at a time."""

from __future__ import annotations

import pytest

from farm.farm import Farm, FarmDevice
from farm.personalities import ALL


@pytest.fixture(params=[p.serial for p in ALL])
def device(farm: Farm, request: pytest.FixtureRequest) -> FarmDevice:
    """Each device in turn, healthy and connected."""
    chosen = next(each for each in farm.devices if each.personality.serial == request.param)
    farm.connect(chosen)
    return chosen
