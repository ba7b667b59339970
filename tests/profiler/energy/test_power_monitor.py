"""PowerMonitor as the service's agent reports it: old values with their time, blurred, and never what it was called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from approxlite.profiler.blocks import AgentBlock, OpeningRow, PlannedBlock, parse_agent_row
from approxlite.profiler.energy.noise import BLUR_SD_J, RANKING
from approxlite.profiler.energy.prove import Probed, prove
from approxlite.profiler.energy.readings import series
from approxlite.profiler.energy.source import candidates, power_w
from farm.replay.cases import drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.gauges import Counter, Gauge, PowerMonitor, Voltage

ROWS = Path(__file__).parents[2] / "contract" / "agent_power_rows.jsonl"


def parsed() -> tuple[OpeningRow, AgentBlock]:
    opening, block, _ = (parse_agent_row(line, "rows") for line in ROWS.read_text().splitlines())
    assert isinstance(opening, OpeningRow)
    assert isinstance(block, AgentBlock)
    return opening, block


def probed(*gauges: Gauge) -> Probed:
    """By rows that went through the agent's lines."""
    random = np.random.default_rng(5)
    device = ReplayDevice(drawn_world(random), gauges, random)

    def measure(blocks: Sequence[PlannedBlock]) -> list[AgentBlock]:
        rows = [parse_agent_row(row.model_dump_json(), "rows") for row in device.measure(blocks)]
        return [row for row in rows if isinstance(row, AgentBlock)]

    numbers = iter(range(1000))
    return prove(measure, lambda: next(numbers))


def test_the_services_rows_are_read_with_the_time_of_their_values() -> None:
    opening, block = parsed()
    assert opening.missing == {"energy_now": "the gauge does not tell"}
    assert [each.kind for each in candidates([block])] == ["power_monitor", "charge_counter"]
    assert [each.as_of_ns for each in block.readings if each.source == "power_monitor/CPU"] == [0] * 5


def test_values_of_one_time_are_never_taken_from_one_another() -> None:
    _, block = parsed()
    assert len(series([block], "power_monitor/CPU")) == 1
    cached = probed(PowerMonitor(np.random.default_rng(0), 30.0, "power_monitor/CPU")).proven.source
    assert power_w(block, cached) is None


@pytest.mark.parametrize(
    ("name", "age_s", "kind"),
    [("power_monitor/CPU", 30.0, "power_monitor"), ("power_monitor/CPU", 20.0, "power_monitor"),
     ("power_monitor_fine/CPU", 0.25, "power_monitor_fine"), ("power_monitor_fine/CPU", 30.0, "power_monitor")],
)  # fmt: skip
def test_its_noise_is_that_of_its_age_whatever_was_granted(name: str, age_s: float, kind: str) -> None:
    source = probed(PowerMonitor(np.random.default_rng(0), age_s, name)).proven.source
    assert source.kind == kind
    assert source.noise.reading_sd_j == pytest.approx(BLUR_SD_J)
    shortest = source.noise.shortest_block_s(2.0)
    if kind == "power_monitor":
        assert source.noise.refresh_s == pytest.approx(age_s, rel=0.25)
        assert shortest >= 3 * source.noise.refresh_s
    else:
        assert shortest == pytest.approx(27.0 / 2.0)


def test_it_is_ranked_above_the_batterys_gauge_and_below_rails() -> None:
    both = probed(PowerMonitor(np.random.default_rng(0), 30.0, "power_monitor/CPU"), Counter(100), Voltage())
    assert both.proven.source.kind == "power_monitor"
    order = ("rails", "power_monitor_fine", "power_monitor", "charge_counter", "current")
    assert [RANKING.index(kind) for kind in order] == sorted(RANKING.index(kind) for kind in order)
