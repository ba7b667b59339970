"""Devices over adb, by adbutils: every call has a time limit, and none trusts adb's word that a command has ended.

adb reports a command whose device was lost as done, with status 0 and part of the output. So each command prints a mark
with its status at its end, and only that mark counts.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shlex
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import adbutils
from adbutils.errors import AdbError, AdbTimeout

from approxlite.formats.errors import one_line
from approxlite.profiler.devices import parsers
from approxlite.profiler.devices.faults import (
    AdbMissingError,
    DeviceLostError,
    DeviceRefusedError,
    DeviceSlowError,
    NoSuchDeviceError,
    fault_from_adb,
)
from approxlite.profiler.devices.link import BYTES_PER_S, COMMAND_S, STATUS, Completed, checked

MAX_OUTPUT_BYTES = 32 << 20
"""Of a command."""

MAX_FILE_BYTES = 256 << 20
MAX_ANSWER_BYTES = 1 << 16
"""Of everything else that a device answers."""

CONNECT_S = 3.0
SERVER_S = 25.0
"""Time limit of talking to the adb server, which may have to be started first."""


class _Transport(adbutils.AdbDevice):  # type: ignore[misc]
    """A device whose connections can be cut from another thread when time is up."""

    opened: Any = None
    limit_bytes = 0
    """What the next connection may bring at most; whoever opens it sets this first."""

    def open_transport(self, command: str | None = None, timeout: float | None = None) -> Any:
        self.opened = super().open_transport(command, timeout)
        # Everything adbutils reads goes through this, with the length that the device announced.
        self.opened._read_fully = _bounded(self.opened._read_fully, self.limit_bytes)
        return self.opened

    def cut(self) -> None:
        if self.opened is not None and not self.opened.closed:
            with suppress(OSError):  # it may end at this very moment
                self.opened.conn.shutdown(socket.SHUT_RDWR)


class _TooMuchError(Exception):
    """A device sends more than is wanted of it."""


def _bounded(read: Callable[[int], bytes], limit: int) -> Callable[[int], bytes]:
    left = limit

    def read_within_limit(count: int) -> bytes:
        nonlocal left
        left -= count
        if left < 0:
            raise _TooMuchError
        return read(count)

    return read_within_limit


class AdbDevice:
    """One device: a `Link`. Belongs to one thread at a time."""

    def __init__(self, client: adbutils.AdbClient, serial: str) -> None:
        self.serial = serial
        self.stretch = 1.0
        self._transport = _Transport(client, serial)

    def run(self, command: str, *, timeout_s: float = COMMAND_S) -> Completed:
        """As `Link.run`. Raises DeviceRefusedError for a command that prints more than `MAX_OUTPUT_BYTES`."""
        mark = secrets.token_hex(8)
        # The mark is put together by the shell, so that an echo of the command is not taken for it.
        line = f"( {command}\n) 2>&1; s=$?; echo; echo approx-''end-{mark} $s"
        with self._limited(timeout_s, f"`{command[:60]}`", MAX_OUTPUT_BYTES):
            output = self._transport.shell2(line, timeout=timeout_s * self.stretch, v2=True).output
        body, found, status = output.replace("\r\n", "\n").rpartition(f"\napprox-end-{mark} ")
        if not found or not STATUS.fullmatch(status.strip()):
            raise DeviceLostError(f"{self.serial}: lost while it ran `{command[:60]}`; it can be resumed")
        return Completed(body, int(status))

    def push(self, content: bytes, target: str, *, mode: int = 0o644) -> None:
        # A cut transfer leaves its part under the other name.
        part = f"{target}.part"
        try:
            with self._limited(COMMAND_S + len(content) / BYTES_PER_S, f"writing {target}"):
                self._transport.sync.push(content, part, mode)
        except DeviceLostError as fault:
            self._check_room(part, len(content), fault)
            raise
        arrived, wanted = shlex.quote(part), shlex.quote(target)
        digest = hashlib.sha256(content).hexdigest()
        checked(
            self,
            f"n=$(sha256sum {arrived} 2>/dev/null | cut -d' ' -f1); "
            f'if [ "$n" = {digest} ]; then mv -f {arrived} {wanted}; '
            f"else rm -f {arrived}; df {shlex.quote(os.path.dirname(target))} | tail -n 1; "
            "echo 'No space left on device, or the file changed on its way'; exit 28; fi",
        )

    def pull(self, source: str, *, offset: int = 0) -> bytes:
        """As `Link.pull`. Raises DeviceRefusedError for a file of more than `MAX_FILE_BYTES`."""
        with self._limited(COMMAND_S, f"looking at {source}"):
            size = int(self._transport.sync.stat(source).size)
        if size <= offset:
            return b""
        # The whole file even for its end: shells of some vendors change bytes on their way.
        if size > MAX_FILE_BYTES:
            raise self._too_much(f"reading {source}", MAX_FILE_BYTES)
        with self._limited(COMMAND_S + size / BYTES_PER_S, f"reading {source}", MAX_FILE_BYTES):
            content: bytes = self._transport.sync.read_bytes(source)
        if len(content) < size:
            raise DeviceLostError(f"{self.serial}: lost while {source} was read; it can be resumed")
        return content[offset:]

    def _check_room(self, part: str, size: int, fault: DeviceLostError) -> None:
        """Raises DeviceFullError where that is why a device broke a transfer off: adbutils does not read its reason."""
        if "FAIL" not in str(fault):
            return
        folder = shlex.quote(os.path.dirname(part))
        free = parsers.free_bytes(self.run(f"rm -f {shlex.quote(part)}; df -k {folder}").output)
        if free is not None and free < size:
            raise fault_from_adb("no space left", self.serial) from None

    def forward(self, remote: str) -> int:
        """The port of this computer that now leads to `remote`, such as "localabstract:approxlite"."""
        with self._limited(COMMAND_S, f"forwarding to {remote}"):
            return int(self._transport.forward_port(remote))

    def install(self, apk: bytes) -> None:
        """Installs or updates an app. By pushing it first: streaming needs more than every device can do."""
        target = "/data/local/tmp/approxlite-install.apk"
        self.push(apk, target)
        output = checked(self, f"pm install -r {target}; s=$?; rm -f {target}; exit $s", timeout_s=120.0)
        if "Success" not in output:
            raise fault_from_adb(output or "pm install said nothing", self.serial)

    @contextmanager
    def _limited(self, seconds: float, doing: str, limit_bytes: int = MAX_ANSWER_BYTES) -> Iterator[None]:
        """Cuts whatever takes longer or brings more, and turns what adbutils raises into a fault."""
        seconds *= self.stretch
        self._transport.limit_bytes = limit_bytes
        late = threading.Event()

        def cut() -> None:
            late.set()
            self._transport.cut()

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        slow = DeviceSlowError(f"{self.serial}: no answer within {seconds:.0f} s from {doing}")
        try:
            yield
        except _TooMuchError:
            raise self._too_much(doing, limit_bytes) from None
        except (AdbTimeout, TimeoutError):
            raise slow from None
        except AdbError as problem:
            raise (slow if late.is_set() else self._explained(problem)) from None
        except (OSError, EOFError, ValueError, AssertionError, IndexError, struct.error) as problem:
            # How adbutils meets a connection that ends in the middle of a message.
            raise (slow if late.is_set() else self._explained(problem)) from None
        finally:
            timer.cancel()
        if late.is_set():
            raise slow

    def _too_much(self, doing: str, limit_bytes: int) -> DeviceRefusedError:
        return DeviceRefusedError(f"{self.serial}: {doing} brings more than {limit_bytes} bytes; not read")

    def _explained(self, problem: Exception) -> Exception:
        text = one_line(problem)
        if isinstance(problem, ConnectionRefusedError) or "adb server" in text:
            return AdbMissingError(f"the adb server does not answer ({text}); `adb start-server` says why")
        return fault_from_adb(text, self.serial)


class _Client(adbutils.AdbClient):  # type: ignore[misc]
    """Starts a server on this computer alone: adbutils would start one here for another computer's that is away."""

    def make_connection(self, timeout: float | None = None) -> Any:
        if not (self.host.startswith("127.") or self.host in ("localhost", "::1")):
            try:
                socket.create_connection((self.host, self.port), timeout=CONNECT_S).close()
            except (OSError, UnicodeError) as problem:
                raise AdbError(f"no adb server at {self.host}:{self.port}: {one_line(problem, 60)}") from None
        try:
            return super().make_connection(timeout)
        except subprocess.SubprocessError as problem:  # of `adb start-server`, which hangs
            raise AdbError(f"no adb server at {self.host}:{self.port}: {one_line(problem, 60)}") from None


def client() -> adbutils.AdbClient:
    """Of the server at ANDROID_ADB_SERVER_HOST and _PORT, else 127.0.0.1:5037, which is started if it is not running,
    by the program that ADB names, else the one on the path, else the one that adbutils brings. A server of another
    computer is not started. Raises AdbMissingError for what is no port.
    """
    if os.environ.get("ADB"):
        os.environ["ADBUTILS_ADB_PATH"] = os.environ["ADB"]
    port = os.environ.get("ANDROID_ADB_SERVER_PORT") or "5037"
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise AdbMissingError(
            f"ANDROID_ADB_SERVER_PORT is '{port[:40]}'; set it to the port of an adb server, 1 to 65535"
        )
    host = os.environ.get("ANDROID_ADB_SERVER_HOST") or "127.0.0.1"
    return _Client(host=host, port=int(port), socket_timeout=SERVER_S)


def listed(adb: adbutils.AdbClient | None = None) -> dict[str, str]:
    """Serial -> state ("device", "offline", "unauthorized", ...) of everything adb sees. Raises AdbMissingError."""
    try:
        return {info.serial: info.state for info in (adb or client()).list()}
    except (AdbError, OSError, RuntimeError) as problem:
        raise AdbMissingError(
            f"adb cannot be used ({one_line(problem, 120)}); set ADB to the program, "
            "ANDROID_ADB_SERVER_HOST and _PORT to a running server"
        ) from None


def device(serial: str | None, adb: adbutils.AdbClient | None = None) -> AdbDevice:
    """The device of that serial, or the only one there is. Raises NoSuchDeviceError, or what is wrong with it."""
    adb = adb or client()
    found = listed(adb)
    if serial is None:
        if len(found) > 1:
            raise NoSuchDeviceError(f"{len(found)} devices: {', '.join(sorted(found))}; choose one with --device")
        if not found:
            raise NoSuchDeviceError("no device; connect one, turn on USB debugging, and see `approxlite devices`")
        serial = next(iter(found))
    if serial not in found:
        others = ", ".join(sorted(found)) or "no device at all"
        raise NoSuchDeviceError(f"no device '{serial}'; adb sees {others}")
    if found[serial] != "device":
        raise fault_from_adb(found[serial], serial)
    return AdbDevice(adb, serial)


def reached(serial: str, adb: adbutils.AdbClient | None = None) -> AdbDevice:
    """The device of that serial after a fault: one on the network is connected anew when adb has dropped it, one that
    adb holds for offline is woken. Raises what is still wrong.
    """
    adb = adb or client()
    state = listed(adb).get(serial)
    if state in (None, "offline") and ":" in serial:
        with suppress(AdbError, OSError):
            if state is not None:
                adb.disconnect(serial)
            adb.connect(serial, timeout=COMMAND_S)
    elif state == "offline":
        with suppress(AdbError, OSError), adb.make_connection() as connection:
            connection.send_command("host:reconnect-offline")
            connection.check_okay()
    return device(serial, adb)
