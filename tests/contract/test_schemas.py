"""The exported JSON Schemas are current, and each contract file satisfies both the schema and the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from approxlite.formats.archive import pack_members
from approxlite.formats.audit import Tail, load_audit
from approxlite.formats.curve import load_curve, unpack_scales
from approxlite.formats.document import parse_document
from approxlite.formats.errors import PolicyError
from approxlite.formats.policy import Policy
from approxlite.formats.profile import load_profile
from approxlite.formats.rollout import BeginRow, load_rollout, states_of
from approxlite.formats.schema import schemas
from approxlite.formats.trace import load_trace
from approxlite.policy.signing import key_sha256, load_public_key, signer_of

CONTRACT = Path(__file__).parent
EXPORTED = CONTRACT.parent.parent / "docs" / "formats"
LINES = {
    "audit": "audit.jsonl",
    "profile": "profile.jsonl",
    "rollout": "rollout.jsonl",
    "trace": "trace.jsonl",
}
WHOLE = {"curve": "curve.json", "policy": "policy.json", "signature": "signature.json"}
TOLD = "service_status"
"""From outside, perhaps of another version: what it holds besides is ignored."""


def validate(name: str, content: Any) -> None:
    jsonschema.validate(content, json.loads(schemas()[name]), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_exported_schema_is_current(name: str) -> None:
    assert (EXPORTED / f"{name}.schema.json").read_text() == schemas()[name], "run scripts/export-schemas"


@pytest.mark.parametrize("name", sorted(LINES))
def test_every_line_of_the_contract_file_satisfies_the_schema(name: str) -> None:
    for line in (CONTRACT / LINES[name]).read_text().splitlines():
        validate(name, json.loads(line))


@pytest.mark.parametrize("name", sorted([*WHOLE, TOLD]))
def test_the_contract_file_satisfies_the_schema(name: str) -> None:
    validate(name, json.loads((CONTRACT / WHOLE.get(name, f"{name}.json")).read_text()))


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_the_schema_refuses_unknown_fields(name: str) -> None:
    content = json.loads((CONTRACT / WHOLE[name]).read_text())
    with pytest.raises(jsonschema.ValidationError):
        validate(name, {**content, "surprise": 1})


def test_the_contract_policy_is_signed_by_the_contract_key(tmp_path: Path) -> None:
    policy = tmp_path / "policy.approx"
    policy.write_bytes(
        pack_members((CONTRACT / "policy.json").read_bytes(), None, (CONTRACT / "signature.json").read_bytes())
    )
    key = load_public_key(CONTRACT / "signing_key.pub")
    assert signer_of(policy, [key]) == key_sha256(key)


def test_profile_is_read() -> None:
    profile = load_profile(CONTRACT / "profile.jsonl")
    assert [campaign.campaign for campaign in profile.campaigns] == ["2026-01-02T03-04-05"]
    assert [(block.subject, block.configuration) for block in profile.blocks] == [
        ("stock", "exact"),
        ("approxlite", "conv_2d_0=int8"),
    ]
    assert [(row.serial, row.stopped) for row in profile.settled] == [("R58M123", "width")]
    assert profile.blocks[1].operator_ns == {"conv_2d_0": 6100, "fully_connected_11": 700}


def test_curve_is_read_with_its_weights() -> None:
    curve, weights = load_curve(CONTRACT / "curve.json")
    assert [point.configuration for point in curve.points] == ["exact", "conv_2d_0=int8"]
    assert unpack_scales(weights)["conv_2d_0"].zero_point == 83


def test_policy_is_read() -> None:
    policy = parse_document(Policy, (CONTRACT / "policy.json").read_text(), "policy.json", PolicyError)
    assert policy.stages[-1].rung == policy.exact_rung
    assert policy.certificate is not None


def test_trace_is_read() -> None:
    rows = load_trace(CONTRACT / "trace.jsonl")
    assert [(row.rung, row.reason, row.agrees) for row in rows] == [(1, "confident", None), (0, "last_stage", True)]


def test_audit_log_is_read_as_one_chain() -> None:
    """AuditLogTest.java goes on writing this log, which a phone's AuditLog wrote."""
    chain = load_audit(CONTRACT / "audit.jsonl", [Tail.model_validate_json((CONTRACT / "audit_tail.json").read_text())])
    assert (chain.problems, chain.torn, chain.vouched) == ((), 0, True)
    assert {record.event for record in chain.records} == {"switch", "alarm", "policy", "override", "refused"}


def test_rollout_is_read() -> None:
    begin, *rows = load_rollout(CONTRACT / "rollout.jsonl")
    assert isinstance(begin, BeginRow)
    assert {serial: row.state for serial, row in states_of(rows).items()} == {"PHONE1": "kept", "PHONE2": "trial"}
