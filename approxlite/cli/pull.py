"""`approxlite pull`: what devices did and told, into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.fleet.keeping import Pulled, device_folder, pull_each
from approxlite.formats.document import Document
from approxlite.formats.errors import DeviceError, GuardError
from approxlite.profiler.devices import adb

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="A folder for all devices; more is added to it.")]


class PulledDevices(Document):
    """The answer of `approxlite pull --json`."""

    devices: tuple[Pulled, ...]


def pull(
    out: Out, device: options.Devices = None, all_: options.AllDevices = False, json: options.Json = False
) -> None:
    """Add what devices did since the last pull: audit log, status with canaries, guard states, policies, measurements.

    Nothing is pulled twice and nothing that was pulled is changed. The audit log's chain is verified, also against
    where it ended the last time. Exits with 5 where it was tampered with, 3 where a device does not answer.

    Example: `approxlite pull --all --out fleet`
    """
    pulled = pull_each(options.serials(device, all_), adb.reached, out)
    if json:
        print_json(PulledDevices(devices=tuple(pulled)))
    else:
        head = ("device", "audit records", "kept", "status", "guard state", "measured rows", "")
        print_table(head, [_row(each) for each in pulled], numbers=(1, 2, 5))
        for each in pulled:
            for problem in each.problems:
                print_line(f"{each.serial}: line {problem.line} of its log {problem.what}")
        print_line(f"in {', '.join(str(device_folder(out, each.serial)) for each in pulled)}")
    if any(each.problems for each in pulled):
        raise typer.Exit(GuardError.exit_code)
    if any(each.problem is not None for each in pulled):
        raise typer.Exit(DeviceError.exit_code)


def _row(each: Pulled) -> tuple[str, ...]:
    if each.problem is not None:
        return (each.serial, "", "", "", "", "", each.problem)
    new = {True: "new", False: "as before"}
    return (
        each.serial,
        f"+{each.records}",
        str(each.kept),
        new[each.new_status],
        new[each.new_guard],
        f"+{each.rows}",
        each.began,
    )
