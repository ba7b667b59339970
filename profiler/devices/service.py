"""The ApproxLite service on a device: what it says, what it is given, what it is told to do.

All of it goes through Android's `content` command and the service's provider, as its README says. Everything that comes
back is taken for anybody's text: bounded, parsed, and refused with a typed fault where it is not what it should be.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import shlex
from contextlib import suppress
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from approxlite.formats.document import JournalRow, parse_document
from approxlite.formats.errors import DeviceError
from approxlite.formats.service_status import ServiceStatus, Word, parse_status
from approxlite.profiler.devices import content
from approxlite.profiler.devices.describe import FOLDER
from approxlite.profiler.devices.faults import (
    DeviceRefusedError,
    ServiceFailedError,
    ServiceMissingError,
)
from approxlite.profiler.devices.link import COMMAND_S, Link, checked

PACKAGE = "dev.approxlite.service"
EXTERNAL_FILES = f"/sdcard/Android/data/{PACKAGE}/files"
"""The folder that the shell and the app share."""
_ADDRESS = "content://dev.approxlite.control"
_OUTCOME_S = 75.0
"""The service itself waits a minute until it has tried what came in."""
PIECE_BYTES = 32 * 1024
"""As base64 within the 64 KiB that one command of adb may have."""
MAX_READ_BYTES = 16 * 1024 * 1024

Kind = Literal["policy", "model", "key"]
_Answer = TypeVar("_Answer", bound=JournalRow)


class Outcome(JournalRow):
    """What became of something that was given. pending: not looked at yet. unknown: nothing of it came in, as far as
    the service remembers. reason: by `PolicyException.Reason`; message: one line."""

    outcome: Literal["installed", "refused", "failed", "pending", "unknown"]
    reason: Word | None = None
    message: Word = ""
    sequence: Annotated[int, Field(ge=0)] | None = None

    @property
    def why(self) -> str:
        """One line for a person."""
        return ": ".join(filter(None, (self.reason, " ".join(self.message.split()))))


class ContentCannotError(ServiceFailedError):
    """This Android's `content` has no such verb."""


class PolicyChangedError(ServiceFailedError):
    """Another policy is followed than the one that was meant; nothing was done."""


class _Refusal(JournalRow):
    """reason: by `ServiceException.Reason`, where it has one."""

    error: Word
    reason: Word | None = None


class Service:
    """The service of one device. Belongs to one thread at a time, as its link does.

    Every call raises ServiceMissingError, ServiceFailedError, or a fault of the link.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def serial(self) -> str:
        return self._link.serial

    def status(self) -> ServiceStatus:
        """Asked now."""
        text = self._asked(f"content query --uri {_ADDRESS}/status")
        return self._status(content.row_json(text), text)

    def give(self, kind: Kind, what: bytes) -> Outcome:
        """Hands over a policy, a model or a public key, and waits until the service has taken or refused it."""
        sha256 = hashlib.sha256(what).hexdigest()
        file = f"{FOLDER}/push/{sha256}"
        checked(self._link, f"mkdir -p {FOLDER}/push")
        self._link.push(what, file)
        try:
            try:
                self._asked(f"content write --uri {_ADDRESS}/{kind}/{sha256} < {file}")
                return self.outcome(sha256)
            except ContentCannotError:
                text = self._given_in_pieces(f"{kind}/{sha256}", what)
                return self._parsed(Outcome, content.result_json(text), text)
        finally:
            self._remove(file)

    def outcome(self, sha256: str) -> Outcome:
        """Of what was given by that hash; the service waits up to a minute for what it still tries."""
        text = self._asked(self._call("outcome", sha256), timeout_s=_OUTCOME_S)
        return self._parsed(Outcome, content.result_json(text), text)

    def _given_in_pieces(self, name: str, what: bytes) -> str:
        """By calls, which Android 8.1's `content` has; what the service printed of what became of it."""
        for offset in range(0, len(what), PIECE_BYTES):
            piece = base64.b64encode(what[offset : offset + PIECE_BYTES]).decode()
            text = self._asked(self._call("append", f"{name}/{offset}/{piece}"))
            self._refused("append", content.result_json(text), text)
        text = self._asked(self._call("take", name), timeout_s=_OUTCOME_S)
        self._refused("take", content.result_json(text), text)
        return text

    def roll_back(self, policy_sha256: str | None = None) -> ServiceStatus:
        """To the policy before, which the phone keeps. What runs now.

        policy_sha256: the one that is meant, else whatever is followed. Raises PolicyChangedError where another is.
        """
        return self._told("rollback", policy_sha256)

    def pin(self, rung: str) -> ServiceStatus:
        """A rung's number, "exact", or "auto" for what the policy says."""
        return self._told("pin", rung)

    def audit(self, first: int = 0) -> bytes:
        """The audit log from that record on, byte for byte; the phone keeps the last mebibyte or two of it."""
        return self.read(f"audit/{first}" if first else "audit")

    def read(self, path: str) -> bytes:
        """What the provider shows under `path`, byte for byte. Over a file: shells change bytes on their way."""
        file = f"{FOLDER}/read-{secrets.token_hex(8)}"
        uri = shlex.quote(f"{_ADDRESS}/{path}")
        try:
            self._asked(
                f"mkdir -p {FOLDER}; {{ content read --uri {uri} | head -c {MAX_READ_BYTES + 1} > {file}; }} 2>&1"
            )
            found = self._link.pull(file)
        finally:
            self._remove(file)
        if len(found) > MAX_READ_BYTES:
            raise ServiceFailedError(f"{self.serial}: /{path} is larger than {MAX_READ_BYTES} bytes; not read")
        return found

    def _remove(self, file: str) -> None:
        with suppress(DeviceError):  # of a device that is gone; the next one of this name takes its place
            self._link.run(f"rm -f {file}")

    def _told(self, method: str, argument: str | None = None) -> ServiceStatus:
        text = self._asked(self._call(method, argument), timeout_s=_OUTCOME_S)
        found = content.result_json(text)
        self._refused(method, found, text)
        return self._status(found, text)

    def _refused(self, method: str, found: str | None, text: str) -> None:
        if found is not None and found.startswith('{"error"'):
            refusal = self._parsed(_Refusal, found, text)
            kind = PolicyChangedError if refusal.reason == "POLICY_CHANGED" else ServiceFailedError
            raise kind(f"{self.serial}: {method}: {' '.join(refusal.error.split())[:300]}")

    @staticmethod
    def _call(method: str, argument: str | None) -> str:
        more = "" if argument is None else f" --arg {shlex.quote(argument)}"
        return f"content call --uri {_ADDRESS} --method {method}{more}"

    def _asked(self, command: str, *, timeout_s: float = COMMAND_S) -> str:
        completed = self._link.run(command, timeout_s=timeout_s)
        failed = content.failure(completed.output)
        if failed is None:
            return completed.output
        if failed.missing:
            raise ServiceMissingError(
                f"{self.serial}: the ApproxLite service does not answer ({failed.message}); install its APK, "
                "and see `approxlite doctor --device`"
            )
        if failed.unsupported:
            raise ContentCannotError(f"{self.serial}: its `content` is older than this ({failed.message})")
        kind = DeviceRefusedError if failed.thrown == "SecurityException" else ServiceFailedError
        said = failed.message or failed.thrown or "no reason given"
        raise kind(f"{self.serial}: the service refuses: {said}")

    def _status(self, found: str | None, text: str) -> ServiceStatus:
        if found is None:
            raise self._unreadable(text)
        return parse_status(found, f"{self.serial}: its status", ServiceFailedError)

    def _parsed(self, kind: type[_Answer], found: str | None, text: str) -> _Answer:
        if found is None:
            raise self._unreadable(text)
        return parse_document(kind, found, f"{self.serial}: its answer", ServiceFailedError)

    def _unreadable(self, text: str) -> ServiceFailedError:
        said = " ".join(text.split())[:120] or "nothing"
        return ServiceFailedError(f"{self.serial}: no answer of the service's ({said}); is its version this one's?")
