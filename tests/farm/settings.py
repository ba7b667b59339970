"""Settings of a device as a person left them: given to it, and looked for afterwards."""

from __future__ import annotations

import contextlib

from farm.farm import FarmDevice

BEFORE = {
    "settings/global/airplane_mode_on": "0\n",
    "settings/global/stay_on_while_plugged_in": "3\n",
    "settings/global/low_power": "1\n",
    "settings/system/screen_brightness_mode": "1\n",
    "settings/system/screen_brightness": "137\n",
    "settings/system/screen_off_timeout": "60000\n",
    "settings/farm/performance_mode": "false\n",
}


def settle(device: FarmDevice) -> None:
    """Gives it settings as a person leaves them."""
    for name, content in BEFORE.items():
        (device.root / "data/farm" / name).parent.mkdir(parents=True, exist_ok=True)
        device.set(name, content)


def restored(device: FarmDevice) -> bool:
    """Whether its settings are what they were before any campaign, and it charges where there is a charger."""
    folder, found = device.root / "data/farm", {}
    if (folder / "input").exists():
        return False
    for path in folder.glob("settings/*/*"):
        if path.suffix != ".new":
            with contextlib.suppress(FileNotFoundError):  # it is being replaced
                found[str(path.relative_to(folder))] = path.read_text()
    return found == BEFORE


def guarded(device: FarmDevice) -> bool:
    """Whether what is recorded on it was taken by a desk since it started."""
    boot = (device.root / "data/boot_id").read_text().split()
    for saved in (device.disk.outside / "approxlite").glob("*/settings.saved"):
        taken = saved.with_name("settings.taken")
        if not taken.is_file() or taken.read_text().split()[:1] != boot:
            return False
    return True
