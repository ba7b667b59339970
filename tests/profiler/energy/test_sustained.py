import numpy as np
import pytest

from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.design import EXACT
from approxlite.profiler.energy.prove import prove
from approxlite.profiler.energy.sustained import run_sustained, sustained, sustained_blocks
from farm.replay.cases import drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.gauges import Counter, Rails, Voltage


def cold(gauges, seed=6):
    """A device whose source is known and that has cooled down since."""
    random = np.random.default_rng(seed)
    device = ReplayDevice(drawn_world(random), gauges, random)
    counted = iter(range(10_000))
    numbers = lambda: next(counted)  # noqa: E731
    proven = prove(device.measure, numbers).proven
    device.truth.cool()
    return device, proven, numbers


@pytest.mark.parametrize(("gauges", "end_s"), [([Rails()], 60), ([Counter(100), Voltage()], 200)])
def test_what_changes_with_warmth_is_seen_in_both_ends(gauges, end_s):
    device, proven, numbers = cold(gauges)
    found = run_sustained(device.measure, EXACT, proven, numbers, run_s=900)
    assert found.run_s == pytest.approx(900, rel=0.2)
    assert found.end_s == pytest.approx(end_s, rel=0.1)
    # The replay is 4 % slower and 8 % thirstier when cold, and warm after 25 s of work: both fall.
    assert found.latency_ratio.value < 1
    assert found.ratio.low < found.ratio.value < 1
    assert found.cold_mj.value > found.sustained_mj.value
    assert found.sustained_mj.value == pytest.approx(device.world.beyond_idle_mj(EXACT), rel=0.08)


def test_a_run_that_slows_down_is_told_as_such():
    device, proven, numbers = cold([Rails()])
    planned = sustained_blocks(EXACT, proven, numbers, run_s=300)
    rows = device.measure(planned)

    def slower(row):
        ns = int(row.latency_ns.total * 1.3)
        latency = row.latency_ns.model_copy(update={"total": ns, "median": ns // row.inferences})
        return row.model_copy(update={"latency_ns": latency, "ended": "throttled"})

    late = [slower(row) if row.inferences and place > len(rows) // 2 else row for place, row in enumerate(rows)]
    found = sustained(planned, late, proven)
    assert found.latency_ratio.low > 1.2
    assert found.throttled == sum(row.ended == "throttled" for row in late)


def test_a_pause_between_inferences_is_part_of_the_plan():
    _, proven, numbers = cold([Rails()])
    planned = sustained_blocks(EXACT, proven, numbers, gap_ms=100.0)
    assert {each.gap_ms for each in planned if each.subject != "idle"} == {100.0}
    assert sum(each.seconds for each in planned if each.subject != "idle") >= 1800
    assert len({each.block for each in planned}) == len(planned)


def test_a_run_that_broke_off_has_no_figure():
    device, proven, numbers = cold([Rails()])
    planned = sustained_blocks(EXACT, proven, numbers, run_s=300)
    rows = device.measure(planned)
    with pytest.raises(UnstableError, match="no sustained figure"):
        sustained(planned, rows[:7], proven)
