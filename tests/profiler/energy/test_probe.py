import numpy as np
import pytest

from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from farm.replay.cases import drawn_world
from farm.replay.device import ReplayDevice
from farm.replay.gauges import Counter, Current, Meter, PowerMonitor, Rails, Voltage
from farm.replay.lies import LARGE, lies

REFUSED = (
    "no voltage",
    "frozen current",
    "charging",
    "charging a little",
    "half the current, and a counter",
    "a model of energy, not a meter",
    "rails of 45 W",
    "rails of 45 W in milliwatt-seconds",
    "a package in millijoules",
    "a meter's milliwatts called watts",
    "a meter's watts called milliwatts",
)


def proven(gauges, seed=1, times=1.0):
    random = np.random.default_rng(seed)
    world = drawn_world(random, times=times)
    device = ReplayDevice(world, gauges(random), random)
    return world, EnergyCampaign(device.measure, "all=int8", seed=seed).probed().proven


@pytest.mark.parametrize("name", sorted(set(lies(np.random.default_rng(0))) - set(REFUSED)))
def test_a_wrong_sign_or_unit_is_put_right(name):
    world, found = proven(lambda random: lies(random)[name], times=LARGE.get(name, 1.0))
    truth = world.draws["exact"].power_w - world.idle_w
    assert found.busy_w - found.idle_w == pytest.approx(truth, rel=0.25)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_put_right_is_refused_with_a_reason(name):
    with pytest.raises(UnstableError, match=r"no energy source of this device can be trusted \(.+\)"):
        proven(lambda random: lies(random)[name], times=LARGE.get(name, 1.0))


def test_a_device_without_any_facility_is_refused():
    with pytest.raises(UnstableError, match="it has none"):
        proven(lambda _: [])


def test_the_best_source_of_several_is_taken():
    _, found = proven(lambda random: [Current(random), Counter(100), Voltage(), Rails()])
    assert found.source.kind == "rails"
    _, found = proven(lambda random: [Current(random), Counter(100), Voltage()])
    assert found.source.kind == "charge_counter"


def test_a_cached_source_gets_the_longer_probe_that_it_needs():
    _, found = proven(lambda random: [PowerMonitor(random, 30.0, "power_monitor/CPU"), Current(random), Voltage()])
    assert found.source.kind == "power_monitor"
    assert found.source.noise.refresh_s == pytest.approx(30, rel=0.2)


def test_a_counters_step_is_recognised():
    _, found = proven(lambda _: [Counter(1000), Voltage()])
    assert found.source.noise.step_j == pytest.approx(1000e-6 * 3600 * 3.9, rel=0.05)


def test_a_unit_that_is_known_is_never_put_right():
    for gauge, times in ((Meter(), 24.0), (Rails({"powercap/package-0": 1.0}), 17.0)):
        _, found = proven(lambda _, gauge=gauge: [gauge], times=times)
        assert found.source.corrected == ""
        assert found.busy_w > 25


def test_meters_that_may_measure_the_same_watt_are_not_added_up():
    packages = Rails({"powercap/package-0": 0.3, "powercap/package-1": 0.3})
    chips = Rails({"s2mpg14-odpm/CPU": 0.5, "s2mpg15-odpm/GPU": 0.4, "s2mpg15-odpm#4/TPU": 0.1})
    _, found = proven(lambda _: [packages, chips, Rails({"pac1934/ALL": 0.9})])
    assert found.source.candidate.facilities == ("s2mpg14-odpm/CPU", "s2mpg15-odpm/GPU", "s2mpg15-odpm#4/TPU")
    _, found = proven(lambda _: [packages, Rails({"pac1934/ALL": 0.9})])
    assert found.source.candidate.facilities == ("pac1934/ALL",)
    _, found = proven(lambda _: [packages])
    assert found.source.candidate.facilities == ("powercap/package-0", "powercap/package-1")
