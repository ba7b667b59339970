"""`approxlite doctor`: whether this installation, or a device, works, and what it can measure."""

from __future__ import annotations

from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.cli.diagnosis import diagnose
from approxlite.fleet.diagnosis import Diagnosis, diagnose_device, unreachable
from approxlite.formats.errors import DeviceError
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.faults import NoSuchDeviceError
from approxlite.runtime.library import numerics_version

UNHEALTHY = 3

OneDevice = Annotated[
    str | None, typer.Option("--device", metavar="SERIAL", help="Check this device instead of this computer.")
]


def doctor(device: OneDevice = None, json: options.Json = False) -> None:
    """Check processor, kernels, runtimes and energy source, and compare exact with stock on a tiny model.

    With --device: whether a phone can run the service and its policies, and what to do where it cannot. Exits with 3
    when something is broken.

    Example: `approxlite doctor --device SERIAL`
    """
    diagnosis = diagnose() if device is None else _of_device(device)
    if json:
        print_json(diagnosis)
    else:
        marks = {True: "ok", False: "BROKEN", None: ""}
        rows = [(check.name, marks[check.ok], check.found) for check in diagnosis.checks]
        print_table(("", "", ""), rows)
        for check in diagnosis.checks:
            if check.remedy:
                print_line(f"{check.name}: {check.remedy}")
        print_line("everything works" if diagnosis.healthy else "something is broken, see above")
    if not diagnosis.healthy:
        raise typer.Exit(UNHEALTHY)


def _of_device(serial: str) -> Diagnosis:
    try:
        return diagnose_device(adb.device(serial), numerics_version())
    except NoSuchDeviceError:
        raise  # a name that adb does not know is no device to diagnose
    except DeviceError as fault:
        return unreachable(serial, fault)
