"""What a report says: `report.json`, the machine-readable twin from which the page is drawn and nothing else."""

from __future__ import annotations

from typing import Literal

from approxlite.formats.document import Document
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Certificate
from approxlite.formats.provenance import Time
from approxlite.report.results import Results


class PlotPoint(Document):
    """cost: share of stock float time; disagreement: share of inputs whose answer differs from exact."""

    label: str
    configuration: str = ""
    cost: Estimate
    disagreement: Estimate
    predicted_disagreement: float | None = None
    rung: int | None = None
    kind: Literal["curve", "rung", "reference", "policy"] = "curve"


class RungRow(Document):
    """One rung of the ladder; `answered` is the share of inputs it answers, None where nobody counted."""

    number: int
    configuration: str
    cost: Estimate
    answered: float | None = None


class StageRow(Document):
    """One stage of the rule: `reached` is the share of inputs that run it, `threshold` None where it always accepts."""

    rung: int
    threshold: float | None
    reached: float | None


class RuleFacts(Document):
    """How the policy chooses among its rungs."""

    kind: Literal["fixed", "cascade"]
    confidence: str
    stages: tuple[StageRow, ...]


class OperatorRow(Document):
    """One operator: by rung of the ladder its knob, and its time as a share of the whole exact inference."""

    id: str
    ran_by: str
    multiply_accumulates: int
    knobs: tuple[str, ...]
    time_shares: tuple[float | None, ...]


class Fact(Document):
    """One line of how the numbers came about."""

    name: str
    value: str


class Report(Document):
    """Everything on the page."""

    version: Literal[1] = 1
    created: Time
    model: str
    headline: str
    results: Results | None
    curve: tuple[PlotPoint, ...]
    ladder: tuple[RungRow, ...]
    exact_rung: int
    rule: RuleFacts
    certificate: Certificate | None
    advice: str
    operators: tuple[OperatorRow, ...]
    method: tuple[Fact, ...]
