"""What restarts, kills in the middle of a save and damage do to a guard's state."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from figures import Figure

from approxlite.formats.errors import FormatError
from approxlite.formats.guard import GuardSettings
from approxlite.runtime.guard import STATE_BYTES, Guard

_SECTION = "State: restart, kill, damage"
_CERTIFICATE = bytes(range(32))
_KILLS = 200
_DAMAGES = 20_000
_ALARMS = ("disagreement", "not_finite", "constant", "out_of_range", "unreadable", "other_policy", "person", "zero")


def new_guard() -> Guard:
    return Guard(GuardSettings(canary_rate=0.5), _CERTIFICATE, 0.02)


def state_checks(seed: int) -> Iterator[Figure]:
    random = np.random.default_rng(seed)
    yield _restarts(random)
    yield _alarms()
    yield _kills(random)
    yield _damage(random)
    yield _others()


def _restarts(random: np.random.Generator) -> Figure:
    """One guard lives through; the other ends and is taken up again after every hundred answers."""
    kept, state, rounds = new_guard(), bytes(STATE_BYTES), 100
    equal = 0
    for _ in range(rounds):
        confidences, differs = random.random(100, np.float32), random.random(100) < 0.02
        kept.replay(confidences, differs)
        with new_guard() as guard:
            guard.load(state)
            guard.replay(confidences, differs)
            state = guard.save(state)
            equal += guard.status() == kept.status()
    kept.close()
    return _figure(
        "restart after every 100 answers", f"{equal} of {rounds} restarts go on bit for bit", equal == rounds
    )


def _alarms() -> Figure:
    outlived = 0
    for alarm in _ALARMS:
        with new_guard() as guard, new_guard() as after:
            guard.latch(alarm)
            after.load(guard.save())
            outlived += after.status().alarm == alarm
    return _figure("restart with an alarm", f"{outlived} of {len(_ALARMS)} kinds stay", outlived == len(_ALARMS))


def _kills(random: np.random.Generator) -> Figure:
    """Processes that do nothing but answer and save are killed at random; each takes up where the one before was."""
    good = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "guard.state"
        for _ in range(_KILLS):
            said = _killed_writer(path, float(random.uniform(0.001, 0.02)))
            with new_guard() as guard:
                guard.load_file(path)
                good += not guard.status().latched and guard.status().answers >= said
    what = f"{_KILLS} processes killed while they save (SIGKILL)"
    return _figure(what, f"{good} leave the state of the last save or a newer one", good == _KILLS)


def _killed_writer(path: Path, after_s: float) -> int:
    """How many answers the state held that the process last said to have saved."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        guard = new_guard()
        guard.load_file(path)
        while True:
            guard.replay(np.ones(1, np.float32), np.zeros(1, np.bool_))
            guard.save_file(path)
            os.write(writer, struct.pack("<Q", guard.status().answers))
    os.close(writer)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    return int(struct.unpack("<Q", said[-8:])[0]) if said else 0


def _damage(random: np.random.Generator) -> Figure:
    with new_guard() as guard:
        guard.latch("disagreement")
        state = np.frombuffer(guard.save(), np.uint8)
    latched = 0
    for number in range(_DAMAGES):
        damaged = state.copy()
        if number % 4 == 0:
            damaged[:] = random.integers(0, 256, STATE_BYTES)
        elif number % 4 == 1:
            damaged[random.integers(0, STATE_BYTES) :] = random.integers(0, 2) * 255
        else:
            places = random.integers(0, STATE_BYTES, random.integers(1, 50))
            damaged[places] ^= random.integers(1, 256, len(places)).astype(np.uint8)
        with new_guard() as guard:
            with contextlib.suppress(FormatError):
                guard.load(damaged.tobytes())
            latched += guard.status().latched or not damaged.any()
    return _figure("damage to a state with an alarm", f"{latched} of {_DAMAGES} still latched", latched == _DAMAGES)


def _others() -> Figure:
    """Files that are not this guard's state, and what each must be to it."""
    with (
        new_guard() as guard,
        Guard(GuardSettings(), bytes(32), 0.02) as other,
        tempfile.TemporaryDirectory() as folder,
    ):
        good, foreign = guard.save(), other.save()
        cases = {
            "missing": (None, "none"),
            "good": (good, "none"),
            "empty": (b"", "unreadable"),
            "zeros": (bytes(STATE_BYTES), "unreadable"),
            "cut": (good[:300], "unreadable"),
            "longer": (good + b"x", "unreadable"),
            "of another certificate": (foreign, "other_policy"),
        }
        wrong = []
        for name, (content, expected) in cases.items():
            path = Path(folder) / name
            if content is not None:
                path.write_bytes(content)
            with new_guard() as reader:
                with contextlib.suppress(FormatError):
                    reader.load_file(path)
                if reader.status().alarm != expected:
                    wrong.append(name)
    what = f"state file {', '.join(cases)}"
    return _figure(what, "each as it should be" if not wrong else f"wrong: {', '.join(wrong)}", not wrong)


def _figure(what: str, result: str, met: bool) -> Figure:
    return Figure(_SECTION, what, result, "all", met)
