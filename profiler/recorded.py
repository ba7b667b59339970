"""What a recorded profile says: the time of every knob of every operator, and what whole configurations will cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot

from approxlite.formats.configuration import EXACT, Configuration, Knob, crosses
from approxlite.formats.errors import ConfigurationError
from approxlite.formats.interval import Estimate
from approxlite.formats.profile import CampaignRow
from approxlite.policy.measure import Measurement
from approxlite.profiler.clock import ClockCurve


@dataclass(frozen=True)
class KnobTime:
    """`nanoseconds` per inference; `dropped` names a more exact knob that was no slower, None if there is none."""

    nanoseconds: Estimate
    dropped: str | None


@dataclass(frozen=True)
class RecordedProfile:
    """One campaign, summarised. Immutable.

    operators: times by operator id and knob text, exact first, at the clock of the exact configuration and beside an
    operator before that computes on the same form of number.
    between: nanoseconds by two operators, one after the other, that the second takes longer to compute on bytes where
    the first computes on floats; none where that made no difference.
    overhead_ns: what a whole inference takes beyond its operators, at that clock; below zero where reading the
    operators' timers, which whole inferences are spared, takes longer than that.
    clock: how that clock changes with the share of time in operators that could be int8 and are not.
    exact_cost: of the exact configuration, as a share of stock's time in the same rounds. stock_ns: that time.
    """

    campaign: CampaignRow
    operators: Mapping[str, Mapping[str, KnobTime]]
    overhead_ns: Estimate
    clock: ClockCurve
    exact_cost: Estimate
    stock_ns: Estimate
    between: Mapping[tuple[str, str], Estimate] = field(default_factory=dict)

    def crossings(self) -> dict[tuple[str, str], float]:
        """`between`, values alone."""
        return {pair: time.value for pair, time in self.between.items()}

    def options(self) -> dict[str, dict[str, float]]:
        """Nanoseconds of the knobs worth choosing, by operator; exact first."""
        return {
            operator: {knob: time.nanoseconds.value for knob, time in knobs.items() if time.dropped is None}
            for operator, knobs in self.operators.items()
        }

    def measure(self, configurations: Sequence[str]) -> list[Measurement]:
        """Adds up operators, crossings and overhead, for each; a live device answers the same question by running them.

        Raises ConfigurationError for an operator or knob that was never timed.
        """
        return [self._predicted(Configuration.parse(text)) for text in configurations]

    def _predicted(self, configuration: Configuration) -> Measurement:
        times, exact = self._times(configuration), self._times(Configuration())
        parts = [self.overhead_ns, *times.values(), *self._crossed(configuration)]
        total = sum(part.value for part in parts)
        whole = self.overhead_ns.value + sum(part.value for part in exact.values())
        unit = self.clock.factor(self._wide_share(configuration), self._wide_share(Configuration()))
        share = unit * self.exact_cost.value / whole
        # Errors of independent medians add like the sides of right triangles; exact's own is common to all.
        down = hypot(*(p.value - p.low for p in parts)) * share
        up = hypot(*(p.high - p.value for p in parts)) * share
        value = total * share
        cost = Estimate(
            value=value,
            low=value - hypot(down, value * (1 - self.exact_cost.low / self.exact_cost.value)),
            high=value + hypot(up, value * (self.exact_cost.high / self.exact_cost.value - 1)),
            samples=min(part.samples for part in parts),
        )
        return Measurement(str(configuration), cost, value * self.stock_ns.value / 1e6)

    def _crossed(self, configuration: Configuration) -> list[Estimate]:
        """What changes from floats to bytes take in it."""
        return [
            time
            for (before, after), time in self.between.items()
            if crosses(configuration.knob(before), configuration.knob(after))
        ]

    def _wide_share(self, configuration: Configuration) -> float:
        times = self._times(configuration)
        return wide_share({o: t.value for o, t in times.items()}, configuration, self.campaign)

    def _times(self, configuration: Configuration) -> dict[str, Estimate]:
        chosen = {name: str(knob) for name, knob in configuration.entries}
        for operator in chosen:
            if operator not in self.operators:
                raise ConfigurationError(f"the profile has no operator '{operator}'; profile this model")
        times = {}
        for operator, knobs in self.operators.items():
            knob = chosen.get(operator, EXACT)
            if knob not in knobs:
                raise ConfigurationError(f"the profile has no time of {operator}={knob}; profile again")
            times[operator] = knobs[knob].nanoseconds
        return times


def wide_share(times: Mapping[str, float], configuration: Configuration, campaign: CampaignRow) -> float:
    """The share of time in operators that could be int8 and are not, 0..1."""
    wide = sum(
        times[operator.id]
        for operator in campaign.operators
        if "int8" in operator.knobs and not configuration.knob(operator.id).on_bytes
    )
    return wide / max(sum(times.values()), 1.0)


def more_exact(a: Knob, b: Knob) -> bool:
    """Whether `a` approximates less than `b`: no atom that b has not, and nowhere a smaller share computed."""
    shares = ("inputs", "rank", "sample", "rows", "cols", "checker")
    as_precise = b.on_bytes or not a.on_bytes
    return a != b and as_precise and all(a.fraction(kind) >= b.fraction(kind) for kind in shares)
