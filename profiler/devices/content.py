"""What Android's `content` command prints, as values. Pure functions over anybody's text, in time linear in it.

`content` ends with status 0 even when the provider threw; then its second line names the exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARACTERS = 4 * 1024 * 1024
_MESSAGE = 300

_ROW = re.compile(r"^Row: [0-9]{1,9} json=(\{.*\})$")
_RESULT = re.compile(r"^Result: Bundle\[\{json=(\{.*\})\}\]$")
_FAILED = "Error while accessing provider"
_THROWN = re.compile(r"^((?:[A-Za-z_$][\w$]{0,63}\.){1,12}[A-Z][\w$]{0,63}): ?(.*)$")
_MISSING = re.compile(r"(?:^|[:\s])content: (?:inaccessible or )?not found")


@dataclass(frozen=True)
class Failure:
    """Why a command did nothing. thrown: the exception's class without its package; "" where `content` failed."""

    thrown: str
    message: str

    @property
    def missing(self) -> bool:
        """Whether there is no such provider, so the app is not installed, or no `content` at all."""
        return "Could not find provider" in self.message or (self.thrown == "" and "no Android" in self.message)

    @property
    def unsupported(self) -> bool:
        """Whether this `content` is older than its verb, as Android 8.1's, which cannot write."""
        return self.thrown == "" and "Unsupported operation" in self.message


def row_json(text: str) -> str | None:
    """The JSON object of the only row of a query; None where there is none."""
    return _found(_ROW, text)


def result_json(text: str) -> str | None:
    """The JSON object that a call returned; None where there is none."""
    return _found(_RESULT, text)


def failure(text: str) -> Failure | None:
    """What went wrong, None where nothing says that something did."""
    lines = _lines(text)
    for number, line in enumerate(lines):
        if _FAILED in line:
            thrown = next((match for match in map(_THROWN.match, lines[number + 1 : number + 40]) if match), None)
            if thrown is None:
                return Failure("", _short(" ".join(lines[number : number + 2])))
            return Failure(thrown[1].rpartition(".")[2], _short(thrown[2]))
        if line.startswith("[ERROR]"):
            return Failure("", _short(line))
        if _MISSING.search(line):
            return Failure("", f"no Android on this device ({_short(line)})")
    return None


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    return next((match[1] for match in map(pattern.match, _lines(text)) if match), None)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text[:MAX_CHARACTERS].replace("\r", "\n").split("\n")]


def _short(text: str) -> str:
    return " ".join(text.split())[:_MESSAGE]
