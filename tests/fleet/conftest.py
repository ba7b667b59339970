"""A policy for phones."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.releases import Made, signed


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return signed(tmp_path, 1)
