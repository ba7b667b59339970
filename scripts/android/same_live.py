"""Whether the demo app hears what the desk hears: the features of sound bit for bit, and every answer."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from virtual_machine import REPOSITORY, VirtualMachine

from approxlite.formats.policy import load_policy
from approxlite.runtime.guard import Guard, certificate_hash
from approxlite.runtime.keyword_features import SAMPLE_RATE_HZ, keyword_features
from approxlite.runtime.session import Session

POLICY = REPOSITORY / "android/demo/src/main/assets/keyword.approx"
MODEL = REPOSITORY / "android/demo/src/main/assets/keyword.tflite"
SECONDS = 8
HOP = SAMPLE_RATE_HZ // 4
LIMIT_S = 300.0


def made_sound(seed: int) -> NDArray[np.int16]:
    """Gliding tones that come and go, over noise: sound that some rungs are sure of and others are not."""
    random = np.random.default_rng(seed)
    count = SECONDS * SAMPLE_RATE_HZ
    glide = np.interp(np.arange(count), np.linspace(0, count, 40), random.uniform(0.03, 0.9, 40))
    loud = np.interp(np.arange(count), np.linspace(0, count, 60), random.choice([0.0, 300.0, 9000.0], 60))
    return (loud * np.sin(np.cumsum(glide)) + random.normal(scale=60, size=count)).astype(np.int16)


def differences(machine: VirtualMachine, folder: Path, seed: int = 0) -> Sequence[str]:
    """In words; nothing where features and answers are the same."""
    sound = made_sound(seed)
    begins = range(0, len(sound) - SAMPLE_RATE_HZ + 1, HOP)
    features = [keyword_features(sound[begin : begin + SAMPLE_RATE_HZ]) for begin in begins]
    wanted = []
    policy = load_policy(POLICY)
    assert policy.guard is not None and policy.certificate is not None
    with (
        Guard(policy.guard, certificate_hash(policy.certificate), policy.certificate.epsilon) as guard,
        Session(policy, MODEL.read_bytes(), guard=guard.handle) as session,
    ):
        for each in features:
            answer = session.run(each[:, :, np.newaxis])
            output = np.asarray(answer.output).ravel()
            label = int(np.argmax(output))
            bits = int(output[label].view(np.int32))
            wanted.append(f"{label} {bits} {answer.rung} {answer.reason}")
    sound_path, given, state = (folder / f"live.{name}" for name in ("sound", "features", "state"))
    sound_path.write_bytes(sound.tobytes())
    shutil.rmtree(state, ignore_errors=True)
    arguments: list[str | Path] = [POLICY, MODEL, sound_path, given, state]
    said = machine.run("dev.approxlite.testing.RunLive", arguments, LIMIT_S).splitlines()[-len(wanted) :]
    found = [f"window {i}: {a} and not {b}" for i, (a, b) in enumerate(zip(said, wanted, strict=True)) if a != b]
    if given.read_bytes() != np.stack(features).tobytes():
        found.insert(0, "other features")
    return found
