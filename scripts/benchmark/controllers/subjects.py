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
from support.streams import activity_labels, activity_windows
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

    samples: by network, (samples, ...) of a part, the same samples for all. labels: (samples,), right classes, -1 where
    there is none; ours never looks at them, Mobiprox's confidence engine does.
    bar: largest share of the best static rung's time at the same disagreement. within: where the bar is about the best
    static rung of at most that disagreement instead.
    """

    name: str
    networks: tuple[Network, ...]
    samples: tuple[Loader, ...]
    labels: Loader
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

    def labels(part: Part) -> NDArray[Any]:
        with np.load(collection / f"ic/caltech101_cifar_classes_{part}.npz") as data:
            return np.asarray(data["y"], np.int64)

    resnet8, resnet20, resnet56 = (network(name, loader) for name, loader in pictures.items())
    har = network("har_cnn9", windows)
    return [
        Subject("resnet20", (resnet20,), (pictures["resnet20"],), labels, "drawn", 0.85),
        Subject("resnet56", (resnet56,), (pictures["resnet56"],), labels, "drawn", 0.80),
        *(
            Subject(
                f"har_stream_hop{hop}",
                (har,),
                (_stream(collection, hop),),
                _stream_labels(collection, hop),
                "stream",
                bar=0.85,
            )
            for hop in (32, 64)
        ),
        Subject(
            "resnet8+resnet56", (resnet8, resnet56), (pictures["resnet8"], pictures["resnet56"]), labels, "drawn",
            bar=0.60, within=0.01,
        ),
    ]  # fmt: skip


def _pictures(collection: Path, entry: Entry) -> Loader:
    return lambda part: samples(collection, entry, None, part)


def _stream(collection: Path, hop: int) -> Loader:
    return lambda part: activity_windows(collection, part, hop)


def _stream_labels(collection: Path, hop: int) -> Loader:
    return lambda part: activity_labels(collection, part, hop)
