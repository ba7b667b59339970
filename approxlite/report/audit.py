"""An audit log in words: what happened, why, on what evidence, and for how long each candidate ran."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import get_args

from approxlite.formats.audit import AuditRecord
from approxlite.formats.document import Document
from approxlite.formats.trace import Reason
from approxlite.report.text import percent

_REASONS: dict[Reason, str] = {
    "first_stage": "every input starts there",
    "confident": "sure enough of the answer (confidence {})",
    "unsure": "not sure enough of the answer (confidence {})",
    "last_stage": "there was nothing more accurate to ask (confidence {})",
    "not_finite": "an output was not finite",
    "pinned": "a person chose it",
    "alarm": "the guard is latched",
    "unchanged": "the input hardly changed (by {})",
    "stable": "answers stayed the same, so the next cheaper one may run (estimate {})",
    "unstable": "answers changed, so a more accurate one runs (estimate {})",
    "budget": "that is what the energy budget affords ({} W)",
    "budget_infeasible": "not even the cheapest fits the energy budget ({} W), so it runs",
    "deadline": "it is the most accurate that is done in time ({} ms were left)",
    "late": "nothing is done in time ({} ms were left), so exact runs and is marked late",
    "heat": "the phone has little thermal headroom left ({})",
    "cool": "the phone has thermal headroom again ({})",
    "canary": "it was drawn to be checked (with probability {})",
    "no_canary": "it was not drawn to be checked (with probability {})",
    "agrees": "the checked answer was exact's (loss {})",
    "differs": "the checked answer was not exact's (loss {})",
    "tripwire": "an output looked broken, so exact runs",
}
_ALARMS = {
    "disagreement": "canaries prove more disagreement than was promised",
    "not_finite": "an output held NaN or infinity",
    "constant": "the output stayed the same, bit for bit, while the input changed",
    "out_of_range": "outputs lay far outside of what calibration saw",
    "unreadable": "the guard's saved state could not be read",
    "other_policy": "the guard's saved state was another policy's",
    "person": "somebody asked for exact",
    "zero": "every entry of an output was zero",
}
_NAMES: tuple[Reason, ...] = get_args(Reason)
_ALARM_NAMES = ("none", *_ALARMS)
_BY_NUMBER = re.compile(r"^(reason|alarm) ([0-9]{1,3})$")
UNTOLD = "the start of a policy"
"""What runs until the first switch: a log does not say which candidate a policy begins with."""


class RungSummary(Document):
    """What a log says of one candidate, or of exact. seconds: for as long as it ran as far as the log goes. share: of
    all that time. reasons: why it was gone to, how often."""

    name: str
    times: int
    seconds: float
    share: float
    reasons: dict[str, int]


def explained(record: AuditRecord) -> str:
    """One line for a person. Records of a newer version are told as they stand."""
    evidence = "" if record.evidence is None else f" ({_number(record.evidence)})"
    if record.event == "switch":
        return f"from {record.from_} to {record.to}: {_reason(_name(record.reason), record.evidence)}"
    if record.event == "alarm":
        name = _name(record.reason).removeprefix("alarm ")
        why = _ALARMS.get(name, name)
        return f"alarm, {record.to} runs: {why}{evidence}"
    if record.event == "policy":
        return _policy(record, evidence)
    if record.event == "override":
        return f"{record.reason}: {record.to}"
    if record.event == "refused":
        return f"refused {record.from_}, who wanted to {record.to}: {record.reason}"
    return f"{record.event}: from {record.from_} to {record.to}, {record.reason}{evidence}"


def summarised(records: Sequence[AuditRecord]) -> tuple[RungSummary, ...]:
    """Longest first. Time runs from one record to the next; what ran before the first switch is `UNTOLD`."""
    seconds: defaultdict[str, float] = defaultdict(float)
    times: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    running, since = None, None
    for record in records:
        if running is not None and since is not None:
            seconds[running] += max(0.0, (record.time - since).total_seconds())
        now = _runs_after(record)
        if now is not None:
            running = now
            times[now] += 1
            reasons.setdefault(now, Counter())[_name(record.reason) if record.event == "switch" else record.event] += 1
        since = record.time
    total = sum(seconds.values())
    return tuple(
        RungSummary(
            name=name,
            times=times[name],
            seconds=round(seconds[name], 3),
            share=seconds[name] / total if total else 0.0,
            reasons=dict(reasons[name].most_common()),
        )
        for name in sorted(times, key=lambda each: (-seconds[each], each))
    )


def reasons_text(summary: RungSummary) -> str:
    """The most frequent ones."""
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in list(summary.reasons.items())[:4])


def share_text(summary: RungSummary) -> str:
    return percent(summary.share)


def _runs_after(record: AuditRecord) -> str | None:
    """None where the record changes nothing of what runs."""
    if record.event in ("switch", "alarm"):
        return record.to
    if record.event == "policy" and record.to != record.from_:
        return "exact" if record.to == "exact" else UNTOLD
    if record.event == "override" and record.to == "as the policy says":
        return UNTOLD
    if record.event == "override" and record.to.startswith(("rung ", "exact")):
        return record.to  # other things that people do, such as trusting a key, change nothing of what runs
    return None


def _policy(record: AuditRecord, evidence: str) -> str:
    if record.reason.startswith("on trial"):
        return f"{record.to} came in place of {record.from_}: {record.reason}"
    if record.reason.startswith("kept"):
        return f"{record.to} is kept: its trial is passed{evidence}"
    if record.reason.startswith("refused"):
        return f"a policy was {record.reason}; {record.to} goes on"
    return f"from {record.from_} to {record.to}: {record.reason}"


def _name(reason: str) -> str:
    """A reason by its name, where the phone wrote its number."""
    match = _BY_NUMBER.match(reason)
    if match is None:
        return reason
    names: Sequence[str] = _NAMES if match[1] == "reason" else _ALARM_NAMES
    number = int(match[2])
    return names[number] if number < len(names) else reason


def _reason(name: str, evidence: float | None) -> str:
    known = {str(key): words for key, words in _REASONS.items()}.get(name)
    if known is None:
        return name if evidence is None else f"{name} ({_number(evidence)})"
    return known.format("unknown" if evidence is None else _number(evidence))


def _number(value: float) -> str:
    return f"{value:.4g}"
