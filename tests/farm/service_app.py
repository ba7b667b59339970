"""The service app on a device of the farm.

All of it, on the real TensorFlow Lite and the package's own x86_64 library, in a virtual machine of this computer that
answers the device's am, content and pidof; pm finds it installed. See testing/device in android/toolchain/java.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from farm.farm import FarmDevice, FarmUnavailableError
from farm.mortal import MORTAL

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
PACKAGE = "dev.approxlite.service"
FILES = f"sdcard/Android/data/{PACKAGE}/files"
START_S = 180.0
TOOLS = ("am", "content", "pidof", "app")

sys.path.insert(0, str(REPOSITORY / "scripts/android"))


@cache
def _java() -> tuple[str, str]:
    """Class path of app and tests, and the folder of Robolectric's Android. Raises FarmUnavailableError."""
    script = (
        "set -e; source scripts/lib/apt; source scripts/lib/java; { java_setup; java_compile_once; } >&2; "
        'echo "$PWD/$JAVA_BUILD/tests:$PWD/$JAVA_BUILD/main:$JAVA_TEST_PATH"; echo "$JAVA_INSTRUMENTED"'
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode != 0:
        raise FarmUnavailableError(f"no Java: {' '.join((done.stdout + done.stderr).split())[-200:]}")
    path, instrumented = done.stdout.split("\n")[-3:-1]
    return ":".join(os.path.join(REPOSITORY, each) for each in path.split(":")), instrumented


class ServiceApp:
    """The app on one device, installed when this is made. Its files are the device's, and outlive `kill`."""

    def __init__(self, device: FarmDevice, folder: Path) -> None:
        """`folder`: empty, for libraries. Raises FarmUnavailableError."""
        from virtual_machine import MissingError, virtual_machine

        self.device = device
        self._process: subprocess.Popen[bytes] | None = None
        self._class_path, self._instrumented = _java()
        try:
            self._machine = virtual_machine("x86_64", "service", self._class_path, folder)
        except MissingError as missing:
            raise FarmUnavailableError(str(missing)) from None
        self._log = folder / "service.log"
        self._install(folder)

    def _install(self, folder: Path) -> None:
        tool = folder / "android"
        command = ["gcc", "-O1", "-static", "-o", str(tool), str(HERE / "android.c")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise FarmUnavailableError(f"gcc: {done.stderr[-200:]}")
        system = self.device.root / "system/bin"
        (system / "android").write_bytes(tool.read_bytes())
        (system / "android").chmod(0o755)
        for name in TOOLS:
            (system / name).unlink(missing_ok=True)
            (system / name).symlink_to("android")
        app = self.device.root / "data/app" / PACKAGE
        app.mkdir(parents=True, exist_ok=True)
        (app / "base.apk").touch()

    def start(self) -> None:
        """Until it answers. Raises FarmUnavailableError."""
        farm = self.device.root / "data/farm"
        build = dict(line.split("=", 1) for line in self.device.personality.build_properties().splitlines())
        properties = {
            "device.root": self.device.root,
            "device.fingerprint": build["ro.build.fingerprint"],
            "device.hardware": build["ro.hardware"],
            "device.board": build["ro.product.board"],
            "device.abis": build["ro.product.cpu.abilist"],
            "java.library.path": self._machine.natives,
            "robolectric.offline": "true",
            "robolectric.dependency.dir": self._instrumented,
            "robolectric.logging.enabled": "false",
        }
        # In a namespace of its own, where the processor is the device's.
        command = ["unshare", "--user", "--map-root-user", "--mount", *MORTAL, "sh", "-c"]
        command += ['mount --bind "$0" /proc/cpuinfo && exec "$@"', str(self.device.root / "data/cpuinfo")]
        command += [*self._machine.command, "-Xshare:auto", "-Xmx512m", "--add-opens", "java.base/java.io=ALL-UNNAMED"]
        command += [f"-D{name}={value}" for name, value in properties.items()]
        command += ["-cp", self._class_path, "dev.approxlite.testing.device.DeviceMain"]
        (farm / "android").unlink(missing_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=farm, env=self._machine.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + START_S
        while not (farm / "android").exists():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise FarmUnavailableError(f"the service app does not start: {self.log()[-500:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """As the system kills an app, or a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def forget(self) -> None:
        """Starts anew on a device on which nobody did anything yet."""
        files = self.device.root / "data/data" / PACKAGE
        log = files / "files/audit.jsonl"
        if log.is_file() and log.stat().st_size > 0:
            self.kill()
            shutil.rmtree(files)
            self.start()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def ask(self, shell: Any, model: Path, samples: bytes, sizes: tuple[int, int], count: int) -> dict[str, int]:
        """What an app of that model which asks `count` times is answered. sizes: bytes of a sample and of an answer.
        shell: runs a command on the device and returns what it prints."""
        file = "data/local/tmp/samples"
        (self.device.root / file).write_bytes(samples)
        digest = sha256(model.read_bytes()).hexdigest()
        said = shell(shlex.join(["app", digest, f"/{file}", *map(str, (*sizes, count))]))
        answered: dict[str, int] = json.loads(said)
        return answered
