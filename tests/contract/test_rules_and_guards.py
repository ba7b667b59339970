"""Python reads rules.json and guards.json: what a policy may say of rules and guards, and sessions that take it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from approxlite.formats.document import Document, parse_document
from approxlite.formats.errors import FormatError
from approxlite.formats.guard import GuardSettings
from approxlite.formats.policy import Stage
from approxlite.formats.rule import Rule
from approxlite.runtime.controller import CandidateFacts, Controller, RungFacts
from approxlite.runtime.guard import Guard

CONTRACT = Path(__file__).parent
RULES = json.loads((CONTRACT / "rules.json").read_text())
GUARDS = json.loads((CONTRACT / "guards.json").read_text())
BAD = [(Rule, *case) for case in RULES["bad"]] + [(GuardSettings, *case) for case in GUARDS["bad"]]
CLASSES = 2


@pytest.mark.parametrize("case", RULES["good"], ids=str)
def test_a_session_takes_the_rule(case: dict[str, Any]) -> None:
    rule = parse_document(Rule, json.dumps(case).encode(), "rules.json")
    assert rule.model_dump(include=set(case), mode="json") == case
    count = 2 if rule.confidence_table else 4
    rungs = [RungFacts(cost_ms=8.0 / (1 + r), slow_ms=10.0 / (1 + r), energy_mj=4.0 / (1 + r)) for r in range(count)]
    candidates = [CandidateFacts((Stage(rung=r),), rungs[r].energy_mj) for r in range(count)]
    with Controller(rungs, candidates, rule, exact_rung=0, output_count=CLASSES) as session:
        assert session.begin().action == "run"


@pytest.mark.parametrize("case", GUARDS["good"], ids=str)
def test_a_guard_takes_the_settings(case: dict[str, Any]) -> None:
    settings = parse_document(GuardSettings, json.dumps(case).encode(), "guards.json")
    assert settings.model_dump(include=set(case), mode="json") == case
    with Guard(settings, bytes(32), 0.02) as guard:
        assert guard.status().alarm == "none"


@pytest.mark.parametrize(("kind", "case", "word"), BAD, ids=str)
def test_nonsense_is_refused_in_one_line_that_names_it(kind: type[Document], case: dict[str, Any], word: str) -> None:
    with pytest.raises(FormatError) as refused:
        parse_document(kind, json.dumps(case).encode(), "case")
    assert word in str(refused.value)
    assert "\n" not in str(refused.value)
