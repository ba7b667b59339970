"""What a campaign changes on a device while it measures, and how that is put back whatever dies.

The device's own settings.sh does it, see there: what was found is on the device's disk before anything changes, and a
watchdog on the device puts it back when the desk does not come back. Only a device that is rebooted while the desk is
dead keeps its changes until the next campaign, or `approxlite devices --restore`, reaches it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from approxlite.formats.profile import ChangedSetting
from approxlite.profiler.devices.link import Link, checked

SCRIPT = Path(__file__).with_name("settings.sh").read_bytes()
SAVED = "settings.saved"
LOOPBACK = ("127.0.0.1:", "localhost:", "[::1]:")

QUIET = {
    "brightness_mode": "0",
    "brightness": "20",
    "screen_timeout_ms": "2147483647",
    "stay_on": "7",
    "power_saving": "0",
    "performance_mode": "true",
}
"""For every campaign. An unrooted shell holds no wake lock; a screen that stays on keeps the processor awake too. With
charging switched off only its timeout keeps it on, so that is the longest there is."""


def wanted(serial: str, *, measures_energy: bool) -> dict[str, str]:
    """Settings of a campaign on that device. One that is reached by radio keeps its radio."""
    settings = dict(QUIET)
    if ":" not in serial or serial.startswith(LOOPBACK):
        settings["airplane"] = "1"
    if measures_energy:
        settings["charging"] = "false"
    return settings


def take_command(folder: str, settings: dict[str, str], *, lease_s: int, longest_s: int) -> str:
    """Records, leaves the watchdog behind and changes; its output is for `changes`."""
    pairs = " ".join(f"{name}={value}" for name, value in sorted(settings.items()))
    script, where = shlex.quote(f"{folder}/settings.sh"), shlex.quote(folder)
    return f"touch {where}/alive; sh {script} take {where} {lease_s} {longest_s} {pairs} || exit $?"


def changes(output: str, settings: Mapping[str, str]) -> tuple[ChangedSetting, ...]:
    """What `take_command` for `settings` printed among other things; nothing where they were taken before."""
    lines = (line.split() for line in output.splitlines())
    return tuple(
        ChangedSetting(name=words[0], before=words[1], after=None if words[2] == "refused" else words[2])
        for words in lines
        if len(words) == 3 and words[0] in settings
    )


def restore(link: Link, folder: str) -> None:
    """Puts everything back. Raises a fault; then it can be tried again."""
    where = shlex.quote(folder)
    checked(link, f"[ ! -e {where}/{SAVED} ] || sh {where}/settings.sh restore {where}")


def release_others(link: Link, folder: str) -> None:
    """Ends what other campaigns beside `folder`, which has the script, have left running, and puts back what they
    changed: what one changed is not what another finds, and its watchdog must not put anything back under another. One
    whose desk still lives is told so at its next step. Raises a fault; then it can be tried again."""
    where = shlex.quote(folder)
    checked(
        link,
        f"cd {where}/.. || exit $?\n"
        f"for each in */settings.sh; do other=$PWD/${{each%/*}}; [ ! -e $each ] || [ $other = {where} ] || "
        f"sh {where}/settings.sh release $other || exit $?; done\nsh {where}/settings.sh claim {where}",
    )


def restore_leftovers(link: Link, root: str) -> list[str]:
    """Puts back what campaigns that died with their device have left; the names of their folders below `root`."""
    listed = checked(link, f"ls -d {shlex.quote(root)}/*/{SAVED} 2>/dev/null; true").split()
    folders = [name.removesuffix(f"/{SAVED}") for name in listed if name.endswith(SAVED)]
    for folder in folders:
        restore(link, folder)
    return folders
