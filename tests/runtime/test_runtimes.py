"""One library in every runtime: tflite-runtime 2.14 and tensorflow give the bits that ai-edge-litert gives.

Each runs in a Python of its own, because they want other versions of NumPy: the one that the environment variable
names, or the one that a script has made. Where there is none, the test is skipped.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import approxlite
from approxlite.runtime import Interpreter
from support.model_builder import RELU6, VALID, ModelBuilder

ROOT = Path(__file__).resolve().parents[2]
LADDER = ["exact", "all=int8", "conv_2d_0=rows:1/2", "conv_2d=sample:1/2"]
PYTHONS = {
    "tflite_runtime": ("APPROXLITE_TFLITE_RUNTIME_PYTHON", ROOT / ".venv-tflite-runtime" / "bin" / "python"),
    "tensorflow": ("APPROXLITE_TENSORFLOW_PYTHON", None),
}
RUN = """
import sys
import numpy as np
from approxlite.runtime import Interpreter

model, x, outputs, runtime, *ladder = sys.argv[1:]
interpreter = Interpreter(model, ladder, runtime=runtime)
interpreter.allocate_tensors()
found = []
for rung in range(len(ladder)):
    interpreter.rung = rung
    found.append(interpreter.run(np.load(x)))
interpreter.set_ladder(ladder[1:])
found.append(interpreter.run(np.load(x)))
np.save(outputs, np.stack(found))
print(*(f"{run.id} {run.ran_by}" for run in interpreter.what_ran()), sep="\\n")
"""


def python_of(runtime: str) -> Path:
    variable, made = PYTHONS[runtime]
    named = os.environ.get(variable)
    if named is not None:
        return Path(named)
    if made is None or not made.exists():
        pytest.skip(f"no Python with {runtime}; {variable} names one")
    return made


def network(unsupported: bool) -> tuple[bytes, np.ndarray]:
    builder = ModelBuilder((1, 12, 10, 3), seed=8)
    x = builder.conv_2d(builder.input, 16, (3, 3), stride=(2, 2), activation=RELU6)
    x = builder.depthwise_conv_2d(builder.unsupported(x) if unsupported else x, (3, 3))
    x = builder.add(x, builder.conv_2d(builder.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), 16, (3, 3), padding=VALID))
    x = builder.fully_connected(builder.mean(builder.pool("MAX_POOL_2D", x, (2, 2))), 6)
    return builder.build(builder.softmax(x)), builder.rng.normal(size=(1, 12, 10, 3)).astype("f4")


def link_package(package: Path) -> None:
    """Of what is installed here the other Python gets this package and nothing else, in one folder."""
    package.mkdir(parents=True)
    for entry in (entry for place in approxlite.__path__ for entry in Path(place).iterdir()):
        if not (package / entry.name).exists():
            (package / entry.name).symlink_to(entry)


def run_in(runtime: str, folder: Path, model: bytes, x: np.ndarray, ladder: list[str]) -> tuple[np.ndarray, list[str]]:
    """Outputs of every rung, then of rung 1 as the first of another ladder; and who ran each operator."""
    python = python_of(runtime)
    (folder / "model.tflite").write_bytes(model)
    np.save(folder / "x.npy", x)
    link_package(folder / "path" / "approxlite")
    done = subprocess.run(
        [python, "-c", RUN, folder / "model.tflite", folder / "x.npy", folder / "outputs.npy", runtime, *ladder],
        env={**os.environ, "PYTHONPATH": str(folder / "path"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return np.load(folder / "outputs.npy"), done.stdout.splitlines()


@pytest.mark.parametrize("runtime", PYTHONS)
def test_every_rung_gives_the_same_bits_in_another_runtime(runtime: str, tmp_path: Path) -> None:
    model, x = network(unsupported=False)
    outputs, ran = run_in(runtime, tmp_path, model, x, LADDER)
    here = Interpreter(model, LADDER)
    here.allocate_tensors()
    for rung in range(len(LADDER)):
        here.rung = rung
        assert outputs[rung].tobytes() == here.run(x).tobytes(), LADDER[rung]
    assert outputs[len(LADDER)].tobytes() == outputs[1].tobytes()
    assert {line.split()[1] for line in ran} == {"approxlite"}


@pytest.mark.parametrize("runtime", PYTHONS)
def test_another_runtime_runs_what_is_not_ours(runtime: str, tmp_path: Path) -> None:
    model, x = network(unsupported=True)
    outputs, ran = run_in(runtime, tmp_path, model, x, ["exact", "all=int8"])
    here = Interpreter(model)
    here.allocate_tensors()
    assert np.allclose(outputs[0], here.run(x), atol=1e-5)
    assert [line.split()[0] for line in ran if not line.endswith(" approxlite")] == ["sin_1"]
