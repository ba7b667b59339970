"""How a policy fares on a device, told from the device's status and audit log alone. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from approxlite.formats.audit import AuditRecord
from approxlite.formats.document import Document
from approxlite.formats.rollout import State
from approxlite.formats.service_status import ServiceStatus

WELL: tuple[State, ...] = ("trial", "kept")
HARMED: tuple[State, ...] = ("refused", "failed", "alarmed", "rolled back")
"""What stops a roll-out."""


class Standing(Document):
    """why: one line for a person, "" where the state says it all."""

    state: State
    why: str = ""


def standing(status: ServiceStatus, policy_sha256: str) -> Standing | None:
    """Of a policy that the device follows; None where it does not."""
    if status.policy_sha256 != policy_sha256:
        return None
    if status.alarmed:
        guard = status.guard
        counted = f", {guard.disagreements} of {guard.canaries} canaries differed" if guard and guard.canaries else ""
        name = guard.alarm if guard and guard.alarm != "none" else str(status.alarm)
        return Standing(state="alarmed", why=f"its guard latched exact: {name.replace('_', ' ')}{counted}")
    if not status.on_trial:
        return Standing(state="kept", why=f"{status.answered} answers" if status.trial_answers is None else "")
    if status.trial_answers is None or status.trial_needs is None:
        return Standing(state="trial")
    return Standing(
        state="trial", why=f"{min(status.trial_answers, status.trial_needs)} of {status.trial_needs} answers"
    )


def fate(records: Sequence[AuditRecord], sequence: int, policy_sha256: str) -> Standing | None:
    """What became of a policy that the device followed before; None where its log does not know of it."""
    name = f"policy {sequence} {policy_sha256[:16]}"
    for record in reversed(records):
        if record.event != "policy" or record.from_ != name or record.to == name:
            continue
        said = record.reason.removeprefix("rolled back: ")
        if said != record.reason:
            return Standing(state="rolled back", why=said)
        return Standing(state="rolled back", why=f"replaced by {record.to}: {record.reason}")
    return None


def replayed(status: ServiceStatus, sequence: int) -> str | None:
    """Why the device would refuse a policy of that sequence number that it does not follow; None where it would not."""
    if sequence > status.highest_sequence:
        return None
    return (
        f"REPLAYED: has sequence {sequence}, but {status.highest_sequence} was on the device before; "
        "build the policy anew over the old file, which gives it the next number"
    )
