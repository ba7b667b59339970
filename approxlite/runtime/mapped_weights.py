"""Calibrated weights as the engine maps them into memory."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, MutableMapping

from approxlite.formats.errors import FormatError
from approxlite.formats.weights_file import WeightsFile
from approxlite.runtime.library import library

_ERROR_BYTES = 512


class MappedWeights:
    """Owns a native mapping; ladders that use it keep what they need."""

    def __init__(self, file: WeightsFile) -> None:
        """Raises FormatError."""
        self._native = library()
        handle, error = ctypes.c_void_p(), ctypes.create_string_buffer(_ERROR_BYTES)
        status = self._native.approx_weights_open(
            os.fsencode(file.path), file.offset, file.size, ctypes.byref(handle), error, _ERROR_BYTES
        )
        if status != 0:
            raise FormatError(error.value.decode(errors="replace") or f"{file.path}: cannot be mapped")
        self.handle = handle.value

    def __del__(self) -> None:
        if getattr(self, "handle", None) is not None:
            self._native.approx_weights_close(self.handle)


def map_weights(
    file: WeightsFile, before: Mapping[object, MappedWeights], now: MutableMapping[object, MappedWeights]
) -> int | None:
    """The handle of the file's mapping, put into `now`: one from `before` if the file is still the same, so that the
    engine knows its weights again. Raises FormatError."""
    try:
        state = file.path.stat()
    except OSError as problem:
        raise FormatError(f"{file.path}: cannot be read ({problem.strerror})") from None
    key = (file, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
    if key not in now:
        now[key] = before[key] if key in before else MappedWeights(file)
    return now[key].handle
