"""When a device that measures is between two blocks: the desk then talks to it, and disturbs nothing.

A block's inferences begin before they are counted and its operators are timed after it. Plans see to it that a poll has
room in some gap of each round. What a block and a gap will take follows from rows so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from approxlite.profiler.blocks import AgentBlock, PlannedBlock

NARROWEST_S = 0.5
"""A gap in which a poll has room."""

MOST_OPERATOR_RUNS = 1000
"""Agents time operators in no more runs."""

NONE_S = 0.1
"""What is no gap at all."""

SELDOM_S = 300.0
"""Where no gap has room, as on a device whose operators are timed in no time, polls disturb a block no more often."""

AHEAD_S = 1.0
"""A row from further in the future is of another clock than the desk's visits."""


@dataclass
class Gaps:
    """Of one device. Belongs to one thread. exact_s: about what a block of exact counts."""

    exact_s: float
    _began_s: dict[int, float] = field(default_factory=dict)
    _ended_s: dict[int, float] = field(default_factory=dict)
    _inference_s: dict[int, float] = field(default_factory=dict)

    def saw(self, rows: Iterable[AgentBlock]) -> None:
        for row in rows:
            if row.begin_ns is not None and row.end_ns is not None:
                self._began_s[row.block], self._ended_s[row.block] = row.begin_ns * 1e-9, row.end_ns * 1e-9
            if row.latency_ns is not None and row.inferences:
                self._inference_s[row.block] = row.latency_ns.total / row.inferences * 1e-9

    def wait_s(self, now_s: float, plan: Sequence[PlannedBlock], at_least_s: float) -> float | None:
        """From now, which is `now_s` on the device's clock, to the middle of the first gap that is at least so far
        away and has room; where the plan has none, of the first that is about as wide as the widest; where that is
        none either, to somewhat after the plan. None where rows do not tell."""
        measured = [block for block in plan if block.block in self._ended_s]
        expected = _Expected(self.exact_s, self._known(measured))
        expected.learn(plan, self._began_s, self._ended_s)
        last = max(measured, key=lambda block: self._ended_s[block.block], default=None)
        end_s = now_s if last is None else self._ended_s[last.block]
        rest_s = 0.0 if last is None else expected.after_s(last)
        if end_s > now_s + AHEAD_S:
            return None
        narrow = list[tuple[float, float]]()
        for block in plan:
            if block.block in self._ended_s:
                continue
            begin_s = end_s + rest_s + block.uncounted * expected.inference_s(block)
            away_s, gap_s = (end_s + begin_s) / 2 - now_s, begin_s - end_s
            if away_s >= at_least_s and gap_s >= NARROWEST_S:
                return away_s
            if away_s >= max(at_least_s, SELDOM_S) and gap_s > NONE_S:
                narrow.append((away_s, gap_s))
            end_s = begin_s + max(block.seconds, block.inferences * expected.inference_s(block))
            rest_s = expected.after_s(block)
        if narrow:
            widest_s = max(gap_s for _, gap_s in narrow)
            return next(away_s for away_s, gap_s in narrow if gap_s > 0.9 * widest_s)
        return max(end_s + rest_s - now_s + NARROWEST_S + 0.05 * self.exact_s, at_least_s)

    def _known(self, measured: Sequence[PlannedBlock]) -> dict[tuple[str, str], float]:
        return {
            (block.subject, block.configuration): self._inference_s[block.block]
            for block in measured
            if block.block in self._inference_s
        }


@dataclass
class _Expected:
    """What blocks will take. known: seconds of an inference, by subject and configuration."""

    exact_s: float
    known: Mapping[tuple[str, str], float]
    _operator_runs: float = 1.0
    _else_s: float = 0.0

    def learn(self, plan: Sequence[PlannedBlock], began_s: Mapping[int, float], ended_s: Mapping[int, float]) -> None:
        """How long an inference takes while its operators are timed, in inferences, and what else is between blocks."""
        runs, other_s = list[float](), list[float]()
        for one, next_one in pairwise(plan):
            if one.block not in ended_s or next_one.block not in began_s:
                continue
            rest_s = began_s[next_one.block] - next_one.uncounted * self.inference_s(next_one) - ended_s[one.block]
            if not one.operators:
                other_s.append(rest_s)
            elif timed_s := self._timed_s(one):
                runs.append(rest_s / timed_s)
        self._operator_runs = max(median(runs), 0.0) if runs else self._operator_runs
        self._else_s = max(median(other_s), 0.0) if other_s else self._else_s

    def inference_s(self, block: PlannedBlock) -> float:
        """Of one that was never seen, as long as exact's of as many."""
        otherwise = self.exact_s / block.inferences if block.inferences else 0.0
        return self.known.get((block.subject, block.configuration), otherwise)

    def after_s(self, block: PlannedBlock) -> float:
        return self._operator_runs * self._timed_s(block) if block.operators else self._else_s

    def _timed_s(self, block: PlannedBlock) -> float:
        return min(block.inferences, MOST_OPERATOR_RUNS) * self.inference_s(block)
