"""What tests of all parts share: the bundled models and data, and the larger collection where it is at hand."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import pytest

REPOSITORY = Path(__file__).parent.parent
# Python programs that tests start take the installed package, not the sources, which have no native library.
os.environ["PYTHONSAFEPATH"] = "1"
# What a shell starts in the background ignores Ctrl-C, and so would the programs that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the machine's, and no test's business.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

# Tests of devices wait more than they compute, share one build of the farm, and are the longest part: one process of
# its own for them, begun first.
OF_DEVICES = ("agent", "farm", "fleet", "profiler", "cli/test_devices", "android")


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Which tests have to share a process where there are several; the rest of a file's tests share its fixtures."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        file = item.path.relative_to(REPOSITORY / "tests").as_posix()
        group = "devices" if file.startswith(OF_DEVICES) else file
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of the bundled models and data."""
    return REPOSITORY / "examples"


@pytest.fixture(scope="session")
def collection() -> Path:
    """The larger collection of models and data, beside the repository or named by APPROX_DATA; skips without it."""
    folder = Path(os.environ.get("APPROX_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "models.json").is_file():
        pytest.skip(f"needs the larger collection of models and data at {folder}")
    return folder
