"""Java virtual machines of this computer and of an emulated arm64 one, in which Android's native libraries load."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
BUILD = REPOSITORY / "build/android"
TFLITE = "libtensorflowlite_jni.so"
ARM64_JAVA = "usr/lib/jvm/java-17-openjdk-arm64/bin/java"
KILL_AFTER_S = 10


class MissingError(Exception):
    """What is not there to run with, in one line."""


@dataclass(frozen=True)
class VirtualMachine:
    """command: up to the options. natives: holds the libraries under test. shims: stand for Android's libc."""

    abi: str
    command: tuple[str, ...]
    environment: dict[str, str]
    natives: Path
    class_path: str

    def run(self, name: str, arguments: Sequence[str | Path], limit_s: float) -> str:
        """Stdout of a main class. Raises RuntimeError with its last words, also when the time is over."""
        command = ["timeout", "-k", str(KILL_AFTER_S), str(limit_s), *self.command]
        command += [f"-Djava.library.path={self.natives}", "-cp", self.class_path, name, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        if done.returncode != 0:
            said = " ".join((done.stdout + done.stderr).split())[-400:]
            raise RuntimeError(f"{name} on {self.abi}: status {done.returncode}: {said}")
        return done.stdout


def unpacked_natives(app: str, abi: str, folder: Path) -> Path:
    """The folder, made, with the native libraries of an app's package. Raises MissingError."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = sorted(BUILD.glob(f"approxlite-{app}-*.apk"))
    if not packages:
        raise MissingError(f"no package of the {app} app in {BUILD}; scripts/build-android makes it")
    with zipfile.ZipFile(packages[-1]) as archive:
        for name in ("libapproxlite.so", TFLITE):
            (folder / name).write_bytes(archive.read(f"lib/{abi}/{name}"))
    return folder


def virtual_machine(abi: str, app: str, class_path: str, path: Path) -> VirtualMachine:
    """Runs `class_path` on the native libraries of an app's package, "demo" or "service", unpacked in `path`.

    Raises MissingError.
    """
    natives, shims = unpacked_natives(app, abi, path / abi / "natives"), path / abi / "shims"
    shims.mkdir(exist_ok=True)
    machine, compiler = ("x86_64", "gcc") if abi == "x86_64" else ("aarch64", "aarch64-linux-gnu-gcc")
    make: list[str | Path] = [sys.executable, REPOSITORY / "tests/farm/tflite/bionic_names.py", machine, compiler]
    glibc = Path(_said([compiler, "-print-file-name=libc.so.6"])).parent
    _said([*make, glibc, shims, natives / "libapproxlite.so", natives / TFLITE])
    if abi == "x86_64":
        command: tuple[str, ...] = ("java", "-XX:+UseSerialGC")
        return VirtualMachine(abi, command, {"LD_LIBRARY_PATH": str(shims), **_path()}, natives, class_path)
    root = BUILD / "java-arm64"
    if not (root / ARM64_JAVA).exists():
        raise MissingError(f"no Java for arm64 in {root}; scripts/check-android fetches it")
    # The interpreter: a compiler that is itself emulated takes longer than what it compiles.
    command = ("qemu-aarch64", "-cpu", "max", "-L", str(root), "-E", f"LD_LIBRARY_PATH={shims}")
    command += (str(root / ARM64_JAVA), "-Xint", "-Xshare:off", "-XX:+UseSerialGC", "-Xmx256m")
    return VirtualMachine(abi, command, _path(), natives, class_path)


def _said(command: Sequence[str | Path]) -> str:
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        why = problem.stderr.strip()[-200:] if isinstance(problem, subprocess.CalledProcessError) else problem
        raise MissingError(f"{command[0]}: {why}") from None
    return done.stdout.strip()


def _path() -> dict[str, str]:
    return {"PATH": "/usr/local/bin:/usr/bin:/bin"}
