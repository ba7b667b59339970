"""A pretended model on a pretended clock, so that what a campaign should find is known; and farms of devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from approxlite.formats.configuration import Configuration
from approxlite.formats.document import now
from approxlite.formats.profile import CampaignRow, ProfiledOperator
from approxlite.formats.provenance import Device, ModelReference
from approxlite.formats.rung import RungSpec
from approxlite.profiler.campaign import on_host as campaign
from farm.fixtures import equal_farm, farm, settled_farm  # noqa: F401

TIMES = {
    "conv_2d_0": {"exact": 40_000, "int8": 15_000, "rows:1/2": 21_000, "int8+rows:1/2": 16_000, "sample:1/2": 45_000},
    "fully_connected_1": {"exact": 3_000, "int8": 2_000},
    "softmax_2": {"exact": 500},
}
"""Nanoseconds; rows:1/2 under int8 and sample:1/2 are no faster than a more exact knob."""

OVERHEAD_NS = 700
STOCK_NS = 60_000


class Clock:
    """Stands still unless somebody runs a model; `speed` slows everything down alike."""

    def __init__(self) -> None:
        self.time_ns = 0
        self.speed = 1.0

    def spend(self, nanoseconds: float) -> None:
        self.time_ns += round(nanoseconds * self.speed)

    def perf_counter_ns(self) -> int:
        return self.time_ns

    def monotonic(self) -> float:
        return self.time_ns / 1e9


@dataclass
class PretendedStock:
    clock: Clock
    invokes: int = 0

    def invoke(self) -> None:
        self.invokes += 1
        self.clock.spend(STOCK_NS)


@dataclass
class PretendedModel:
    """Takes exactly the time of its knobs, and a little more while its operators are timed."""

    clock: Clock
    rung: int = 0
    time_operators: bool = False
    invokes: int = 0
    ladder: list[Configuration] = field(default_factory=list)
    operators: Sequence[ProfiledOperator] = tuple(
        ProfiledOperator(id=name, knobs=tuple(knobs), multiply_accumulates=1000) for name, knobs in TIMES.items()
    )

    def set_ladder(self, ladder: Sequence[RungSpec]) -> None:
        assert 1 <= len(ladder) <= 16
        self.ladder = [Configuration.parse(rung.configuration) for rung in ladder]
        self.rung = 0

    def operator_times(self) -> dict[str, int]:
        chosen = self.ladder[self.rung]
        return {name: round(knobs[str(chosen.knob(name))] * self.clock.speed) for name, knobs in TIMES.items()}

    def invoke(self) -> None:
        self.invokes += 1
        chosen = self.ladder[self.rung]
        work = sum(knobs[str(chosen.knob(name))] for name, knobs in TIMES.items())
        self.clock.spend(work + OVERHEAD_NS + (300 if self.time_operators else 0))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    pretended = Clock()
    monkeypatch.setattr(campaign, "time", pretended)
    return pretended


@pytest.fixture
def model(clock: Clock) -> PretendedModel:
    return PretendedModel(clock)


@pytest.fixture
def stock(clock: Clock) -> PretendedStock:
    return PretendedStock(clock)


@pytest.fixture
def opening() -> CampaignRow:
    return CampaignRow(
        campaign="c1",
        time=now(),
        tool_version="0.1.0",
        device=Device(fingerprint="f", cpu="pretended", features=("avx2",), os="none"),
        model=ModelReference(sha256="0" * 64, name="pretended"),
        numerics_version=1,
        kernel_variant="avx2",
        threads=1,
        energy_refused="pretended devices draw no power",
        operators=tuple(PretendedModel(Clock()).operators),
    )
