"""Assembles the verbs, and turns every expected failure into one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from approxlite.cli import (
    audit,
    bench,
    certify,
    demo,
    devices,
    doctor,
    evaluate,
    inspect,
    optimize,
    policy,
    profile,
    pull,
    push,
    report,
    simulate,
    tune,
    watch,
)
from approxlite.formats.errors import ApproxError

INTERRUPTED = 130


class OneLineErrors(TyperGroup):
    """A command group that never shows a traceback or a box for something the user can put right."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        asked = list(sys.argv[1:] if args is None else args) or ["--help"]
        more["standalone_mode"] = False
        try:
            code = super().main(asked, *rest, **more)
        except typer.TyperException as error:
            _complain(error.format_message())
            code = 2
        except BrokenPipeError:  # the reader of our output went away, as `| head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ApproxError as error:
            _complain(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            _complain("interrupted; what was measured is kept, run the same command again to resume")
            raise typer.Exit(INTERRUPTED) from error


def _complain(message: str) -> None:
    print(f"approxlite: {' '.join(message.split())}", file=sys.stderr)


app = typer.Typer(
    cls=OneLineErrors,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Approximate a TensorFlow Lite model, measure what that costs and saves, and certify it.",
    epilog="First result: `approxlite optimize model.tflite --data tuning.npz --out runs/first`",
)
app.command("inspect")(inspect.inspect)
app.command("profile")(profile.profile)
app.command("tune")(tune.tune)
app.add_typer(policy.app, name="policy")
app.command("certify")(certify.certify)
app.command("simulate")(simulate.simulate)
app.command("evaluate")(evaluate.evaluate)
app.command("bench")(bench.bench)
app.command("optimize")(optimize.optimize)
app.command("push")(push.push)
app.command("audit")(audit.audit)
app.command("pull")(pull.pull)
app.command("watch")(watch.watch)
app.command("report")(report.report)
app.command("devices")(devices.devices)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


def main() -> None:
    """The `approxlite` command; ends the process with its exit code."""
    app(prog_name="approxlite")
