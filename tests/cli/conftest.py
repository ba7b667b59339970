"""A tiny model and data for it, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from approxlite.cli.main import app
from approxlite.cli.tiny_model import INPUT, tiny_model
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.faults import NoSuchDeviceError
from support.service_twin import ServiceTwin


@dataclass(frozen=True)
class Ran:
    """Exit code and what was printed."""

    code: int
    stdout: str
    stderr: str


Approxlite = Callable[..., Ran]


@pytest.fixture
def approxlite() -> Approxlite:
    """`approxlite("inspect", model)`; an exception that is not turned into a line fails the test."""

    def run(*arguments: object) -> Ran:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session", autouse=True)
def busy_machine() -> Iterator[None]:
    """These tests are about the command line: a busy machine, whose timings are refused, must not fail them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("approxlite.profiler.profile.UNSTABLE", float("inf"))
        patch.setattr("approxlite.policy.turns.UNSTABLE", float("inf"))
        yield


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "tiny.tflite"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 samples with labels."""
    path = tmp_path_factory.mktemp("data") / "data.npz"
    random = np.random.default_rng(1)
    np.savez(path, x=random.standard_normal((240, *INPUT[1:])).astype(np.float32), y=random.integers(0, 4, 240))
    return path


@pytest.fixture(scope="session")
def made(model: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `optimize` filled for the tiny model; tests only read it."""
    folder = tmp_path_factory.mktemp("made")
    arguments = ["optimize", model, "--data", data, "--out", folder, "--seconds", "1", "--epsilon", "0.1"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> dict[str, ServiceTwin]:
    """Phones by serial that adb sees from now on; tests put them in."""
    there: dict[str, ServiceTwin] = {}

    def device(serial: str | None, *_: object) -> ServiceTwin:
        if serial is None and len(there) == 1:
            return next(iter(there.values()))
        if serial not in there:
            raise NoSuchDeviceError(f"no device '{serial}'; adb sees {', '.join(there)}")
        return there[serial]

    monkeypatch.setattr(adb, "listed", lambda *_: dict.fromkeys(there, "device"))
    monkeypatch.setattr(adb, "device", device)
    monkeypatch.setattr(adb, "reached", device)
    return there
