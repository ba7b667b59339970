"""Campaigns on a farm under random faults: whether any row is lost or there twice, and whether settings come back."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from adbutils.errors import AdbError

from approxlite.formats.errors import ApproxError
from approxlite.formats.profile import IdleRow, load_profile
from farm.desk import NO_ROOM
from farm.disk import Disk
from farm.farm import Farm, FarmDevice, FarmUnavailableError
from farm.mortal import MORTAL
from farm.personalities import TABLET, Personality
from farm.settings import guarded, restored, settle

COMMAND_S = 2.0
STALLED_S = 180.0
"""Without a new row, after which a campaign counts as one that does not end; however slow the machine is, rows come."""

IN_A_ROW = 15
"""Faults without a row between them, after which the next one waits for a row: where a desk takes as long to start as
it is left alone, no campaign would end."""

VAIN = 3
"""Campaigns in a row in which no fault took effect, after which something is wrong with the farm."""

LOOKS = 4
"""Faults for each look at a device's settings, at most."""

RESTORED_S = 120.0
"""The watchdog's lease, and what an agent may still have to do before, on a machine that is busy otherwise."""

Rows = dict[int, tuple[object, ...]]
Effect = bool | Callable[[], bool | None]
"""Whether a fault did anything; where that shows later, what tells it, None for as long as it may still happen."""


@dataclass
class Figures:
    """What faults did. faults: those that took effect; vain: those that met nothing, such as a server killed where
    there was none, drawn again. Every count of lost, twice, changed and unfinished has to be 0, and settings have to be
    looked at often enough.
    """

    faults: dict[str, int] = field(default_factory=dict)
    vain: dict[str, int] = field(default_factory=dict)
    campaigns: int = 0
    desk_starts: int = 0
    rows_lost: int = 0
    rows_twice: int = 0
    rows_changed: int = 0
    settings_lost: int = 0
    restores_checked: int = 0
    unfinished: int = 0
    seconds: float = 0.0

    @property
    def kept(self) -> bool:
        missed = (self.rows_lost, self.rows_twice, self.rows_changed, self.settings_lost, self.unfinished)
        return not any(missed) and self.campaigns > 0 and self.restores_checked >= self.least_looks

    @property
    def least_looks(self) -> int:
        """At the settings of a device, after a desk died or a campaign ended."""
        return max(1, sum(self.faults.values()) // LOOKS)

    def json(self) -> dict[str, object]:
        return {
            **asdict(self),
            "faults_injected": sum(self.faults.values()),
            "least_looks": self.least_looks,
            "kept": self.kept,
        }


def equal_devices(count: int) -> list[Personality]:
    """Of one class, quick to talk to."""
    return [replace(TABLET, serial=f"EQUAL{i}", files={}, slow_s=0.0) for i in range(count)]


class Patience:
    """Seconds to wait at most. Only time in which this process ran counts: machines are suspended, or busy, and what is
    waited for stands still as well."""

    def __init__(self, seconds: float) -> None:
        self._left, self._looked = seconds, time.monotonic()

    def over(self) -> bool:
        """Asked several times a second."""
        now = time.monotonic()
        self._left -= min(now - self._looked, 1.0)
        self._looked = now
        return self._left <= 0


class _Stalled:
    """Whether a number has not changed for `STALLED_S`."""

    def __init__(self, number: Callable[[], int]) -> None:
        self._number, self._last, self._patience = number, -1, Patience(STALLED_S)

    def __call__(self) -> bool:
        now = self._number()
        if now != self._last:
            self._last, self._patience = now, Patience(STALLED_S)
        return self._patience.over()


class Trials:
    """Campaigns on `farm`, one after the other, with their journals on a disk of their own."""

    def __init__(
        self, farm: Farm, folder: Path, seed: int, *, sweeps: int = 12, agents: Path | None = None,
        model: bytes = b"any model",
    ) -> None:  # fmt: skip
        """agents: a folder of native ones, which measure `model`; else the farm's, which sleeps where those infer and
        of which every row is known beforehand."""
        self.farm, self.figures = farm, Figures()
        self._agents = agents
        self._order = random.Random(seed)
        self._disk = Disk(folder / "desk", "32m")
        self._folder, self._model, self._sweeps = folder, folder / "model.tflite", sweeps
        self._model.write_bytes(model)
        self._timers: list[threading.Timer] = []
        self._pending: list[tuple[str, Effect]] = []
        self._rebooted: set[str] = set()
        self._log = folder / "desk.log"
        self._log.touch()
        self._said_full: dict[str, int] = {}
        for device in farm.devices:
            settle(device)

    def run(self, faults: int) -> Figures:
        """Until that many faults have taken effect and the campaign in which they did has ended."""
        begin = time.monotonic()
        truth = self.undisturbed()
        happened, in_vain = Counter[str](), 0
        while sum(happened.values()) < faults:
            name, before = f"trial{self.figures.campaigns}.jsonl", sum(happened.values())
            given_up = self._campaign(name, happened, faults)
            self._compare(name, truth)
            # Devices that a desk reached at the end are as they were; others see to it themselves.
            self._check_settings(self.farm.devices, within_s=RESTORED_S if given_up else 0.0)
            self._tell(happened, over=True)
            self.figures.campaigns += 1
            in_vain = 0 if sum(happened.values()) > before else in_vain + 1
            if in_vain >= VAIN:
                raise FarmUnavailableError(f"faults take no effect: {self.figures.vain}")
        self.figures.faults = dict(sorted(happened.items()))
        self.figures.seconds = time.monotonic() - begin
        return self.figures

    def _tell(self, happened: Counter[str], *, over: bool = False) -> None:
        """Counts the faults of which it shows by now whether they took effect. over: all others did not."""
        if over:
            for timer in self._timers:
                timer.join()
        waiting = []
        for name, effect in self._pending:
            took = effect if isinstance(effect, bool) else effect()
            if took is None and not over:
                waiting.append((name, effect))
            elif took:
                happened[name] += 1
            else:
                self.figures.vain[name] = self.figures.vain.get(name, 0) + 1
        self._pending = waiting

    def undisturbed(self) -> Rows:
        name = "undisturbed.jsonl"
        desk, stalled = self._desk(name), _Stalled(lambda: self._size(name))
        while desk.poll() is None and not stalled():
            time.sleep(0.2)
        if desk.poll() != 0:
            desk.kill()
            raise FarmUnavailableError("a campaign without faults failed; see desk.log")
        return self._rows(name)

    def close(self) -> None:
        for timer in self._timers:
            timer.join()
        self._disk.close()

    def _campaign(self, name: str, happened: Counter[str], faults: int) -> bool:
        """Whether the desk gave a device up, or its journal's end was not reached at all."""
        desk, stalled, in_a_row, size = self._desk(name), _Stalled(lambda: self._size(name)), 0, 0
        while not stalled():
            try:
                status = desk.wait(self._order.uniform(0.2, 3.0))
            except subprocess.TimeoutExpired:
                in_a_row = in_a_row if self._size(name) == size else 0
                size = self._size(name)
                self._tell(happened)
                if sum(happened.values()) + len(self._pending) < faults and in_a_row < IN_A_ROW:
                    fault = self._order.choice(list(FAULTS))
                    self._pending.append((fault, FAULTS[fault](self, desk)))
                    in_a_row += 1
                continue
            if status == 0:
                said = self._log.read_text(errors="replace").splitlines()
                return bool(json.loads(said[-1])["given_up"])
            desk = self._desk(name)
        desk.kill()
        desk.wait()
        said = " | ".join(self._log.read_text(errors="replace").splitlines()[-5:])
        print(f"{name}: no new row for {STALLED_S:.0f} s; its desk said last: {said}", file=sys.stderr, flush=True)
        self.figures.unfinished += 1
        return True

    def _size(self, name: str) -> int:
        """Of the journal, in bytes."""
        try:
            return (self._disk.outside / name).stat().st_size
        except OSError:
            return 0

    def _desk(self, name: str) -> subprocess.Popen[bytes]:
        serials = [device.serial for device in self.farm.devices]
        agent = str(self._agents or self.farm.agent)
        command = [sys.executable, "-m", "farm.desk", str(self._disk.folder / name), agent]
        more = {"FARM_SWEEPS": str(self._sweeps), "FARM_COMMAND_S": str(COMMAND_S), "FARM_BLOCK_S": "0.05"}
        self.figures.desk_starts += 1
        with open(self._log, "ab") as log:
            return subprocess.Popen(
                [*self._disk.enter, *MORTAL, *command, str(self._model), *serials],
                env={**self.farm.environment, **more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def _rows(self, name: str) -> Rows:
        """What the journal says of each block, but for times and who measured it."""
        profile = load_profile(self._disk.outside / name)
        rows: Rows = {}
        for row in (*profile.blocks, *profile.idles):
            if row.block in rows:
                self.figures.rows_twice += 1
            said = () if isinstance(row, IdleRow) else (row.subject, row.configuration, row.inferences, row.latency_ns)
            if self._agents is not None:
                said = said[:2]  # real times differ, and with them how many inferences fill a block
            rows[row.block] = (row.kind, row.round, *said)
        return rows

    def _compare(self, name: str, truth: Rows) -> None:
        try:
            rows = self._rows(name)
        except ApproxError:
            rows = {}
        self.figures.rows_lost += len(truth.keys() - rows.keys())
        self.figures.rows_changed += sum(rows[b] != truth[b] for b in truth.keys() & rows.keys())
        self.figures.rows_changed += len(rows.keys() - truth.keys())

    def _check_settings(self, devices: Sequence[FarmDevice], *, within_s: float) -> None:
        patience = Patience(within_s)
        while (wrong := [each for each in devices if not restored(each)]) and not patience.over():
            time.sleep(0.2)
        self.figures.restores_checked += len(devices)
        self.figures.settings_lost += len(wrong)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, action)
        timer.start()
        self._timers.append(timer)

    def _device(self) -> FarmDevice:
        return self._order.choice(self.farm.devices)

    # The faults.

    def kill_server(self, _desk: object) -> Effect:
        with contextlib.suppress(AdbError, OSError):  # it may be dead already
            return self.farm.kill_server()
        return False

    def kill_adbd(self, _desk: object) -> Effect:
        return self._device().kill_adbd()

    def cut_transfer(self, _desk: object) -> Effect:
        return _once(self._device().wire.cut_after(self._order.randrange(1, 3000)))

    def hang(self, _desk: object) -> Effect:
        device = self._device()
        held = device.wire.hold()
        self._later(self._order.uniform(0.5, 1.5 * COMMAND_S), device.wire.let_go)
        return _once(held)

    def reboot(self, _desk: object) -> Effect:
        device = self._device()
        device.reboot()
        self._rebooted.add(device.serial)
        return True

    def reboot_slowly(self, _desk: object) -> Effect:
        """adbd is there before the settings service is."""
        device = self._device()
        device.set("starting", "")
        device.reboot()
        self._rebooted.add(device.serial)
        self._later(self._order.uniform(0.5, 3.0), lambda: device.set("starting", None))
        return True

    def fill_device(self, _desk: object) -> Effect:
        """Met by a desk that is told so, by its agent or when it brings something."""
        device, begin = self._device(), self._log.stat().st_size
        device.disk.fill()
        # Rows go into the page that is there already for a while.
        self._later(self._order.uniform(1.0, 4.0), device.disk.free)
        return lambda: self._was_full(device.serial, begin)

    def _was_full(self, serial: str, begin: int) -> bool | None:
        """Whether a desk said so of that device since its log had so many bytes; each word of it is of one fault."""
        begin = max(begin, self._said_full.get(serial, 0))
        said = self._log.read_bytes()[begin:]
        if f"{serial}: {NO_ROOM}".encode() not in said:
            return None
        self._said_full[serial] = begin + len(said)
        return True

    def fill_desk(self, desk: subprocess.Popen[bytes]) -> Effect:
        """Met by a desk that cannot write its journal and ends."""
        self._disk.fill()
        try:
            return desk.wait(3.0) != 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            self._disk.free()

    def kill_desk(self, desk: subprocess.Popen[bytes]) -> Effect:
        desk.kill()
        killed = desk.wait() == -signal.SIGKILL
        if self._order.random() < 0.5:
            self._check_settings(self._well(), within_s=RESTORED_S)
        return killed

    def interrupt_desk(self, desk: subprocess.Popen[bytes]) -> Effect:
        well = self._well()
        desk.send_signal(signal.SIGINT)
        patience = Patience(RESTORED_S)
        while desk.poll() is None and not patience.over():
            time.sleep(0.1)
        self._check_settings(well, within_s=RESTORED_S)
        return desk.poll() not in (None, 0)

    def _well(self) -> list[FarmDevice]:
        """Devices that have the watchdog again that they lost with a reboot. A desk that dies before it is back at a
        device leaves its settings to the next one."""
        for timer in self._timers:
            timer.join()
        return [each for each in self.farm.devices if each.serial not in self._rebooted or guarded(each)]


def _once(event: threading.Event) -> Callable[[], bool | None]:
    return lambda: True if event.is_set() else None


FAULTS: dict[str, Callable[[Trials, subprocess.Popen[bytes]], Effect]] = {
    "adb server killed": Trials.kill_server,
    "adbd killed": Trials.kill_adbd,
    "transfer cut": Trials.cut_transfer,
    "command hung": Trials.hang,
    "device rebooted": Trials.reboot,
    "settings not up after a reboot": Trials.reboot_slowly,
    "device full": Trials.fill_device,
    "desk full": Trials.fill_desk,
    "desk killed": Trials.kill_desk,
    "desk interrupted": Trials.interrupt_desk,
}
