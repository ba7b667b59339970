"""What controllers are compared on: networks of the larger collection, pictures drawn and streams in time order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.data import Data
from support.streams import activity_windows
from support.zoo import Entry, Part, entries, samples

Loader = Callable[[Part], NDArray[Any]]


@dataclass(frozen=True)
class Network:
    """file: in the collection. tuning: what its knobs are tuned on."""

    file: str
    tuning: Data

    @property
    def name(self) -> str:
        return Path(self.file).stem


@dataclass(frozen=True)
class Subject:
    """One comparison. networks: of one ladder, cheapest first; the last one's exact is exact for all.

    samples: by network, (samples, ...) of a part, the same samples for all.
    bar: largest share of the best static rung's time at the same disagreement. within: where the bar is about the best
    static rung of at most that disagreement instead.
    """

    name: str
    networks: tuple[Network, ...]
    samples: tuple[Loader, ...]
    order: Literal["drawn", "stream"]
    bar: float
    within: float | None = None


def subjects(collection: Path) -> list[Subject]:
    """All of them, in the order they are reported."""
    known = {entry.name: entry for entry in entries(collection)}
    pictures = {name: _pictures(collection, known[f"{name}_float"]) for name in ("resnet8", "resnet20", "resnet56")}
    windows = _pictures(collection, known["har_cnn9_float"])

    def network(name: str, loader: Loader) -> Network:
        x = loader("tuning")
        digest = hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()
        return Network(known[f"{name}_float"].file, Data(x, None, digest, f"{name}, tuning"))

    resnet8, resnet20, resnet56 = (network(name, loader) for name, loader in pictures.items())
    har = network("har_cnn9", windows)
    return [
        Subject("resnet20", (resnet20,), (pictures["resnet20"],), "drawn", 0.85),
        Subject("resnet56", (resnet56,), (pictures["resnet56"],), "drawn", 0.80),
        Subject("har_stream_hop32", (har,), (_stream(collection, 32),), "stream", 0.85),
        Subject("har_stream_hop64", (har,), (_stream(collection, 64),), "stream", 0.85),
        Subject(
            "resnet8+resnet56", (resnet8, resnet56), (pictures["resnet8"], pictures["resnet56"]), "drawn", 0.60, 0.01
        ),
    ]  # fmt: skip


def _pictures(collection: Path, entry: Entry) -> Loader:
    return lambda part: samples(collection, entry, None, part)


def _stream(collection: Path, hop: int) -> Loader:
    return lambda part: activity_windows(collection, part, hop)
