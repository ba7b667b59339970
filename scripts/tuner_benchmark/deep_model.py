"""A model of more operators than the collection's have: a residual network of 107 convolutions with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from models import Samples

from support.model_builder import ModelBuilder

DEEP = "107 convolutions"
CONVOLUTIONS, CHANNELS, SIDE, SAMPLES = 107, 16, 8, 300


def write_deep_model(folder: Path) -> tuple[Path, Samples]:
    """The file, and samples of it: noise that is alike in neighbouring places."""
    builder = ModelBuilder((1, SIDE, SIDE, CHANNELS), seed=1)
    x = builder.conv_2d(builder.input, CHANNELS, (3, 3))
    for _ in range(CONVOLUTIONS // 2):
        x = builder.add(x, builder.conv_2d(builder.conv_2d(x, CHANNELS, (3, 3)), CHANNELS, (3, 3)))
    path = folder / "deep.tflite"
    path.write_bytes(builder.build(builder.fully_connected(builder.mean(x), 10)))
    noise = np.random.default_rng(2).normal(size=(SAMPLES, SIDE, SIDE, CHANNELS))
    smooth = noise + np.roll(noise, 1, axis=1) + np.roll(noise, 1, axis=2)
    return path, np.ascontiguousarray(smooth, np.float32)
