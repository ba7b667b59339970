from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.profiler.energy.noise import Noise
from approxlite.profiler.energy.planning import Load, Plan, plan
from approxlite.profiler.energy.ratio import Pairs
from approxlite.profiler.energy.stopping import LATE, Stopping

RAILS = Load(Noise("rails"), 0.3, 2.0)
COUNTER = Load(Noise("charge_counter", step_j=5.0), 0.3, 2.0)


@dataclass
class Spread:
    """Measured rounds whose ratio scatters by `share` about 0.7, for each setting."""

    shares: dict[str, float]
    rounds: int = 0
    asked: list[int] = field(default_factory=list)

    def pairs(self, setting):
        self.asked.append(self.rounds)
        random = np.random.default_rng(7)
        exact = random.normal(1.0, 0.01, self.rounds)
        return Pairs.of(0.7 * exact * random.normal(1.0, self.shares[setting], self.rounds), exact)


def rounds_until_narrow(stopping, measured, most=400, session=0):
    for rounds in range(1, most):
        measured.rounds = rounds
        if stopping.is_narrow(session, rounds, measured):
            return rounds
    return None


def planned(pairs=12, block_s=8.0):
    return Plan(block_s, 0.25, pairs, 60.0 + 1.2 * pairs * 3 * (block_s + 0.25), overhead_s=60.0)


def test_it_stops_when_the_widest_of_all_wanted_settings_is_narrow_enough():
    alone = Stopping(planned(60), ("fine",), 0.03)
    both = Stopping(planned(60), ("fine", "coarse"), 0.03)
    shares = {"fine": 0.01, "coarse": 0.08}
    assert rounds_until_narrow(alone, Spread(shares)) == 12
    assert 20 < rounds_until_narrow(both, Spread(shares)) < 80


def test_it_looks_seldom_and_never_before_the_rounds_that_are_measured_in_any_case():
    measured = Spread({"wide": 1.0})
    assert rounds_until_narrow(Stopping(planned(60), ("wide",), 0.03, least_rounds=30), measured, 61) is None
    assert min(measured.asked) == 30
    seen = Stopping(planned(60), ("wide",), 0.03)
    assert sum(seen.is_narrow(0, rounds, Spread({"wide": 1.0}, rounds)) for rounds in range(61)) == 0


def test_sessions_divide_the_rounds_and_only_the_last_one_may_end_early():
    stopping = Stopping(planned(20), ("fine",), 0.03, sessions=2)
    measured = Spread({"fine": 0.001}, 20)
    assert not stopping.is_narrow(0, 20, measured)
    assert [stopping.session_is_over(0, rounds) for rounds in (9, 10, 11)] == [False, True, True]
    assert not stopping.session_is_over(1, 500)
    assert stopping.is_narrow(1, 20, measured)


@given(st.floats(0, 3000), st.integers(12, 100))
def test_time_is_kept_whatever_was_spent(spent_s, pairs):
    made = planned(pairs)
    stopping = Stopping(made, ("fine",), 0.03)
    while stopping.has_time(spent_s):
        spent_s += LATE * made.round_s
        assert spent_s <= made.total_s + 1e-6


def test_a_plan_serves_the_coarsest_of_its_devices_and_pays_for_larger_rounds():
    rails, counter, both = plan([RAILS], 0.03), plan([COUNTER], 0.03), plan([RAILS, COUNTER], 0.03)
    assert rails.total_s < counter.total_s <= both.total_s
    assert both.block_s >= counter.block_s
    wide = plan([RAILS], 0.03, blocks=30.0, overhead_s=100.0)
    assert wide.round_s == pytest.approx(10 * rails.round_s)
    assert wide.total_s == pytest.approx(100 + 10 * rails.total_s)
    assert wide.rounds == int(1.2 * wide.pairs)
    assert plan([RAILS], 0.03, least_pairs=50).pairs == 50
