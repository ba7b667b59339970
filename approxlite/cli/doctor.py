"""`approxlite doctor`: whether this installation works, and what this computer can measure."""

from __future__ import annotations

import typer

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.cli.diagnosis import diagnose

UNHEALTHY = 3


def doctor(json: options.Json = False) -> None:
    """Check processor, kernels, runtimes and energy source, and compare exact with stock on a tiny model.

    Exits with 3 when something is broken.

    Example: `approxlite doctor`
    """
    diagnosis = diagnose()
    if json:
        print_json(diagnosis)
    else:
        marks = {True: "ok", False: "BROKEN", None: ""}
        print_table(("", "", ""), [(check.name, marks[check.ok], check.found) for check in diagnosis.checks])
        print_line("everything works" if diagnosis.healthy else "something is broken, see above")
    if not diagnosis.healthy:
        raise typer.Exit(UNHEALTHY)
