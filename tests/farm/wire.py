"""The cable of a device: a proxy between the adb server and adbd that can be cut, held up or made slow."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Wire:
    """Carries connections to `port` of this machine. `port` of the wire itself is what adb connects to."""

    def __init__(self, device_port: int) -> None:
        self._device_port = device_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._flows = threading.Event()
        self._flows.set()
        self._cut_after: int | None = None
        self._was_cut = threading.Event()
        self._held_up = threading.Event()
        self._unplugged = False
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks what is connected; it can be connected again at once."""
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def cut_after(self, count: int) -> threading.Event:
        """Breaks the connection once `count` more bytes have gone through, either way; then the event is set."""
        with self._lock:
            self._cut_after, self._was_cut = count, threading.Event()
            return self._was_cut

    def unplug(self) -> None:
        """Breaks it and refuses new connections until plugged in."""
        self._unplugged = True
        self.cut()

    def plug(self) -> None:
        self._unplugged = False

    def hold(self) -> threading.Event:
        """Nothing gets through until it is let go; nobody is told. The event is set once something was held up."""
        self._held_up = threading.Event()
        self._flows.clear()
        return self._held_up

    def let_go(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self._closed = True
        self._listener.close()
        self.let_go()
        self.cut()

    def _accept(self) -> None:
        while not self._closed:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            if self._unplugged:
                ours.close()
                continue
            try:
                theirs = socket.create_connection(("127.0.0.1", self._device_port), timeout=5)
                theirs.settimeout(None)
            except OSError:
                ours.close()
                continue
            with self._lock:
                self._open |= {ours, theirs}
            for source, target in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while content := source.recv(65536):
                if not self._flows.is_set():
                    self._held_up.set()
                    self._flows.wait()
                with self._lock:
                    left = self._cut_after
                    if left is not None:
                        self._cut_after = None if left <= len(content) else left - len(content)
                target.sendall(content if left is None else content[:left])
                if left is not None and left <= len(content):
                    self._was_cut.set()
                    self.cut()
                    return
        except OSError:
            pass
        finally:
            for each in (source, target):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            time.sleep(0)
            with self._lock:
                self._open -= {source, target}
            source.close()
