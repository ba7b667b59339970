"""Whether Android's libraries compute what the desk's Python runtime computes, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from approxlite.runtime import Interpreter

SAMPLES = 4
LIMIT_S = 300.0
Runs = Callable[[Sequence[str | Path]], str]
"""What the main class RunRungs prints, given its arguments; RuntimeError with its last words where it fails."""


@dataclass(frozen=True)
class Subject:
    """A model, and the configurations that it is run under."""

    name: str
    model: Path
    configurations: tuple[str, ...] = ("exact", "all=int8", "all=cols:1/2", "all=int8+sample:1/2")


def on_the_desk(subject: Subject, seed: int) -> tuple[NDArray[np.float32], bytes, tuple[str, ...]]:
    """Samples, outputs of every configuration one behind the other, and the ladder in canonical text."""
    interpreter = Interpreter(subject.model, subject.configurations)
    interpreter.allocate_tensors()
    shape = tuple(interpreter.get_input_details()[0]["shape"][1:])
    samples = np.random.default_rng(seed).normal(size=(SAMPLES, *shape)).astype(np.float32)
    outputs = []
    for rung in range(len(subject.configurations)):
        interpreter.rung = rung
        outputs += [interpreter.run(sample).tobytes() for sample in samples]
    return samples, b"".join(outputs), interpreter.ladder


def differences(subject: Subject, runs: Runs, folder: Path, seed: int = 0) -> Sequence[str]:
    """What differs between the desk and what runs there, in words; nothing where all bits are the same."""
    samples, wanted, ladder = on_the_desk(subject, seed)
    inputs, outputs = folder / f"{subject.name}.inputs", folder / f"{subject.name}.outputs"
    inputs.write_bytes(samples.tobytes())
    arguments: list[str | Path] = [subject.model, inputs, outputs, *subject.configurations]
    said = runs(arguments)
    if tuple(said.splitlines()[-len(ladder) :]) != ladder:
        return [f"{subject.name}: another ladder: {said[-200:]!r}"]
    got = outputs.read_bytes()
    if len(got) != len(wanted):
        return [f"{subject.name}: {len(got)} bytes, not {len(wanted)}"]
    size = len(wanted) // len(ladder)
    return [
        f"{subject.name} under {text[:40]}"
        for i, text in enumerate(ladder)
        if got[i * size : (i + 1) * size] != wanted[i * size : (i + 1) * size]
    ]
