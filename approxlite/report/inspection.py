"""What a model is made of, who runs each operator, and which knobs there are to turn."""

from __future__ import annotations

import os

from approxlite.formats.document import Document
from approxlite.model import Model, load_model
from approxlite.runtime import Interpreter


class InspectedOperator(Document):
    """One operator; `share` of the model's multiply-accumulates; `shape` of its first output, batch included."""

    id: str
    type: str
    shape: tuple[int, ...]
    multiply_accumulates: int
    share: float
    ran_by: str
    note: str
    knobs: tuple[str, ...]


class Inspection(Document):
    """The answer of `approxlite inspect`."""

    model: str
    sha256: str
    kind: str
    multiply_accumulates: int
    supported: int
    portable: bool
    summary: str
    operators: tuple[InspectedOperator, ...]


def inspect_model(path: str | os.PathLike[str]) -> Inspection:
    """Loads the model on stock LiteRT with our delegate and asks who took what. Raises ModelError."""
    model = load_model(path)
    interpreter = Interpreter(path)
    interpreter.allocate_tensors()
    knobs = {operator.id: operator.knobs for operator in interpreter.operators}
    ran = {operator.id: operator for operator in interpreter.what_ran()}
    work = model.multiply_accumulates
    operators = tuple(
        InspectedOperator(
            id=operator.id,
            type=operator.type,
            shape=model.tensors[operator.outputs[0]].shape if operator.outputs else (),
            multiply_accumulates=operator.multiply_accumulates,
            share=operator.multiply_accumulates / work if work else 0.0,
            ran_by=ran[operator.id].ran_by,
            note=ran[operator.id].note,
            knobs=knobs.get(operator.id, ()),
        )
        for operator in model.operators
    )
    ours = sum(operator.ran_by == "approxlite" for operator in operators)
    return Inspection(
        model=model.name,
        sha256=model.sha256,
        kind=model.kind,
        multiply_accumulates=work,
        supported=ours,
        portable=ours == len(operators),
        summary=_summary(model, operators, ours),
        operators=operators,
    )


def _summary(model: Model, operators: tuple[InspectedOperator, ...], ours: int) -> str:
    if ours == 0:
        return (
            "ApproxLite supports no operator of this model: LiteRT runs all of it, exactly as without ApproxLite, and "
            "there is no knob to turn."
        )
    if ours == len(operators):
        summary = "ApproxLite runs every operator: the model is portable, its answers have the same bits on every CPU."
    else:
        others = dict.fromkeys(operator.type for operator in operators if operator.ran_by != "approxlite")
        summary = (
            f"ApproxLite runs {ours} of {len(operators)} operators; LiteRT runs the rest ({', '.join(others)}), so a "
            "policy for this model is tied to the class of device that it was certified on."
        )
    return summary + (" It keeps state between inferences: fixed rungs only." if model.is_stateful else "")
