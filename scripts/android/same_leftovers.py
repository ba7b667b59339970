"""Whether Java leaves operators that are not ours to XNNPACK, as the desk does, with the bits of the desk."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from virtual_machine import VirtualMachine

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from approxlite.runtime import Interpreter  # noqa: E402
from support.model_builder import RELU, ModelBuilder  # noqa: E402

LIMIT_S = 300.0
LEFT = "ROUND"
"""XNNPACK keeps the sign of a zero, TensorFlow Lite's own kernel does not: who ran it shows in the bits."""


def models() -> dict[str, bytes]:
    """By name; of one nothing is ours, of the other what is left lies between operators of ours."""
    nothing = ModelBuilder((1, 8, 8, 3))
    between = ModelBuilder((1, 8, 8, 3))
    x = between.unsupported(between.conv_2d(between.input, 8, (3, 3)), LEFT)
    return {
        "nothing of ours": nothing.build(nothing.unsupported(nothing.input, LEFT)),
        "between ours": between.build(between.conv_2d(x, 8, (3, 3), activation=RELU)),
    }


def differences(machine: VirtualMachine, folder: Path) -> Sequence[str]:
    """In words; nothing where XNNPACK ran what is left, and every bit is the desk's."""
    work = Path(tempfile.mkdtemp(dir=folder))
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype(np.float32)
    (work / "input").write_bytes(x.tobytes())
    found = []
    for name, content in models().items():
        (work / "model").write_bytes(content)
        desk = Interpreter(content)
        desk.allocate_tensors()
        wanted = hashlib.sha256(desk.run(x).tobytes()).hexdigest()
        for threads in (1, 2):
            arguments: list[str | Path] = [work / "model", work / "input", str(threads)]
            said = machine.run("dev.approxlite.testing.RunLeftovers", arguments, LIMIT_S).splitlines()[-4:]
            ours, with_xnnpack, alone, count = said
            if ours != wanted:
                found.append(f"{name}, {threads} threads: other bits than the desk's")
            if int(count) != len(desk.operators):
                found.append(f"{name}, {threads} threads: {count} operators are ours and not {len(desk.operators)}")
            if name == "nothing of ours" and not ours == with_xnnpack != alone:
                found.append(f"{name}, {threads} threads: XNNPACK did not run what is left")
    return found
