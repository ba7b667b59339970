"""arm64 libraries on Android's own libc, in the emulator unidbg, which brings Android 6's and a loader like it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from same_bits import LIMIT_S, Runs
from virtual_machine import KILL_AFTER_S, TFLITE, unpacked_natives

ABI = "arm64-v8a"


def bionic(app: str, class_path: str, folder: Path) -> Runs:
    """What runs the native libraries of an app's package there. folder: for the libraries. Raises MissingError."""
    natives = unpacked_natives(app, ABI, folder / "bionic")

    def runs(arguments: Sequence[str | Path]) -> str:
        command: list[str | Path] = ["timeout", "-k", str(KILL_AFTER_S), str(LIMIT_S), "java", "-XX:+UseSerialGC"]
        command += ["-cp", class_path, "RunOnBionic", natives / TFLITE, natives / "libapproxlite.so", *arguments]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = " ".join((done.stdout + done.stderr).split())[-400:]
            raise RuntimeError(f"on Android's libc: status {done.returncode}: {said}")
        return done.stdout

    return runs
