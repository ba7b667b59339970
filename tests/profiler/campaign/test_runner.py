"""The thread of one device, against links that answer as a test says."""

from __future__ import annotations

import threading

import pytest

from approxlite.formats.errors import ApproxError
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.on_device import DeviceInCampaign, Pace
from approxlite.profiler.devices.faults import AgentHungError, DeviceFullError, DeviceLostError, UnexpectedError
from approxlite.profiler.devices.link import Link


class _Nobody:
    """A link that is never used."""

    serial, stretch = "PHONE", 1.0


def device_of(pace: Pace) -> DeviceInCampaign:
    return DeviceInCampaign(
        serial="PHONE", connect=lambda _serial: _Nobody(), contents={}, board=Board(), stop=threading.Event(),  # type: ignore[arg-type, return-value]
        pace=pace,
    )  # fmt: skip


def test_a_fault_of_ours_is_a_failure_of_that_device_with_the_place_it_came_from() -> None:
    device = device_of(Pace())

    def work(_link: Link) -> None:
        raise OverflowError("timestamp out of range")

    with pytest.raises(
        UnexpectedError, match=r"PHONE: a fault of this program \(OverflowError in test_runner.py:\d+: timestamp out"
    ):
        device._through_faults(work)


@pytest.mark.parametrize(
    ("faults", "given_up"),
    [
        ("lost hung", False),
        ("lost lost full", False),
        ("hung block-hung", False),
        ("full lost full", False),
        ("hung hung", True),
        ("hung lost hung", True),
        ("full lost full full", True),
        ("lost hung lost full lost", True),
    ],
)
def test_what_hangs_or_is_full_is_given_up_for_that_alone(faults: str, given_up: bool) -> None:
    """Faults of one try after another, up to one that is well; block: one was measured before the fault."""
    device = device_of(Pace(backoff_s=0.0, patience=5, hung_patience=2, full_patience=3))
    kinds: dict[str, type[ApproxError]] = {"hung": AgentHungError, "lost": DeviceLostError, "full": DeviceFullError}
    tries = [*faults.split(), "well"]

    def work(_link: Link) -> bool:
        *block, fault = tries.pop(0).split("-")
        device._progress = bool(block)
        if fault != "well":
            raise kinds[fault]("PHONE: not now")
        return True

    if given_up:
        with pytest.raises(ApproxError, match="not now"):
            device._through_faults(work)
        assert tries == ["well"]
    else:
        assert device._through_faults(work)
