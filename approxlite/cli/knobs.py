"""Whether there is anything to profile and tune in a model."""

from __future__ import annotations

from pathlib import Path

from approxlite.formats.errors import InputError
from approxlite.runtime import Interpreter


def check_has_knobs(model: Path) -> None:
    """Raises ModelError when the model cannot be read, InputError when none of its operators has a knob."""
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    if all(len(operator.knobs) < 2 for operator in interpreter.operators):
        raise InputError(
            f"{model}: no operator of this model has a knob; LiteRT runs it as it is, see `approxlite inspect`"
        )
