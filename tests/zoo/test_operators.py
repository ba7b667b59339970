"""Every operator of every 8-bit model, held to TFLite's reference kernel on equal inputs: one quantum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from approxlite.formats.errors import ModelError
from approxlite.model import load_model
from approxlite.runtime import Interpreter
from approxlite.runtime.base import TensorRunner
from support.one_operator import Cut, activations, cuts, reference
from support.zoo import Entry, samples


def ours(cut: Cut) -> TensorRunner | None:
    """Our engine on one operator; None where it leaves that to the runtime."""
    try:
        interpreter = Interpreter(cut.model)
        interpreter.allocate_tensors()
    except ModelError:  # of operators whose effect is on variables nothing can be compared
        return None
    return interpreter if interpreter.operators else None


def test_operators_are_within_one_quantum_of_the_reference_kernel(collection: Path, entry: Entry, path: Path) -> None:
    if load_model(path).kind != "quantised":
        pytest.skip("not an 8-bit model")
    content = path.read_bytes()
    try:
        whole = activations(content, samples(collection, entry, 1)[0])
    except (ValueError, RuntimeError):
        pytest.skip("TFLite's reference kernels cannot run it")
    compared = 0
    for cut in cuts(content):
        mine = ours(cut)
        if mine is None:
            continue
        theirs = reference(cut.model)
        for runner in (mine, theirs):
            for detail, tensor in zip(runner.get_input_details(), cut.inputs, strict=True):
                runner.set_tensor(detail["index"], whole.get_tensor(tensor))
            runner.invoke()
        for at, expected in enumerate(theirs.get_output_details()):
            value, truth = (
                runner.get_tensor(runner.get_output_details()[at]["index"]).astype("f8") for runner in (mine, theirs)
            )
            quantum = 1.0 if np.issubdtype(expected["dtype"], np.integer) else 1e-5 * max(np.abs(truth).max(), 1e-30)
            assert np.abs(value - truth).max() <= quantum, f"{cut.kind.lower()}_{cut.index}"
            compared += 1
    assert compared > 0
