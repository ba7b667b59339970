"""A pretended model whose knobs push its logits by known amounts, and a pretended profile of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.interval import Estimate
from approxlite.formats.profile import CampaignRow, ProfiledOperator
from approxlite.formats.provenance import Device, ModelReference
from approxlite.formats.rung import RungSpec
from approxlite.policy.measure import Measurement
from approxlite.runtime.library import numerics_version

CLASSES = 5
KNOBS = {
    "conv_2d_0": ("exact", "int8", "rows:3/4", "rows:1/2", "int8+rows:1/2"),
    "conv_2d_1": ("exact", "int8", "cols:1/2", "checker:1/2", "int8+checker:1/2"),
    "fully_connected_2": ("exact", "int8"),
    "softmax_3": ("exact",),
}
TIMES_NS = {"exact": 40_000.0, "int8": 15_000.0, "rows:3/4": 31_000.0}
"""Any other knob takes 21 us, and 9 us together with int8."""

HARM = {"int8": 0.005, "rows:3/4": 0.1, "rows:1/2": 0.4, "cols:1/2": 2.0, "checker:1/2": 0.3}
"""How far an atom pushes the logits, against a spread of 3 of the exact ones."""


def noise(name: str, x: NDArray[Any]) -> NDArray[np.float64]:
    """(N, CLASSES), standard normal, decided by the name and the samples."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
    mixing = np.random.default_rng(seed).standard_normal((x[0].size, CLASSES))
    return np.sin(x.reshape(len(x), -1) @ mixing * 3) * 1.4


@dataclass
class PretendedInterpreter:
    """Softmax of fixed random logits, pushed by every atom of the rung. Remembers which samples it was shown."""

    operators: Sequence[ProfiledOperator] = tuple(
        ProfiledOperator(id=name, knobs=knobs, multiply_accumulates=1000) for name, knobs in KNOBS.items()
    )
    rung: int = 0
    ladder: list[RungSpec] = field(default_factory=list)
    shown: set[bytes] = field(default_factory=set)
    passes: int = 0
    inferences: int = 0
    broken: str = "nothing"
    """An atom whose outputs are not numbers."""

    def set_ladder(self, ladder: Sequence[RungSpec]) -> None:
        assert 1 <= len(ladder) <= 16
        self.ladder, self.rung = list(ladder), 0

    def run_many(self, x: NDArray[Any]) -> NDArray[Any]:
        self.passes += 1
        self.inferences += len(x)
        self.shown |= {sample.tobytes() for sample in x}
        logits = 3 * noise("exact", x)
        for operator, knob in Configuration.parse(self.ladder[self.rung].configuration).entries:
            for atom in knob.atoms:
                logits += HARM[atom] * noise(f"{operator}={atom}", x)
            if self.broken in knob.atoms:
                logits[:] = np.nan
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)

    def observe_ranges(self, on: bool) -> None:
        pass

    def ranges(self) -> dict[str, tuple[float, float]]:
        return {name: (-1.0, 3.0) for name in KNOBS if name != "softmax_3"}


@dataclass
class PretendedProfile:
    campaign: CampaignRow

    def options(self) -> dict[str, dict[str, float]]:
        return {name: {knob: self.time(knob) for knob in knobs} for name, knobs in KNOBS.items()}

    def crossings(self) -> dict[tuple[str, str], float]:
        return {}

    def time(self, knob: str) -> float:
        return TIMES_NS.get(knob, 9_000.0 if knob.startswith("int8+") else 21_000.0)

    def measure(self, configurations: Sequence[str]) -> list[Measurement]:
        measurements = []
        for text in configurations:
            configuration = Configuration.parse(text)
            total = 1000 + sum(self.time(str(configuration.knob(name))) for name in KNOBS)
            share = total / 125_000
            cost = Estimate(value=share, low=share * 0.99, high=share * 1.01, samples=10)
            measurements.append(Measurement(text, cost, total / 1e6))
        return measurements


@pytest.fixture
def interpreter() -> PretendedInterpreter:
    return PretendedInterpreter()


@pytest.fixture
def model_file(examples: Path) -> Path:
    """A real file to be the pretended model's."""
    return examples / "keyword" / "keyword_float.tflite"


@pytest.fixture
def profile(model_file: Path) -> PretendedProfile:
    return PretendedProfile(
        CampaignRow(
            campaign="c1",
            time=now(),
            tool_version="0.1.0",
            device=Device(fingerprint="f", cpu="pretended", features=("avx2",), os="none"),
            model=ModelReference(sha256=hashlib.sha256(model_file.read_bytes()).hexdigest(), name="model"),
            numerics_version=numerics_version(),
            kernel_variant="avx2",
            threads=1,
            energy_refused="pretended devices draw no power",
            operators=tuple(PretendedInterpreter().operators),
        )
    )


@pytest.fixture
def data() -> Data:
    generator = np.random.default_rng(7)
    x = generator.standard_normal((400, 6)).astype(np.float32)
    return Data(x=x, y=noise("exact", x).argmax(axis=1), sha256="a" * 64, name="pretended.npz")
