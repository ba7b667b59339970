"""Programs that end with the one that started them, however that one ends: SIGTERM and SIGKILL run no `finally`."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence

MORTAL = ("setpriv", "--pdeathsig", "KILL")
"""Before a command: the kernel ends it with the thread that started it. After anything that enters or makes a user
namespace, which would undo it; a pid namespace that it makes with `unshare --kill-child` ends with it."""


class LastWill:
    """A command that is run once this program has died, or when `carry_out` is called, whichever is first."""

    def __init__(self, command: Sequence[str]) -> None:
        # It reads until nobody is left who could write. Signals to whoever started it are no concern of its.
        script = 'trap "" TERM INT HUP; cat > /dev/null; exec "$@" > /dev/null 2>&1'
        self._process = subprocess.Popen(
            ["sh", "-c", script, "sh", *command], stdin=subprocess.PIPE, start_new_session=True
        )

    def carry_out(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait()
