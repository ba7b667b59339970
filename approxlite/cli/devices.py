"""`approxlite devices`: what adb sees, what each device is, and what can be measured on it."""

from __future__ import annotations

from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.formats.document import Document
from approxlite.formats.errors import ApproxError
from approxlite.profiler.campaign.settings import restore_leftovers
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.describe import FOLDER, Description, describe

Restore = Annotated[
    bool, typer.Option("--restore", help="Put back settings that a campaign left, whose desk and device both died.")
]


class SeenDevice(Document):
    """state: adb's word. problem: why it cannot be used, and the remedy. restored: campaigns undone by this call."""

    serial: str
    state: str
    description: Description | None
    problem: str | None
    restored: tuple[str, ...] = ()


class SeenDevices(Document):
    """The answer of `approxlite devices --json`."""

    devices: tuple[SeenDevice, ...]


def devices(restore: Restore = False, json: options.Json = False) -> None:
    """List the devices that adb sees, what they are and what can be measured on them.

    Example: `approxlite devices`
    """
    seen = SeenDevices(devices=tuple(_seen(serial, state, restore) for serial, state in sorted(adb.listed().items())))
    if json:
        print_json(seen)
        return
    if not seen.devices:
        print_line("no device; connect one and turn on USB debugging")
        return
    rows = [(each.serial, each.state, *_words(each)) for each in seen.devices]
    print_table(("serial", "state", "device", "system", "can tell", ""), rows)


def _seen(serial: str, state: str, restore: bool) -> SeenDevice:
    try:
        link = adb.device(serial)
        description = describe(link)
        restored = restore_leftovers(link, FOLDER) if restore else []
    except ApproxError as problem:
        return SeenDevice(serial=serial, state=state, description=None, problem=str(problem))
    return SeenDevice(
        serial=serial, state=state, description=description, problem=None, restored=tuple(restored)
    )  # fmt: skip


def _words(seen: SeenDevice) -> tuple[str, str, str, str]:
    description = seen.description
    if description is None:
        return ("", "", "", seen.problem or "")
    facilities = description.facilities
    told = {
        "battery": facilities.battery,
        "charge counter": facilities.charge_counter,
        "thermal status": facilities.thermal_status,
        "power rails": facilities.power_stats,
    }
    system = "Linux" if description.android is None else f"Android {description.android[0]}"
    known = ", ".join(name for name, has in told.items() if has)
    more = f"settings restored: {len(seen.restored)}" if seen.restored else ""
    return (f"{description.model}, {description.device.cpu}", f"{system}, {' '.join(description.abis)}", known, more)
