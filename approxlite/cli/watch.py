"""`approxlite watch`: what devices run now, why, and whether their promises hold."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.fleet.rollout import AT_ONCE
from approxlite.fleet.watching import Saved, Watched, Watcher
from approxlite.formats.document import Document, now
from approxlite.formats.errors import DeviceError, GuardError
from approxlite.formats.provenance import Time
from approxlite.formats.service_status import ServiceStatus
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.parsers import THERMAL_STATUS
from approxlite.profiler.devices.service import Service
from approxlite.report.text import percent, percent_interval

HEAD = (
    "device", "policy", "rung", "why", "answers", "runs by rung", "canaries", "differs from exact", "guard",
    "time saved", "energy saved", "kernels", "battery", "heat", "",
)  # fmt: skip
NUMBERS = (2, 4, 6)

Once = Annotated[
    bool, typer.Option("--once", help="Look once; exit with 5 where a guard alarmed, 3 without an answer.")
]
Every = Annotated[float, typer.Option("--every", min=0.2, metavar="S", help="Seconds between looks.")]


class WatchedDevices(Document):
    """A line of `approxlite watch --json`."""

    time: Time
    devices: tuple[Watched, ...]


def watch(device: options.Devices = None, once: Once = False, every: Every = 2.0, json: options.Json = False) -> None:
    """Show what devices run now: policy, rung and why, runs, canaries, guard, what is saved, battery and heat.

    All devices that adb sees, unless some are named. Ctrl-C ends it. Savings are told by the costs that the policy was
    built with; they are of answers since the policy is followed.

    Example: `approxlite watch --device SERIAL`
    """
    serials = options.serials(device, not device)
    watchers = [Watcher(serial, lambda serial: Service(adb.reached(serial))) for serial in serials]
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def look() -> tuple[Watched, ...]:
            return tuple(pool.map(Watcher.look, watchers))

        if once:
            _once(look(), json)
            return
        try:
            _on_and_on(look, every, json)
        except KeyboardInterrupt:
            return


def _once(devices: tuple[Watched, ...], json: bool) -> None:
    if json:
        print_json(WatchedDevices(time=now(), devices=devices))
    else:
        print_table(HEAD, [row_of(each) for each in devices], numbers=NUMBERS)
    if any(each.alarmed for each in devices):
        raise typer.Exit(GuardError.exit_code)
    if any(each.problem is not None for each in devices):
        raise typer.Exit(DeviceError.exit_code)


def _on_and_on(look: Callable[[], tuple[Watched, ...]], every: float, json: bool) -> None:
    if json or not sys.stdout.isatty():
        while True:
            devices = look()
            if json:
                print(WatchedDevices(time=now(), devices=devices).model_dump_json(), flush=True)
            else:
                print_line(f"{now():%H:%M:%S} UTC")
                print_table(HEAD, [row_of(each) for each in devices], numbers=NUMBERS)
                sys.stdout.flush()
            time.sleep(every)
    with Live(console=Console(), auto_refresh=False, screen=False) as live:
        while True:
            live.update(_table([row_of(each) for each in look()]), refresh=True)
            time.sleep(every)


def _table(rows: Sequence[Sequence[str]]) -> Table:
    """Of a terminal: columns that would all be empty are left out, and long ones wrap."""
    used = [at for at in range(len(HEAD)) if at == 0 or any(row[at] for row in rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for at in used:
        table.add_column(HEAD[at], justify="right" if at in NUMBERS else "left")
    for row in rows:
        table.add_row(*(Text(row[at]) for at in used))
    return table


def row_of(device: Watched) -> tuple[str, ...]:
    """As the table has it; nothing where nothing is known."""
    status = device.status
    if status is None:
        return (device.serial, *[""] * (len(HEAD) - 2), device.problem or "")
    guard = status.guard
    return (
        device.serial,
        _policy(status),
        "" if status.rung is None else str(status.rung),
        _why(status),
        str(status.answered),
        _runs(status),
        "" if guard is None else str(guard.canaries),
        "" if device.disagreement is None else percent_interval(device.disagreement),
        _guard(status),
        _saved(device.time_saved),
        _saved(device.energy_saved),
        status.kernel_variant or "",
        _battery(status),
        _heat(status),
        " ".join(status.problem.split())[:120],
    )


def _policy(status: ServiceStatus) -> str:
    if status.policy_sha256 is None:
        return "exact" if not status.store_damaged else "exact, store damaged"
    name = f"{status.sequence} {status.policy_sha256[:8]}"
    if status.on_trial and status.trial_answers is not None and status.trial_needs is not None:
        return f"{name}, trial {min(status.trial_answers, status.trial_needs)}/{status.trial_needs}"
    return f"{name}, on trial" if status.on_trial else name


def _why(status: ServiceStatus) -> str:
    pinned = "" if status.pinned is None else f"pinned to rung {status.pinned}; "
    words = [name.replace("_", " ") for name in (status.chosen, status.reason) if name]
    evidence = "" if status.evidence is None else f" {status.evidence:.3g}"
    return f"{pinned}{', '.join(dict.fromkeys(words))}{evidence if words else ''}"


def _runs(status: ServiceStatus) -> str:
    """Of rungs that ran, such as "0: 5, 2: 118": a share of them may have led to a run of another rung."""
    return ", ".join(f"{at}: {rung.runs}" for at, rung in enumerate(status.rungs) if rung.runs)


def _guard(status: ServiceStatus) -> str:
    if status.alarmed:
        name = status.guard.alarm if status.guard is not None and status.guard.alarm != "none" else str(status.alarm)
        return f"ALARM {name.replace('_', ' ')}"
    if status.guard is None:
        return ""
    return "quiet" if status.guard.e_value is None else f"quiet, e {status.guard.e_value:.3g}"


def _saved(saved: Saved | None) -> str:
    if saved is None:
        return ""
    interval = "" if saved.low == saved.high else f" [{100 * saved.low:.0f}, {100 * saved.high:.0f}]"
    return f"{'at most ' if saved.at_most else ''}{percent(saved.value, 0)}{interval}"


def _battery(status: ServiceStatus) -> str:
    if status.battery is None:
        return ""
    return f"{percent(status.battery, 0)}{', charging' if status.charging == 1 else ''}"


def _heat(status: ServiceStatus) -> str:
    number = status.thermal_status
    known = number is not None and 0 <= number < len(THERMAL_STATUS)
    word = THERMAL_STATUS[number] if known and number is not None else ""
    headroom = "" if status.thermal_headroom is None else f"headroom {status.thermal_headroom:.2f}"
    return ", ".join(filter(None, (word, headroom)))
