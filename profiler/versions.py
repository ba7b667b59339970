"""Which versions of what computed a number."""

from __future__ import annotations

from importlib import metadata

import approxlite
from approxlite.runtime.library import numerics_version


def versions() -> dict[str, str]:
    """Name to version: this package, the bits its kernels compute, and the stock runtimes that are installed."""
    found = {"approxlite": approxlite.__version__, "numerics": str(numerics_version())}
    for package in ("ai-edge-litert", "tflite-runtime", "tensorflow", "numpy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
