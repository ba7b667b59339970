"""A device of the farm with the service app on it, for the tests of this folder; a named skip where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from approxlite.profiler.devices import adb
from farm.farm import Farm, FarmDevice, FarmUnavailableError, fetch_packages
from farm.personalities import WITH_SERVICE
from farm.service_app import ServiceApp


@pytest.fixture(scope="session")
def _service_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceApp]:
    """Started, on a device that adb knows; tests of the command line take both from the environment."""
    try:
        farm = Farm(tmp_path_factory.mktemp("farm"), fetch_packages(), [WITH_SERVICE])
        farm.start()
    except FarmUnavailableError as reason:
        pytest.skip(f"needs a farm of adb devices: {reason}")
    try:
        app = ServiceApp(farm.devices[0], tmp_path_factory.mktemp("app"))
        app.start()
    except FarmUnavailableError as reason:
        farm.close()
        pytest.skip(f"needs the service app on this computer: {reason}")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("HOST", "PORT"):
            environment.setenv(f"ANDROID_ADB_SERVER_{name}", farm.environment[f"ANDROID_ADB_SERVER_{name}"])
        try:
            yield app
        finally:
            app.kill()
            farm.close()


@pytest.fixture(scope="module")
def service_app(_service_app: ServiceApp) -> ServiceApp:
    """The same for all, but each file of tests finds it as on the first day."""
    _service_app.forget()
    return _service_app


@pytest.fixture
def shell(service_app: ServiceApp) -> Callable[[str], str]:
    """Runs a command on the device, over adb; what it prints."""
    return lambda command: adb.reached(service_app.device.serial).run(command).output


@pytest.fixture
def device(service_app: ServiceApp) -> FarmDevice:
    return service_app.device
