"""The rule of a policy: who picks the candidate for an input, and what it needs to know for that."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from approxlite.formats.document import Document

MAX_CANDIDATES = 16
MAX_CLASSES = 1024

RuleKind = Literal["fixed", "naive", "state", "kalman", "confidence", "budget", "deadline", "thermal", "auto"]
Confidence = Literal["top_two_ratio", "top_two_difference"]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
MeanConfidence = Annotated[float, Field(allow_inf_nan=False)] | None


class BatteryTarget(Document):
    """Charge, 0 to 1, to be left at the next time of day `until`, local time, of a battery that holds `capacity_j`."""

    charge: Share
    until: TimeOfDay
    capacity_j: Positive


class Rule(Document):
    """fixed: always `candidate`. naive, state, kalman, confidence: Mobiprox's engines, from there on. budget, deadline,
    thermal: `candidate`, made cheaper by what they are named after. auto: all three at once. None goes past what is
    certified. What each does exactly, `approx_rule` in controller.h says.

    confidence: how sure an output is of its largest entry, by which cascades escalate.
    growth: steps of Mobiprox's engines: 1: of one, 2: each twice the last. as_published: with the published code's
    faults. confidence_table: by candidate and class, mean confidence when wrong and when right; None where unknown.
    energy_j_per_hour: of the whole device, which draws `idle_w` between inferences.
    deadline_ms: of inputs that bring none along. headroom_limit: thermal headroom to stay below.
    """

    kind: RuleKind
    confidence: Confidence
    candidate: Annotated[int, Field(ge=0, lt=MAX_CANDIDATES)] = 0
    growth: Literal[1, 2] = 1
    as_published: bool = False
    confidence_table: tuple[tuple[tuple[MeanConfidence, MeanConfidence], ...], ...] | None = None
    energy_j_per_hour: Positive | None = None
    battery: BatteryTarget | None = None
    idle_w: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    deadline_ms: Positive | None = None
    headroom_limit: Positive | None = None

    @property
    def has_budget(self) -> bool:
        """Whether there is an energy budget to keep."""
        return self.energy_j_per_hour is not None or self.battery is not None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        own = _PARAMETERS[self.kind]
        strange = [name for name in _ALL_PARAMETERS if name not in own and name in self._given()]
        if strange:
            raise ValueError(f"a {self.kind} rule has no {strange[0]}")
        if self.kind == "confidence":
            self._check_table()
        if self.kind == "budget" and not self.has_budget:
            raise ValueError("a budget rule needs energy_j_per_hour or battery")
        if self.has_budget and self.idle_w is None:
            raise ValueError("a budget is of the whole device; say with idle_w what it draws between inferences")
        if self.kind == "thermal" and self.headroom_limit is None:
            raise ValueError("a thermal rule needs headroom_limit")
        return self

    def _given(self) -> set[str]:
        """Parameters that say something else than their default."""
        fields = type(self).model_fields
        return {name for name in _ALL_PARAMETERS if getattr(self, name) != fields[name].default}

    def _check_table(self) -> None:
        if not self.confidence_table:
            raise ValueError("a confidence rule needs confidence_table")
        sizes = {len(classes) for classes in self.confidence_table}
        if len(sizes) != 1 or not 1 <= max(sizes) <= MAX_CLASSES:
            raise ValueError(f"confidence_table has the same 1 to {MAX_CLASSES} classes for each candidate")


_ENGINE = {"growth"}
_BUDGET = {"energy_j_per_hour", "battery", "idle_w"}
_PARAMETERS: dict[RuleKind, set[str]] = {
    "fixed": set(),
    "naive": _ENGINE | {"as_published"},
    "state": _ENGINE,
    "kalman": _ENGINE,
    "confidence": _ENGINE | {"as_published", "confidence_table"},
    "budget": _BUDGET,
    "deadline": {"deadline_ms"},
    "thermal": {"headroom_limit"},
    "auto": _BUDGET | {"deadline_ms", "headroom_limit"},
}
_ALL_PARAMETERS = sorted(set().union(*_PARAMETERS.values()))
