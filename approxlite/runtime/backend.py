"""Which TensorFlow Lite runtime loads models: ai-edge-litert, tflite-runtime or tensorflow, all with one interface."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from approxlite.formats.errors import InputError, ModelError, one_line

ModelSource = str | os.PathLike[str] | bytes

_MODULES = {
    "ai_edge_litert": "ai_edge_litert.interpreter",
    "tflite_runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow",
}


def runtime_module(runtime: str = "auto") -> Any:
    """The module whose `Interpreter` loads models; "auto" takes the first that is installed.

    Raises InputError when the runtime is unknown or not installed.
    """
    if runtime != "auto" and runtime not in _MODULES:
        raise InputError(f"unknown runtime '{runtime}'; there are auto, {', '.join(_MODULES)}")
    names = list(_MODULES) if runtime == "auto" else [runtime]
    for name in names:
        try:
            module = importlib.import_module(_MODULES[name])
        except ImportError:
            continue
        # tensorflow makes its lite part only when somebody asks the package for it.
        return module.lite if name == "tensorflow" else module
    raise InputError(f"no TensorFlow Lite runtime found (looked for {', '.join(names)}); pip install ai-edge-litert")


def read_model_bytes(model: ModelSource) -> bytes:
    """The model's bytes; raises ModelError when the file cannot be read."""
    if isinstance(model, bytes):
        return model
    try:
        return Path(model).read_bytes()
    except OSError as problem:
        raise ModelError(f"{os.fspath(model)}: cannot be read ({problem.strerror}); give a .tflite file") from None


def model_name(model: ModelSource) -> str:
    """How messages call the model."""
    return "model" if isinstance(model, bytes) else os.fspath(model)


def create_interpreter(
    model: ModelSource,
    runtime: str,
    delegates: Sequence[object],
    *,
    num_threads: int = 1,
    preserve_all_tensors: bool = False,
) -> Any:
    """A runtime's interpreter, tensors not yet allocated. Raises ModelError when it refuses the model."""
    content = read_model_bytes(model)
    try:
        return runtime_module(runtime).Interpreter(
            model_content=content,
            experimental_delegates=list(delegates) or None,
            num_threads=num_threads,
            experimental_preserve_all_tensors=preserve_all_tensors,
        )
    except (ValueError, RuntimeError) as problem:
        raise ModelError(f"{model_name(model)}: the runtime refuses the model ({one_line(problem, 120)})") from None
