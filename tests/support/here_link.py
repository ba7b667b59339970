"""A device's link that leads to a shell of this computer."""

from __future__ import annotations

import subprocess
from pathlib import Path

from approxlite.profiler.devices.link import COMMAND_S, Completed


class HereLink:
    """This computer as a device."""

    serial, stretch = "HERE", 1.0

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        done = subprocess.run(
            ["sh", "-c", f"( {command}\n) 2>&1"], capture_output=True, text=True, timeout=timeout_s, check=False
        )
        return Completed(done.stdout, done.returncode)

    def push(self, content: bytes, target: str, *, mode: int = 0o644) -> None:
        Path(target).write_bytes(content)
        Path(target).chmod(mode)

    def pull(self, source: str, *, offset: int = 0) -> bytes:
        return Path(source).read_bytes()[offset:]
