"""A file of lines that is only ever appended to: what was told as written survives whatever dies afterwards."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from approxlite.formats.errors import FormatError


class Journal:
    """Appends whole lines; each is on the disk before `append` returns. One writer, one thread at a time.

    Another process that opens the same journal meanwhile gets a FormatError; a writer that dies leaves no lock behind.
    """

    def __init__(self, path: str | os.PathLike[str], writer: str) -> None:
        """Opens or creates the file and cuts off a torn last line. writer: who else may hold it, such as "campaign".

        Raises FormatError.
        """
        self._path = Path(path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as problem:
            raise self._unwritable(problem) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, _whole_lines(self._file))
        except BlockingIOError:
            os.close(self._file)
            raise FormatError(f"{self._path}: another {writer} is writing it; wait for its end") from None
        except OSError as problem:
            os.close(self._file)
            raise self._unwritable(problem) from None

    def append_lines(self, content: bytes) -> None:
        """Writes whole lines and waits for the disk: all of them, or none and FormatError."""
        before = os.fstat(self._file).st_size
        try:
            while content:
                content = content[os.write(self._file, content) :]
            os.fsync(self._file)
        except OSError as problem:
            os.ftruncate(self._file, before)
            raise self._unwritable(problem) from None

    def _unwritable(self, problem: OSError) -> FormatError:
        return FormatError(f"{self._path}: cannot be written ({problem.strerror})")

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _whole_lines(file: int) -> int:
    """Bytes up to and with the last line end."""
    end = os.lseek(file, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 65536)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
