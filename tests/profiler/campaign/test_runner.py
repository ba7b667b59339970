"""The thread of one device, against links that answer as a test says."""

from __future__ import annotations

import threading

import pytest

from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.on_device import DeviceInCampaign, Pace
from approxlite.profiler.devices.faults import UnexpectedError
from approxlite.profiler.devices.link import Link


class _Nobody:
    """A link that is never used."""

    serial, stretch = "PHONE", 1.0


def test_a_fault_of_ours_is_a_failure_of_that_device_with_the_place_it_came_from() -> None:
    device = DeviceInCampaign(
        serial="PHONE", connect=lambda _serial: _Nobody(), contents={}, board=Board(), stop=threading.Event(),  # type: ignore[arg-type, return-value]
        pace=Pace(),
    )  # fmt: skip

    def work(_link: Link) -> None:
        raise OverflowError("timestamp out of range")

    with pytest.raises(
        UnexpectedError, match=r"PHONE: a fault of this program \(OverflowError in test_runner.py:\d+: timestamp out"
    ):
        device._through_faults(work)
