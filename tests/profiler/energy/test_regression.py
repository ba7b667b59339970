import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approxlite.profiler.energy.regression import Undetermined, knob_energies

KNOBS = ("exact", "int8", "rows:1/2")
OPERATORS = ("conv_2d_0", "conv_2d_1", "depthwise_conv_2d_2")


def dealt(random, blocks):
    return [{operator: KNOBS[int(random.integers(3))] for operator in OPERATORS} for _ in range(blocks)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_without_noise_every_knob_has_its_own_energy_whatever_rounds_add(seed):
    random = np.random.default_rng(seed)
    truth = {(operator, knob): float(random.uniform(-5, 0)) for operator in OPERATORS for knob in KNOBS[1:]}
    knobs, rounds = dealt(random, 60), np.repeat(np.arange(10), 6)
    level = random.uniform(50, 60, 10)
    energy = np.array([sum(truth.get(item, 0.0) for item in each.items()) for each in knobs]) + level[rounds]
    found = knob_energies(knobs, energy, rounds)
    assert {(each.operator, each.knob): each.change_mj.value for each in found} == pytest.approx(truth, abs=1e-9)


def test_intervals_of_knobs_cover_in_93_to_97_of_a_hundred():
    random = np.random.default_rng(1)
    hits = total = 0
    for _ in range(150):
        knobs, rounds = dealt(random, 48), np.repeat(np.arange(8), 6)
        energy = np.array([-2.0 * sum(knob == "int8" for knob in each.values()) for each in knobs])
        for each in knob_energies(knobs, energy + random.normal(0, 1, 48), rounds):
            truth = -2.0 if each.knob == "int8" else 0.0
            hits, total = hits + (each.change_mj.low <= truth <= each.change_mj.high), total + 1
    assert 0.93 <= hits / total <= 0.97


def test_knobs_that_always_came_together_are_named_not_guessed():
    random = np.random.default_rng(2)
    knobs = [{"conv_2d_0": knob, "conv_2d_1": knob} for knob in random.choice(["exact", "int8"], 40)]
    found = knob_energies(knobs, random.normal(0, 1, 40), np.repeat(np.arange(4), 10))
    assert isinstance(found, Undetermined)
    assert "conv_2d_0=int8, conv_2d_1=int8" in found.why


def test_too_few_blocks_say_how_many_more():
    found = knob_energies([{"conv_2d_0": "int8"}, {}], np.array([1.0, 2.0]), [0, 0])
    assert isinstance(found, Undetermined)
    assert found.blocks_needed == 8


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(8, 100))
def test_a_disturbed_block_changes_no_knob(seed, extra):
    random = np.random.default_rng(seed)
    knobs, rounds = dealt(random, 60), np.repeat(np.arange(10), 6)
    clean = random.normal(50, 1, 60)
    disturbed = clean.copy()
    disturbed[random.integers(60)] += extra
    values = [
        np.array([each.change_mj.value for each in knob_energies(knobs, energy, rounds)])
        for energy in (clean, disturbed)
    ]
    assert np.abs(values[0] - values[1]).max() < 2


def test_where_much_does_not_fit_no_block_is_left_out():
    random = np.random.default_rng(3)
    knobs, rounds = dealt(random, 60), np.repeat(np.arange(10), 6)
    energy = random.standard_cauchy(60) * 10
    assert all(each.change_mj.samples >= 48 for each in knob_energies(knobs, energy, rounds))
