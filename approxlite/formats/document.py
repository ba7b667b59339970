"""What all our JSON formats share: a strict base model, atomic save, and errors of one line."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from approxlite.formats.errors import ApproxError, FormatError, one_line

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024


class Document(BaseModel):
    """Immutable; unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class JournalRow(BaseModel):
    """Immutable; fields of a newer version are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


_Model = TypeVar("_Model", bound=BaseModel)


def now() -> datetime:
    """The present time in UTC, to the millisecond."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def parse_document(
    kind: type[_Model], content: bytes | str, where: str, error: type[ApproxError] = FormatError
) -> _Model:
    """`content` as a `kind`; anything wrong raises `error` with one line that begins with `where`."""
    try:
        return kind.model_validate_json(content, strict=True)
    except ValidationError as problem:
        raise error(f"{where}: {first_problem(problem)}") from None
    except (ValueError, RecursionError) as problem:
        raise error(f"{where}: {one_line(problem)}") from None


def first_problem(problem: ValidationError) -> str:
    """The first thing pydantic found, as "field: what", and how many more there are."""
    first, *others = problem.errors(include_url=False, include_context=False, include_input=False)
    field = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(others)} more)" if others else ""
    return " ".join(f"{field + ': ' if field else ''}{first['msg']}{more}".split())


def read_bytes(path: str | os.PathLike[str], error: type[ApproxError], limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The whole file; missing, unreadable or larger than `limit` bytes raises `error`."""
    where = os.fspath(path)
    try:
        with open(path, "rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        raise error(f"{where}: no such file") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or one_line(problem)
        raise error(f"{where}: cannot be read ({reason})") from None
    if len(content) > limit:
        raise error(f"{where}: larger than the {limit} bytes that are allowed")
    return content


def save_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Replaces the file in one step: readers, and a crash at any moment, see the old content or the new.

    Raises FormatError when the folder cannot be written, or when what stands there is no file, such as /dev/null.
    """
    target = Path(path)
    temporary: str | None = None
    make_folder(target.parent)
    if target.exists() and not target.is_file():
        raise FormatError(f"{target}: cannot be written (it is there and is no ordinary file)")
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as problem:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise FormatError(f"{target}: cannot be written ({problem.strerror or problem})") from None


def make_folder(folder: Path) -> None:
    """And those above it; raises FormatError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        reason = "there is a file" if isinstance(problem, FileExistsError) else problem.strerror or problem
        raise FormatError(f"{folder}: cannot be written (no folder can be made there: {reason})") from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
