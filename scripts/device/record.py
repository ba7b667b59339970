"""Behind scripts/record-device."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from approxlite.formats.errors import ApproxError
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.describe import described, looked_at

PRIVATE = re.compile(
    r"serial|imei|meid|mac|bssid|ssid|wifi|wlan|bluetooth|bt\.|hostname|phone|iccid|operator|account|gsm"
)
ADDRESS = re.compile(r"\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b")
HIDDEN = "hidden"


def scrubbed(section: str, text: str) -> str:
    """Without values of properties that tell whose device it is, and without addresses. Line ends stay as they are."""
    if section == "getprop":
        text = re.sub(
            r"^\[(.+?)\]: \[(.+?)\]",
            lambda line: f"[{line[1]}]: [{HIDDEN}]" if PRIVATE.search(line[1].lower()) else line[0],
            text,
            flags=re.MULTILINE,
        )
    return ADDRESS.sub(HIDDEN, text)


def record(serial: str | None, folder: Path) -> Path:
    """Writes the texts and returns where. Raises DeviceError."""
    link = adb.device(serial)
    printed = {section: scrubbed(section, text) for section, text in looked_at(link).items()}
    description = described("recorded", printed)
    target = folder / re.sub(r"[^a-z0-9]+", "-", description.model.lower()).strip("-")
    target.mkdir(parents=True, exist_ok=True)
    for section, text in printed.items():
        # Bytes, so that the line ends of vendors survive.
        (target / f"{section}.txt").write_bytes(text.encode())
    (target / "description.json").write_text(description.model_dump_json(indent=1) + "\n")
    return target


def main() -> int:
    serial, folder, *_ = [*sys.argv[1:], None, None]
    try:
        print(record(serial, Path(folder or "tests/data")))
    except ApproxError as problem:
        print(f"record-device: {problem}", file=sys.stderr)
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
