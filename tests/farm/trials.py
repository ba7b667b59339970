"""Campaigns on a farm under random faults: whether any row is lost or there twice, and whether settings come back."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from adbutils.errors import AdbError

from approxlite.formats.errors import ApproxError
from approxlite.formats.profile import IdleRow, load_profile
from farm.disk import Disk
from farm.farm import Farm, FarmDevice, FarmUnavailableError
from farm.personalities import TABLET, Personality

COMMAND_S = 2.0
STALLED_S = 180.0
"""Without a new row, after which a campaign counts as one that does not end; however slow the machine is, rows come."""

IN_A_ROW = 15
"""Faults without a row between them, after which the next one waits for a row: where a desk takes as long to start as
it is left alone, no campaign would end."""

RESTORED_S = 120.0
"""The watchdog's lease, and what an agent may still have to do before, on a machine that is busy otherwise."""

BEFORE = {
    "settings/global/airplane_mode_on": "0\n",
    "settings/global/stay_on_while_plugged_in": "3\n",
    "settings/global/low_power": "1\n",
    "settings/system/screen_brightness_mode": "1\n",
    "settings/system/screen_brightness": "137\n",
    "settings/system/screen_off_timeout": "60000\n",
    "settings/farm/performance_mode": "false\n",
}
Rows = dict[int, tuple[object, ...]]


@dataclass
class Figures:
    """What faults did. Every count but `faults`, `campaigns` and `seconds` has to be 0."""

    faults: dict[str, int] = field(default_factory=dict)
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
        return not any(missed) and self.campaigns > 0

    def json(self) -> dict[str, object]:
        return {**asdict(self), "faults_injected": sum(self.faults.values()), "kept": self.kept}


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

    def __init__(self, farm: Farm, folder: Path, seed: int, *, sweeps: int = 12) -> None:
        self.farm, self.figures = farm, Figures()
        self._order = random.Random(seed)
        self._disk = Disk(folder / "desk", "32m")
        self._folder, self._model, self._sweeps = folder, folder / "model.tflite", sweeps
        self._model.write_bytes(b"any model")
        self._timers: list[threading.Timer] = []
        self._rebooted: set[str] = set()
        for device in farm.devices:
            settle(device)

    def run(self, faults: int) -> Figures:
        """Until that many faults have happened and the campaign they happened in has ended."""
        begin = time.monotonic()
        truth = self.undisturbed()
        happened: Counter[str] = Counter()
        while sum(happened.values()) < faults:
            name = f"trial{self.figures.campaigns}.jsonl"
            given_up = self._campaign(name, happened, faults)
            self._compare(name, truth)
            # Devices that a desk reached at the end are as they were; others see to it themselves.
            self._check_settings(within_s=RESTORED_S if given_up else 0.0)
            self.figures.campaigns += 1
        self.figures.faults = dict(sorted(happened.items()))
        self.figures.seconds = time.monotonic() - begin
        return self.figures

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
                if sum(happened.values()) < faults and in_a_row < IN_A_ROW:
                    fault = self._order.choice(list(FAULTS))
                    FAULTS[fault](self, desk)
                    happened[fault] += 1
                    in_a_row += 1
                continue
            if status == 0:
                said = (self._folder / "desk.log").read_text(errors="replace").splitlines()
                return bool(json.loads(said[-1])["given_up"])
            desk = self._desk(name)
        desk.kill()
        desk.wait()
        said = " | ".join((self._folder / "desk.log").read_text(errors="replace").splitlines()[-5:])
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
        command = [sys.executable, "-m", "farm.desk", str(self._disk.folder / name), str(self.farm.agent)]
        more = {"FARM_SWEEPS": str(self._sweeps), "FARM_COMMAND_S": str(COMMAND_S), "FARM_BLOCK_S": "0.05"}
        self.figures.desk_starts += 1
        with open(self._folder / "desk.log", "ab") as log:
            return subprocess.Popen(
                [*self._disk.enter, *command, str(self._model), *serials],
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

    def _check_settings(self, *, within_s: float) -> None:
        patience = Patience(within_s)
        while (wrong := [d for d in self.farm.devices if not restored(d)]) and not patience.over():
            time.sleep(0.2)
        self.figures.restores_checked += len(self.farm.devices)
        self.figures.settings_lost += len(wrong)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, action)
        timer.start()
        self._timers.append(timer)

    def _device(self) -> FarmDevice:
        return self._order.choice(self.farm.devices)

    # The faults.

    def kill_server(self, _desk: object) -> None:
        with contextlib.suppress(AdbError, OSError):  # it may be dead already
            self.farm.kill_server()

    def kill_adbd(self, _desk: object) -> None:
        self._device().kill_adbd()

    def cut_transfer(self, _desk: object) -> None:
        self._device().wire.cut_after(self._order.randrange(1, 3000))

    def hang(self, _desk: object) -> None:
        device = self._device()
        device.wire.hold()
        self._later(self._order.uniform(0.5, 1.5 * COMMAND_S), device.wire.let_go)

    def reboot(self, _desk: object) -> None:
        device = self._device()
        device.reboot()
        self._rebooted.add(device.serial)

    def fill_device(self, _desk: object) -> None:
        device = self._device()
        device.disk.fill()
        self._later(self._order.uniform(0.5, 2.0), device.disk.free)

    def fill_desk(self, desk: subprocess.Popen[bytes]) -> None:
        self._disk.fill()
        try:
            desk.wait(3.0)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._disk.free()

    def kill_desk(self, desk: subprocess.Popen[bytes]) -> None:
        desk.kill()
        desk.wait()
        if self._order.random() < 0.3 and self._all_well():
            self._check_settings(within_s=RESTORED_S)

    def interrupt_desk(self, desk: subprocess.Popen[bytes]) -> None:
        well = self._all_well()
        desk.send_signal(signal.SIGINT)
        patience = Patience(RESTORED_S)
        while desk.poll() is None and not patience.over():
            time.sleep(0.1)
        if well:
            self._check_settings(within_s=RESTORED_S)

    def _all_well(self) -> bool:
        """Whether each device has the watchdog again that it lost with a reboot. A desk that dies before it is back at
        such a device leaves its settings to the next one."""
        for timer in self._timers:
            timer.join()
        return all(_guarded(device) for device in self.farm.devices if device.serial in self._rebooted)


def _guarded(device: FarmDevice) -> bool:
    """Whether what is recorded on it was taken by a desk since it started."""
    boot = (device.root / "data/boot_id").read_text().split()
    for saved in (device.disk.outside / "approxlite").glob("*/settings.saved"):
        taken = saved.with_name("settings.taken")
        if not taken.is_file() or taken.read_text().split()[:1] != boot:
            return False
    return True


FAULTS: dict[str, Callable[[Trials, subprocess.Popen[bytes]], None]] = {
    "adb server killed": Trials.kill_server,
    "adbd killed": Trials.kill_adbd,
    "transfer cut": Trials.cut_transfer,
    "command hung": Trials.hang,
    "device rebooted": Trials.reboot,
    "device full": Trials.fill_device,
    "desk full": Trials.fill_desk,
    "desk killed": Trials.kill_desk,
    "desk interrupted": Trials.interrupt_desk,
}


def settle(device: FarmDevice) -> None:
    """Gives it settings as a person leaves them."""
    for name, content in BEFORE.items():
        (device.root / "data/farm" / name).parent.mkdir(parents=True, exist_ok=True)
        device.set(name, content)


def restored(device: FarmDevice) -> bool:
    """Whether its settings are what they were before any campaign."""
    folder = device.root / "data/farm"
    found = {str(path.relative_to(folder)): path.read_text() for path in folder.glob("settings/*/*")}
    return {name: text for name, text in found.items() if not name.endswith(".new")} == BEFORE


def throughput(farm: Farm, folder: Path, devices: int, *, sweeps: int) -> tuple[float, dict[str, list[int]]]:
    """Blocks a second of a campaign on the first so many devices, and [blocks, round trips, faults] of each."""
    command, serials = _command(farm, folder, f"throughput{devices}"), _serials(farm, devices)
    more = {"FARM_SWEEPS": str(sweeps), "FARM_BLOCK_S": "0.2"}
    done = subprocess.run(
        [*command, *serials], env={**farm.environment, **more}, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise FarmUnavailableError(f"a campaign without faults failed: {done.stderr[-300:]}")
    said = json.loads(done.stdout)
    return sum(each[0] for each in said["standings"].values()) / said["seconds"], said["standings"]


def idle_share(farm: Farm, folder: Path, *, settle_s: float = 8.0, seconds: float = 20.0) -> float:
    """Of one core, what the desk, its live table and the adb server use while every device waits until it is cool."""
    command, serials = _command(farm, folder, "idle"), _serials(farm, len(farm.devices))
    desk = subprocess.Popen(
        [*command, *serials],
        env={**farm.environment, "FARM_IDLE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(settle_s)
        begin, used = time.monotonic(), _cpu_s(desk.pid) + _cpu_s(_server(farm))
        time.sleep(seconds)
        if desk.poll() is not None:
            raise FarmUnavailableError("the idle desk ended by itself")
        return (_cpu_s(desk.pid) + _cpu_s(_server(farm)) - used) / (time.monotonic() - begin)
    finally:
        desk.send_signal(signal.SIGINT)
        desk.wait(60.0)


def _command(farm: Farm, folder: Path, name: str) -> list[str]:
    model = folder / "model.tflite"
    model.write_bytes(b"any model")
    return [sys.executable, "-m", "farm.desk", str(folder / f"{name}.jsonl"), str(farm.agent), str(model)]


def _serials(farm: Farm, count: int) -> list[str]:
    return [device.serial for device in farm.devices[:count]]


def _cpu_s(number: int) -> float:
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _server(farm: Farm) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "fork-server" in words and any(str(farm.port) in word for word in words):
                return int(process.name)
    raise FarmUnavailableError("the adb server is not there")
