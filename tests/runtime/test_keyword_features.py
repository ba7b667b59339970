"""Features of sound are those that the keyword models were trained on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from approxlite.formats.errors import InputError
from approxlite.runtime.keyword_features import SAMPLE_RATE_HZ, keyword_features

COLLECTION = Path(os.environ.get("APPROX_DATA", Path(__file__).parents[3] / "shared" / "data")) / "kws"
ROUNDING = 1e-4
"""TensorFlow computes features of up to a few hundred in 32 bits; what is near the floor of 1e-6 is rounded most."""


def as_tensorflow_does(sound: NDArray[np.int16]) -> NDArray[np.float64]:
    """stft, linear_to_mel_weight_matrix and mfccs_from_log_mel_spectrograms of tf.signal, in NumPy."""

    def mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)

    scaled = sound / max(1, int(sound.max()))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(480) / 480)
    frames = np.stack([scaled[i : i + 480] * window for i in range(0, len(sound) - 479, 320)])
    magnitudes = np.abs(np.fft.rfft(frames, 512))
    bins = mel(np.arange(257) * SAMPLE_RATE_HZ / 512)[:, None]
    edges = np.linspace(mel(20.0), mel(4000.0), 42)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)))
    weights[0] = 0
    logarithms = np.log(magnitudes @ weights + 1e-6)
    k, j = np.arange(10)[:, None], np.arange(40)[None]
    cosines: NDArray[np.float64] = logarithms @ np.cos(np.pi * k * (2 * j + 1) / 80).T * np.sqrt(2 / 40)
    return cosines


@pytest.mark.parametrize("seed", range(3))
def test_features_are_what_the_formula_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    tone = 8000 * np.sin(np.cumsum(random.uniform(0.01, 1.0, SAMPLE_RATE_HZ)))
    sound = (tone + random.normal(scale=300, size=tone.size)).astype(np.int16)
    features = keyword_features(sound)
    assert features.shape == (49, 10)
    np.testing.assert_allclose(features, as_tensorflow_does(sound), rtol=1e-6, atol=1e-5)


def test_less_than_a_frame_has_no_features() -> None:
    with pytest.raises(InputError, match="479 samples are less than a frame of 480"):
        keyword_features(np.zeros(479, np.int16))


@pytest.mark.skipif(not COLLECTION.is_dir(), reason=f"needs the larger collection of models and data at {COLLECTION}")
@pytest.mark.parametrize("part", ["tuning", "test"])
def test_features_of_clips_are_the_bundled_ones(part: str) -> None:
    sounds = np.load(COLLECTION / f"speech_commands_audio16k_{part}.npz")
    bundled = np.load(COLLECTION / f"speech_commands_mfcc_{part}.npz")
    places = {int(number): place for place, number in enumerate(bundled["idx"])}
    for number, sound in zip(sounds["idx"], sounds["audio"], strict=True):
        wanted = bundled["x_float"][places[int(number)]][:, :, 0]
        np.testing.assert_allclose(keyword_features(sound), wanted, rtol=0, atol=ROUNDING)
