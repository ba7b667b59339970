"""Disks of a size of their own, for devices and for the desk: they can be full, and what they hold outlives reboots."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from farm.mortal import MORTAL

READY_S = 10.0


class Disk:
    """Memory mounted at `folder`, seen by programs that are started with `enter` before their command, and by nobody
    else. It lasts until closed."""

    def __init__(self, folder: Path, size: str = "128m") -> None:
        """Raises OSError where this machine allows no namespaces."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._size = size
        script = f"mount -t tmpfs -o size={size},mode=755 none '{folder}' && exec sleep infinity"
        self._holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", *MORTAL, "sh", "-c", script],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + READY_S
        while not os.path.ismount(self.outside):
            if self._holder.poll() is not None or time.monotonic() > end:
                self.close()
                raise OSError(f"no disk can be mounted at {folder}")
            time.sleep(0.01)

    @property
    def enter(self) -> list[str]:
        return ["nsenter", "--target", str(self._holder.pid), "--user", "--mount", "--"]

    @property
    def outside(self) -> Path:
        """The folder as everybody else can reach it."""
        return Path(f"/proc/{self._holder.pid}/root{self.folder}")

    def fill(self) -> None:
        """Leaves no room at all, without touching a file. Appending to a page that is there already still works."""
        for _ in range(20):
            used = os.statvfs(self.outside)
            kib = (used.f_blocks - used.f_bfree) * used.f_frsize // 1024
            with contextlib.suppress(subprocess.CalledProcessError):  # something was written meanwhile
                return self._resize(f"{max(kib, 4)}k")
        raise OSError(f"{self.folder} cannot be filled")

    def free(self) -> None:
        self._resize(self._size)

    def close(self) -> None:
        if self._holder.poll() is None:
            os.killpg(self._holder.pid, signal.SIGKILL)
        self._holder.wait()

    def _resize(self, size: str) -> None:
        command = [*self.enter, "mount", "-o", f"remount,size={size}", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=READY_S)
