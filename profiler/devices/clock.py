"""Which boot a device is in, and what its own clock says: it may be hours from the desk's."""

from __future__ import annotations

from datetime import UTC, datetime

from approxlite.profiler.devices.link import Link, checked

_MARK = "@clock"
_COMMAND = f'echo "{_MARK} boot=$(cat /proc/sys/kernel/random/boot_id 2> /dev/null) now=$(date +%s 2> /dev/null)"'


def boot_and_time(link: Link) -> tuple[str | None, datetime | None]:
    """None for what the device does not tell."""
    words = checked(link, _COMMAND).rpartition(_MARK)[2].split()
    told = dict(word.split("=", 1) for word in words if "=" in word)
    return told.get("boot") or None, _time(told.get("now", ""))


def _time(word: str) -> datetime | None:
    return datetime.fromtimestamp(int(word), UTC) if word.isascii() and word.isdecimal() and len(word) <= 10 else None
