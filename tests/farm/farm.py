"""A farm of devices: Debian's real adbd, each in namespaces of its own, behind a real adb server.

Nothing of it is reachable from outside this machine, and nothing outlives the program that started it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from adbutils import AdbClient
from adbutils.errors import AdbError

from farm.disk import Disk
from farm.mortal import MORTAL, LastWill
from farm.personalities import Personality
from farm.roots import make_root
from farm.wire import Wire

HERE = Path(__file__).parent
PACKAGES = Path(os.environ.get("APPROX_FARM", HERE.parents[1] / "build" / "farm"))
CONNECT_S = 20.0


class FarmUnavailableError(Exception):
    """Why there is no farm on this machine."""


class FarmDevice:
    """One device: its file system at `root`, its cable `wire`, and adb's name for it, `serial`."""

    def __init__(self, personality: Personality, root: Path, packages: Path, built: Path) -> None:
        self.personality = personality
        self.root = root
        self._emulator = packages / "amd64/usr/bin/aarch64-binfmt-P"
        make_root(root, packages, built, personality)
        try:
            self.disk = Disk(root / "data/local/tmp")
        except OSError as problem:
            raise FarmUnavailableError(str(problem)) from None
        self.port = _free_port()
        self.wire = Wire(self.port)
        self.serial = f"127.0.0.1:{self.wire.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def boot(self) -> None:
        """Starts adbd; what lies on the device is still there."""
        command = [*self.disk.enter, *MORTAL, "unshare", "--mount", "--pid", "--fork", "--kill-child"]
        with open(self.root.with_suffix(".log"), "ab") as log:
            self._process = subprocess.Popen(
                [*command, str(HERE / "start_device"), str(self.root), str(self.port), str(self._emulator)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Ends adbd and everything that runs on the device, as a reboot does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def kill_adbd(self) -> bool:
        """Ends adbd alone, which the device's init starts again; what else runs on the device goes on.

        Whether there was one.
        """
        killed = False
        for number in self.running("/adbd/adbd"):
            try:
                os.kill(number, signal.SIGKILL)
                killed = True
            except OSError:
                continue  # it ended while we looked
        return killed

    def running(self, program: str) -> list[int]:
        """Processes of the device whose command line holds `program`."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (
                    process.joinpath("root").readlink() == self.root
                    and program.encode() in (process / "cmdline").read_bytes()
                ):
                    found.append(int(process.name))
            except OSError:
                continue  # it ended while we looked
        return found

    def reboot(self) -> None:
        self.kill()
        shutil.rmtree(self.root / "tmp")
        (self.root / "tmp").mkdir()
        self.boot()

    def set(self, name: str, content: str | None) -> None:
        """What the device's tools answer from now on, see tests/farm/bin; None takes the answer away."""
        file = self.root / "data/farm" / name
        if content is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(content)

    def close(self) -> None:
        self.kill()
        self.wire.close()
        self.disk.close()


class Farm:
    """Devices and the adb server that knows them; `client()` talks to it."""

    def __init__(self, folder: Path, packages: Path, personalities: Sequence[Personality]) -> None:
        """`folder`: empty, for the devices. Raises FarmUnavailableError."""
        self.folder = folder
        self.port = _free_port()
        built = folder / "built"
        built.mkdir()
        _checked(["gcc", "-O1", "-fPIC", "-shared", "-o", f"{built}/loopback.so", f"{HERE}/loopback.c", "-ldl"])
        for program in ("agent", "flock"):
            _checked(["gcc", "-O1", "-static", "-o", f"{built}/{program}", f"{HERE}/{program}.c"])
        self.agent = built / "agent"
        _checked(["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "true"])
        _checked([*MORTAL, "true"])
        self._wills: dict[int, LastWill] = {}
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join([str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "ANDROID_ADB_SERVER_HOST": "127.0.0.1",
            "ANDROID_ADB_SERVER_PORT": str(self.port),
        }
        self.devices = [FarmDevice(p, folder / p.serial.lower(), packages, built) for p in personalities]

    def client(self) -> AdbClient:
        return AdbClient(host="127.0.0.1", port=self.port, socket_timeout=10)

    def start(self) -> None:
        self.start_server()
        for device in self.devices:
            device.boot()
        for device in self.devices:
            self.connect(device)

    def start_server(self, port: int | None = None) -> None:
        """It goes into the background by itself, so that something has to end it when this program cannot."""
        from adbutils import adb_path

        port = port or self.port
        if port not in self._wills:
            # A desk that died with us may have started it anew meanwhile.
            ends = f"sleep 0.5; {shlex.quote(adb_path())} -H 127.0.0.1 -P {port} kill-server"
            self._wills[port] = LastWill(["sh", "-c", ends])
        _checked([adb_path(), "start-server"], {**self.environment, "ANDROID_ADB_SERVER_PORT": str(port)})

    def second_server(self) -> AdbClient:
        """Of another adb server, that of another host, which knows no device yet; the caller ends it."""
        port = _free_port()
        self.start_server(port)
        return AdbClient(host="127.0.0.1", port=port, socket_timeout=10)

    def kill_server(self) -> bool:
        """Whether there was one."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        self.client().server_kill()
        return True

    def connect(self, device: FarmDevice) -> None:
        """Until adb can talk to it. Raises FarmUnavailableError when that takes too long."""
        end = time.monotonic() + CONNECT_S
        while time.monotonic() < end:
            self.client().connect(device.serial, timeout=5)
            if any(each.serial == device.serial and each.state == "device" for each in self.client().list()):
                return
            self.client().disconnect(device.serial)
            time.sleep(0.05)
        log = device.root.with_suffix(".log").read_text(errors="replace")[-300:]
        raise FarmUnavailableError(f"{device.personality.serial} does not answer: {log}")

    def close(self) -> None:
        for device in self.devices:
            device.close()
        with contextlib.suppress(AdbError, OSError):  # a fault may have killed it
            self.kill_server()
        for will in self._wills.values():
            will.carry_out()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fetch_packages() -> Path:
    """Where Debian's adbd and shells are, fetched once. Raises FarmUnavailableError."""
    _checked([str(HERE / "fetch"), str(PACKAGES)])
    return PACKAGES


def _checked(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    if done.returncode != 0:
        raise FarmUnavailableError(f"{command[0]} failed: {' '.join((done.stdout + done.stderr).split())[-200:]}")


def _free_port() -> int:
    """Outside those that adb itself looks for emulators on."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if not 5550 <= port <= 5600:
            return port
