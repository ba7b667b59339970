"""Guard settings: what no guard could follow is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from approxlite.formats.guard import GuardSettings, OutputRange


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": 0.0},
        {"alpha": 1.0},
        {"canary_rate": 1.1},
        {"unsure_factor": 0.5},
        {"unsure_share": -0.1},
        {"unsure": float("nan")},
        {"constant_limit": 1},
        {"still_change": -1.0},
        {"out_of_range_limit": 0},
        {"ranges": (None,) * 17},
        {"surprise": 1},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GuardSettings.model_validate(wrong)


def test_a_range_goes_upwards() -> None:
    assert OutputRange(low=1, high=1).zeros_seen is False
    with pytest.raises(ValidationError, match="from 2.0 to 1.0"):
        OutputRange(low=2, high=1)


def test_settings_come_back_as_they_were_written() -> None:
    settings = GuardSettings(unsure=0.1, ranges=(None, OutputRange(low=-1, high=0.1, zeros_seen=True)))
    assert GuardSettings.model_validate_json(settings.model_dump_json()) == settings
