"""The JSON Schema of each format, for readers in other languages; `docs/formats/` holds a copy."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from approxlite.formats.audit import AuditRecord
from approxlite.formats.curve import Curve
from approxlite.formats.policy import Policy
from approxlite.formats.profile import (
    BlockRow,
    CampaignRow,
    IdleRow,
    PreparedRow,
    ProbeRow,
    SettledRow,
    SustainedRow,
)
from approxlite.formats.rollout import BeginRow, DeviceRow, EndRow
from approxlite.formats.service_status import ServiceStatus
from approxlite.formats.signature import Signature
from approxlite.formats.trace import TraceRow

_ROOTS: dict[str, tuple[str, Any]] = {
    "audit": ("one line of audit.jsonl", AuditRecord),
    "curve": ("curve.json", Curve),
    "policy": ("policy.json, in policy.approx", Policy),
    "profile": (
        "one line of profile.jsonl",
        Annotated[
            CampaignRow | BlockRow | IdleRow | PreparedRow | SettledRow | SustainedRow | ProbeRow,
            Field(discriminator="kind"),
        ],
    ),
    "rollout": (
        "one line of rollout.jsonl",
        Annotated[BeginRow | DeviceRow | EndRow, Field(discriminator="kind")],
    ),
    "service_status": ("what the service on a phone says of itself", ServiceStatus),
    "signature": ("signature, in policy.approx", Signature),
    "trace": ("one line of trace.jsonl", TraceRow),
}


def schemas() -> dict[str, str]:
    """JSON Schema text by format name. The same formats give the same text."""
    return {name: _text(title, root) for name, (title, root) in _ROOTS.items()}


def _text(title: str, root: type[BaseModel] | Any) -> str:
    adapter: TypeAdapter[Any] = TypeAdapter(root)
    schema = adapter.json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return json.dumps({**schema, **head}, indent=2, sort_keys=True) + "\n"
