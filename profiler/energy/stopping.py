"""When a campaign has measured enough: one rule for every campaign, whoever measures its blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from approxlite.profiler.energy.compare import drawn
from approxlite.profiler.energy.measured import Measured
from approxlite.profiler.energy.planning import Plan, looks
from approxlite.profiler.energy.ratio import Pairs, half_width, ratio_estimate

LATE = 1.1
"""A round may take this much longer than planned."""


@dataclass
class Stopping:
    """Of one device. settings: whose ratios to exact shall have 95 % intervals of `half_width`, a share, or better.

    least_rounds: measured in any case. sessions: among which the rounds are divided; only in the last one of them the
    widths are looked at, and never the ratios themselves: that is why intervals may be given at the stop.
    """

    plan: Plan
    settings: Sequence[str]
    half_width: float
    seed: int = 0
    sessions: int = 1
    least_rounds: int = 0
    _looks: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._looks = looks(self.plan)

    def session_is_over(self, session: int, rounds: int) -> bool:
        """Whether another one should begin after so many rounds in all; sessions count from 0."""
        until = self.rounds_until(session)
        return until is not None and rounds >= until

    def rounds_until(self, session: int) -> int | None:
        """Rounds in all at the end of that session; None for the last one, which ends by width or time."""
        if session + 1 >= self.sessions:
            return None
        return math.ceil(max(self.plan.pairs, self.least_rounds) / self.sessions) * (session + 1)

    def has_time(self, spent_s: float) -> bool:
        """For another round, with that much of the plan's time used up."""
        return spent_s + self.plan.round_s * LATE <= self.plan.total_s

    def is_narrow(self, session: int, rounds: int, measured: Measured) -> bool:
        """Whether to stop after so many rounds. Looks only after few, fixed numbers of pairs."""
        if session + 1 < self.sessions or rounds < max(self._looks[0], self.least_rounds):
            return False
        pairs = [measured.pairs(setting) for setting in self.settings]
        fewest = min(map(len, pairs), default=0)
        if fewest < self._looks[0]:
            return False
        self._looks = tuple(look for look in self._looks if look > fewest) or (fewest + 2,)
        return all(self._narrow(each) for each in pairs)

    def _narrow(self, pairs: Pairs) -> bool:
        try:
            return half_width(ratio_estimate(pairs, drawn(self.seed, len(pairs)))) <= self.half_width
        except ValueError:
            return False
