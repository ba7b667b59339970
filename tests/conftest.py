"""What tests of all parts share: the bundled models and data, and the larger collection where it is at hand."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
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
# its own for them, begun first. Those of the service share one app.
TOGETHER = {
    "devices": ("agent", "farm", "fleet", "profiler", "cli/test_devices", "android"),
    "service": ("service",),
}


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around xdist, which looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Which tests have to share a process where there are several; the rest of a file's tests share its fixtures."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            file = item.path.relative_to(REPOSITORY / "tests").as_posix()
            group = next((name for name, starts in TOGETHER.items() if file.startswith(starts)), file)
            item.add_marker(pytest.mark.xdist_group(group))
    yield
    if config.getoption("loadgroup", False) and any("@" not in item.nodeid for item in items):
        raise pytest.UsageError("xdist and this pytest do not keep tests of a group together; see pyproject.toml")


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
