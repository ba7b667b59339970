"""An adb server that only lists devices, for states that no real daemon of the farm can be brought into."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping


class ListingServer:
    """Answers every question for devices with `states`, by serial, and refuses everything else."""

    def __init__(self, states: Mapping[str, str]) -> None:
        self._states = states
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError, ValueError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        asked = connection.recv(int(connection.recv(4), 16)).decode()
        if not asked.startswith("host:devices"):
            connection.sendall(b"FAIL" + _sized("device unauthorized"))
            return
        lines = "".join(f"{serial}\t{state}\n" for serial, state in self._states.items())
        connection.sendall(b"OKAY" + _sized(lines))


def _sized(text: str) -> bytes:
    return f"{len(text):04x}{text}".encode()
