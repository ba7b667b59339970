"""Whether there is anything to profile and tune in a model."""

from __future__ import annotations

from pathlib import Path

from approxlite.formats.agreement import Loss
from approxlite.formats.errors import InputError
from approxlite.model import load_model
from approxlite.runtime import Interpreter


def check_has_knobs(model: Path) -> None:
    """Raises ModelError when the model cannot be read, InputError when none of its operators has a knob."""
    kind = load_model(model).kind
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    if all(len(operator.knobs) < 2 for operator in interpreter.operators):
        reason = "quantised models are not approximated yet; " if kind == "quantised" else ""
        raise InputError(
            f"{model}: no operator of this model has a knob; {reason}LiteRT runs it as it is, see `approxlite inspect`"
        )


def check_can_be_tuned(model: Path, loss: Loss) -> None:
    """Raises what `check_has_knobs` does, and InputError when top classes are compared and an answer has none."""
    check_has_knobs(model)
    graph = load_model(model)
    shape = graph.tensors[graph.outputs[0]].shape
    if loss == "top_one" and sum(size != 1 for size in shape) != 1:
        raise InputError(
            f"{model}: one answer has shape {shape} and so no top class; say by --agreement and --tolerance what is "
            "compared instead, such as root_mean_square for pictures or label_share for labels"
        )
