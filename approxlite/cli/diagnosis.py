"""What `approxlite doctor` finds out about this computer and this installation."""

from __future__ import annotations

from importlib import metadata

import numpy as np

from approxlite.cli.tiny_model import INPUT, tiny_model
from approxlite.fleet.diagnosis import Check, Diagnosis, diagnosis
from approxlite.formats.errors import ApproxError, one_line
from approxlite.profiler.host import ENERGY_REFUSED, cpu_model, operating_system
from approxlite.profiler.versions import versions
from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.library import cpu_features

TOLERANCE = 1e-5
"""Largest absolute difference over the largest absolute output that counts as exact."""

OTHER_RUNTIMES = {"tf.lite": "tensorflow", "tflite_runtime": "tflite-runtime"}


def diagnose() -> Diagnosis:
    """Looks at everything; never raises for what it finds."""
    checks = [
        Check(name="processor", ok=None, found=cpu_model()),
        Check(name="system", ok=None, found=operating_system()),
        *_library(),
        *(_runtime(name, package) for name, package in OTHER_RUNTIMES.items()),
        Check(name="energy source", ok=None, found=f"none: {ENERGY_REFUSED}"),
    ]
    return diagnosis(tuple(checks))


def _library() -> list[Check]:
    try:
        found = versions()
        interpreter = Interpreter(tiny_model())
        interpreter.allocate_tensors()
        return [
            Check(name="library", ok=True, found=f"loads; approxlite {found['approxlite']}"),
            Check(name="processor features", ok=None, found=cpu_features()),
            Check(name="kernel variant", ok=None, found=interpreter.variant),
            Check(name="versions", ok=None, found=", ".join(f"{name} {version}" for name, version in found.items())),
            _self_test(interpreter),
        ]
    except ApproxError as problem:
        return [Check(name="library", ok=False, found=one_line(problem))]


def _self_test(ours: Interpreter) -> Check:
    stock = StockInterpreter(tiny_model())
    stock.allocate_tensors()
    inputs = np.random.default_rng(0).standard_normal((8, *INPUT[1:])).astype(np.float32)
    expected, got = stock.run_many(inputs), ours.run_many(inputs)
    error = float(np.abs(got - expected).max() / np.abs(expected).max())
    missing = [operator.id for operator in ours.what_ran() if operator.ran_by != "approxlite"]
    if missing:
        return Check(name="self-test", ok=False, found=f"the delegate left {', '.join(missing)} to the stock runtime")
    found = f"exact equals stock LiteRT on a tiny model within {error:.1e} of its largest output"
    if not error <= TOLERANCE:
        found = f"exact differs from stock LiteRT by {error:.1e} of the largest output, {TOLERANCE:.0e} is allowed"
    return Check(name="self-test", ok=error <= TOLERANCE, found=found)


def _runtime(name: str, package: str) -> Check:
    try:
        found = f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        found = "not installed; not needed"
    return Check(name=name, ok=None, found=found)
