"""The agent and what it loads, for this computer and for devices of the farm."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.runtime.base import TensorRunner

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
BUILDS = Path(os.environ.get("APPROX_AGENT", REPOSITORY / "build"))
"""Holds the builds that scripts/test-native and scripts/test-arm64 make."""

TFLITE = Path(os.environ.get("APPROX_TFLITE", REPOSITORY / "build" / "tflite"))
BUILD_OF = {"x86_64": "native-tests", "arm64-v8a": "arm64"}


class AgentUnavailableError(Exception):
    """Why the agent cannot be tried for a processor on this machine."""


@dataclass(frozen=True)
class Agent:
    """Programs and libraries for one processor. libraries: TensorFlow Lite and what it needs to find first."""

    program: Path
    engine: Path
    libraries: tuple[Path, ...]

    @property
    def runtime(self) -> Path:
        return next(library for library in self.libraries if library.name == "libtensorflowlite.so")


@functools.cache
def agent_for(abi: str) -> Agent:
    """Raises AgentUnavailableError."""
    build = BUILDS / BUILD_OF[abi]
    program, engine = build / "agent/approx-agent", build / "libapproxlite.so"
    if not program.is_file() or not engine.is_file():
        raise AgentUnavailableError(f"no agent for {abi} in {build}; scripts/test-native and test-arm64 build it")
    fetched = subprocess.run(
        [str(HERE / "tflite/fetch"), str(TFLITE)], capture_output=True, text=True, timeout=300, check=False
    )
    libraries = tuple(sorted((TFLITE / abi).glob("*.so")))
    if fetched.returncode != 0 or not libraries:
        said = " ".join((fetched.stdout + fetched.stderr).split())
        raise AgentUnavailableError(f"no TensorFlow Lite C library for {abi}: {said[-200:]}")
    return Agent(program, engine, libraries)


def block(number: int, subject: str = "approxlite", **members: Any) -> dict[str, Any]:
    """A line of a plan, ten inferences unless said otherwise."""
    return {"block": number, "subject": subject, "inferences": 10, **members}


def plan_text(blocks: Sequence[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in blocks)


def rows_in(content: bytes | str) -> list[dict[str, Any]]:
    """Every row; each line must be one."""
    text = content.decode() if isinstance(content, bytes) else content
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def blocks_in(content: bytes | str) -> list[dict[str, Any]]:
    return [row for row in rows_in(content) if row["kind"] == "block"]


def protocol_inputs(details: Sequence[Mapping[str, Any]], seed: int) -> list[NDArray[Any]]:
    """What the agent sets as inputs, docs/agent-protocol.md, for float and 8-bit ones."""
    counts = [int(np.prod(detail["shape"])) for detail in details]
    numbers = _splitmix64(seed, sum(counts))
    inputs = []
    for detail, drawn in zip(details, np.split(numbers, np.cumsum(counts)[:-1]), strict=True):
        if detail["dtype"] == np.float32:
            values = ((drawn >> np.uint64(40)).astype(np.float64) - 2**23) / 2**23
        else:
            assert detail["dtype"] in (np.int8, np.uint8)
            values = (drawn >> np.uint64(56)).astype(np.uint8).view(detail["dtype"])
        inputs.append(values.astype(detail["dtype"]).reshape(detail["shape"]))
    return inputs


def _splitmix64(seed: int, count: int) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def output_sha256(interpreter: TensorRunner, seed: int) -> str:
    """Of all outputs, after one inference of the inputs of the protocol."""
    details = interpreter.get_input_details()
    for detail, values in zip(details, protocol_inputs(details, seed), strict=True):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    digest = hashlib.sha256()
    for detail in interpreter.get_output_details():
        digest.update(np.ascontiguousarray(interpreter.get_tensor(detail["index"])).tobytes())
    return digest.hexdigest()
