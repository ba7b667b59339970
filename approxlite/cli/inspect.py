"""`approxlite inspect`: what a model is made of, and who runs it."""

from __future__ import annotations

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.formats.configuration import ATOMS, EXACT
from approxlite.report.inspection import Inspection, inspect_model
from approxlite.report.text import count, percent


def inspect(model: options.Model, json: options.Json = False) -> None:
    """List a model's operators: shape, work, who runs them, and the knobs they have.

    Example: `approxlite inspect model.tflite`
    """
    inspection = inspect_model(model)
    if json:
        print_json(inspection)
    else:
        _print(inspection)


def _print(inspection: Inspection) -> None:
    work = inspection.multiply_accumulates
    print_line(
        f"{inspection.model}: {inspection.kind} model, {len(inspection.operators)} operators, "
        f"{count(work)} multiply-accumulates"
    )
    rows = [
        (
            operator.id,
            "x".join(str(size) for size in operator.shape),
            count(operator.multiply_accumulates) if operator.multiply_accumulates else "",
            percent(operator.share) if operator.multiply_accumulates else "",
            operator.ran_by + (f" ({operator.note})" if operator.note else ""),
            _knobs(operator.knobs),
        )
        for operator in inspection.operators
    ]
    print_table(("operator", "output", "work", "share", "ran by", "knobs"), rows, numbers=(2, 3))
    print_line(inspection.summary)


def _knobs(knobs: tuple[str, ...]) -> str:
    """Kinds and how many choices they make; --json lists every one."""
    kinds = {atom.partition(":")[0] for knob in knobs for atom in knob.split("+")} - {EXACT}
    ordered = dict.fromkeys(kind for kind in (atom.partition(":")[0] for atom in ATOMS) if kind in kinds)
    return f"{' '.join(ordered)} ({len(knobs) - 1})" if ordered else ""
