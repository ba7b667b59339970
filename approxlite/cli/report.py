"""`approxlite report`: the page about a folder of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import print_line
from approxlite.report.collect import write_report

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `approxlite optimize` wrote.")]


def report(folder: Folder, json: options.Json = False) -> None:
    """Write report.html, one page without network, and its machine-readable twin report.json.

    Example: `approxlite report runs/first`
    """
    page = write_report(folder)
    if json:
        print_line(page.with_suffix(".json").read_text("utf-8"))
    else:
        print_line(f"written: {page}")
