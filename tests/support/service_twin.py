"""A phone with the service on it, as far as the desk can tell: a link that answers `content` as a phone does."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from approxlite.formats.audit import BEGINNING
from approxlite.profiler.devices.faults import DeviceLostError
from approxlite.profiler.devices.link import COMMAND_S, Completed

ADDRESS = "content://dev.approxlite.control"
START = datetime(2026, 1, 2, tzinfo=UTC)


def audit_line(
    sequence: int, before: str, event: str, source: str, to: str, reason: str, evidence: float | None
) -> str:
    """As `AuditLog.java` writes it, without its line end."""
    record = {
        "sequence": sequence, "time": (START + timedelta(seconds=sequence)).isoformat().replace("+00:00", "Z"),
        "event": event, "from": source, "to": to, "reason": reason, "evidence": evidence, "previous_sha256": before,
    }  # fmt: skip
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def audit_log(records: int, first: int = 0, before: str = BEGINNING) -> bytes:
    """A log of switches, with an alarm now and then."""
    lines = []
    for number in range(first, first + records):
        event, to, reason = (
            ("alarm", "exact", "alarm constant") if number % 7 == 6 else ("switch", "candidate 1", "stable")
        )
        lines.append(
            audit_line(number, before, event, f"candidate {number % 3}", to, reason, None if number % 2 else 0.5)
        )
        before = hashlib.sha256(lines[-1].encode()).hexdigest()
    return "".join(f"{line}\n" for line in lines).encode()


@dataclass
class ServiceTwin:
    """A link. refuses: why, by what is given. fails: how often it is not taken, and is not refused, by what is given;
    lost: every call fails. writes: whether its `content`
    can, as from Android 9 on. on_policy: told once a policy is followed. on_status: told once the desk has looked.
    tries: for so many looks at the outcome of a policy it is still tried."""

    serial: str = "PHONE1"
    refuses: dict[str, tuple[str, str]] = field(default_factory=dict)
    fails: dict[str, int] = field(default_factory=dict)
    lost: bool = False
    missing: bool = False
    keeps_previous: bool = True
    on_policy: Callable[[ServiceTwin], None] | None = None
    on_status: Callable[[ServiceTwin], None] | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: list[tuple[int, str]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    writes: bool = True
    pieces: dict[str, bytes] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    tries: int = 0
    tried: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = {
            "version": 1, "package_version": "0.1.0", "numerics_version": 2, "kernel_variant": "neon_dotprod",
            "sequence": None, "policy_sha256": None, "on_trial": False, "highest_sequence": -1, "store_damaged": False,
            "trial_answers": 0, "trial_needs": 200, "models": [], "keys": [], "rung": None, "candidate": None,
            "chosen": None, "reason": None, "evidence": None, "latency_ms": None, "rungs": [], "exact_rung": None,
            "pinned": None, "guard": None, "alarm": 0, "sessions": 1, "waiting": 0, "answered": 0, "failed": 0,
            "engine_deaths": 0, "refused": 0, "battery": 0.64, "charging": 0, "thermal_status": 0,
            "thermal_headroom": None, "power_save": False, "problem": "", **self.state,
        }  # fmt: skip

    # What happens on the phone.

    def audit(self, event: str, source: str, to: str, reason: str, evidence: float | None = None) -> None:
        before = hashlib.sha256(self.log[-1].encode()).hexdigest() if self.log else BEGINNING
        self.log.append(audit_line(len(self.log), before, event, source, to, reason, evidence))

    def answer(self, count: int) -> None:
        """Apps ask; a policy on trial is kept once it answered enough."""
        self.state["trial_answers"] += count
        self.state["answered"] += count
        if self.state["on_trial"] and self.state["trial_answers"] >= self.state["trial_needs"]:
            self.state["on_trial"] = False
            name = self._name()
            self.audit("policy", name, name, "kept: trial passed", self.state["trial_answers"])

    def alarm(self, name: str = "disagreement") -> None:
        self.audit("alarm", self._name(), "exact", f"alarm {name}", 1.0)
        if self.state["on_trial"]:
            self.roll_back("canaries alarmed on trial")
        else:
            self.state |= {"alarm": 1, "guard": {"alarm": name, "answers": 300, "canaries": 9, "disagreements": 5}}

    def roll_back(self, why: str) -> None:
        before = self._name()
        if self.state["on_trial"] or self.keeps_previous:
            self.policies = self.policies[:-1]
        self._follow(on_trial=False)
        self.audit("policy", before, self._name(), f"rolled back: {why}")

    # What the desk sees.

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        del timeout_s
        self.commands.append(command)
        if self.lost:
            raise DeviceLostError(f"{self.serial}: lost while it ran `{command[:60]}`; it can be resumed")
        if match := re.match(r"rm -f (\S+)$", command):
            self.files.pop(match[1], None)
            return Completed("", 0)
        if "content " not in command:
            return Completed("", 0)
        if self.missing:
            where = "dev.approxlite.control"
            return Completed(
                f"Error while accessing provider:{where}\njava.lang.IllegalStateException: Could not find provider: "
                f"{where}\n\tat com.android.commands.content.Content$Command.execute(Content.java:519)\n", 0
            )  # fmt: skip
        return Completed(self._content(command), 0)

    def push(self, content: bytes, target: str, *, mode: int = 0o644) -> None:
        del mode
        if self.lost:
            raise DeviceLostError(f"{self.serial}: lost while writing {target}")
        self.files[target] = content

    def pull(self, source: str, *, offset: int = 0) -> bytes:
        if self.lost:
            raise DeviceLostError(f"{self.serial}: lost while reading {source}")
        return self.files[source][offset:]

    def _content(self, command: str) -> str:
        if f"content query --uri {ADDRESS}/status" in command:
            seen = json.dumps(self.state)
            if self.on_status is not None:
                self.on_status(self)
            return f"Row: 0 json={seen}\n"
        if match := re.search(rf"content read --uri {ADDRESS}/(\S+) \| head -c \d+ > (\S+);", command):
            return self._read(match[1], match[2])
        if match := re.match(rf"content write --uri {ADDRESS}/(\w+)/([0-9a-f]{{64}}) < (\S+)$", command):
            if not self.writes:
                return "[ERROR] Unsupported operation: write\nusage: adb shell content [subcommand] [options]\n"
            self._take(match[1], match[2], self.files[match[3]])
            return ""
        if match := re.match(rf"content call --uri {ADDRESS} --method (\w+)(?: --arg (\S+))?$", command):
            return f"Result: Bundle[{{json={json.dumps(self._call(match[1], match[2]))}}}]\n"
        raise AssertionError(f"no phone understands `{command}`")

    def _read(self, path: str, file: str) -> str:
        if not path.startswith("audit"):
            return (
                "Error while accessing provider:dev.approxlite.control\n"
                f"java.io.FileNotFoundException: {ADDRESS}/{path} cannot be opened with mode r\n"
            )
        first = int(path.partition("/")[2] or 0)
        self.files[file] = "".join(f"{line}\n" for line in self.log[first:]).encode()
        return ""

    def _call(self, method: str, argument: str | None) -> dict[str, Any]:
        if method == "outcome":
            return self._outcome(str(argument))
        if method == "append":
            kind, sha256, offset, piece = str(argument).split("/", 3)
            name = f"{kind}/{sha256}"
            self.pieces[name] = self.pieces.get(name, b"")[: int(offset)] + base64.b64decode(piece, validate=True)
            return {"bytes": len(self.pieces[name])}
        if method == "take":
            kind, sha256 = str(argument).split("/")
            self._take(kind, sha256, self.pieces.pop(str(argument)))
            return self._outcome(sha256)
        if method == "rollback":
            if argument not in (None, self.state["policy_sha256"]):
                return {"error": "another policy is followed by now; look again", "reason": "POLICY_CHANGED"}
            if not self.policies:
                return {"error": "there is no policy to go back from"}
            self.roll_back("asked by uid 2000")
        if method == "pin":
            self.state["pinned"] = {"auto": None, "exact": 0}.get(str(argument), argument)
        return self.state

    def _outcome(self, sha256: str) -> dict[str, Any]:
        if sha256 in self.tried and self.tries > 0:
            self.tries -= 1
            return {"outcome": "pending", "reason": None, "message": "it is not whole yet", "sequence": None}
        if sha256 in self.tried:
            self._take("policy", sha256, self.tried.pop(sha256))
        unknown = {"outcome": "unknown", "reason": None, "message": "", "sequence": None}
        return self.outcomes.get(sha256, unknown)

    def _take(self, kind: str, sha256: str, content: bytes) -> None:
        assert hashlib.sha256(content).hexdigest() == sha256
        assert sha256 not in self.tried, "handed over again while it is tried"
        if kind == "policy" and self.tries > 0:
            self.tried[sha256] = content
            return
        outcome: dict[str, Any] = {"outcome": "installed", "reason": None, "message": "", "sequence": None}
        if self.fails.get(kind, 0) > 0:
            self.fails[kind] -= 1
            outcome |= {"outcome": "failed", "message": "it could not be tried now: the engine's process died"}
        elif kind in self.refuses:
            reason, message = self.refuses[kind]
            outcome |= {"outcome": "refused", "reason": reason, "message": message}
            self.audit("policy", self._name(), self._name(), f"refused from uid 2000: {reason}, {message}")
        elif kind == "policy":
            sequence = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("policy.json"))["sequence"]
            outcome |= self._install(sequence, sha256)
        else:
            self.state[f"{kind}s"].append(sha256)
        self.outcomes[sha256] = outcome
        if kind == "policy" and outcome["outcome"] == "installed" and self.on_policy is not None:
            self.on_policy(self)

    def _install(self, sequence: int, sha256: str) -> dict[str, Any]:
        if sequence <= self.state["highest_sequence"]:
            message = f"has sequence {sequence}, but {self.state['highest_sequence']} was here before"
            self.audit("policy", self._name(), self._name(), f"refused from uid 2000: REPLAYED, {message}")
            return {"outcome": "refused", "reason": "REPLAYED", "message": message}
        before = self._name()
        self.policies.append((sequence, sha256))
        self.state["highest_sequence"] = sequence
        self._follow(on_trial=True)
        self.audit("policy", before, self._name(), "on trial, from uid 2000")
        return {"sequence": sequence}

    def _follow(self, *, on_trial: bool) -> None:
        sequence, sha256 = self.policies[-1] if self.policies else (None, None)
        self.state |= {
            "sequence": sequence, "policy_sha256": sha256, "on_trial": on_trial and sequence is not None,
            "trial_answers": 0, "alarm": 0, "guard": None,
        }  # fmt: skip

    def _name(self) -> str:
        sequence, sha256 = self.state["sequence"], self.state["policy_sha256"]
        return "exact" if sha256 is None else f"policy {sequence} {sha256[:16]}"
