"""External meters: a CSV file with times and powers, as `docs/external-meters.md` has it."""

from __future__ import annotations

import csv
import os
import re
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from approxlite.formats.errors import FormatError
from approxlite.profiler.energy.readings import Series

MAX_METER_ROWS = 100_000_000
"""Five hours at 5 kHz."""

_UNIT = re.compile(r"(?:\(|\[|_)\s*([a-z]+)\s*[\])]?$")
_TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_POWERS = {"w": 1.0, "mw": 1e-3, "uw": 1e-6}
_CURRENTS = {"a": 1.0, "ma": 1e-3, "ua": 1e-6}
_VOLTAGES = {"v": 1.0, "mv": 1e-3}


def read_meter(path: str | os.PathLike[str]) -> Series:
    """Seconds by the meter's clock, and watts. Raises FormatError, one line that names file and row."""
    where = os.fspath(path)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            values = _values(csv.reader(file), where)
    except (OSError, ValueError) as problem:
        if isinstance(problem, UnicodeDecodeError):
            raise FormatError(f"{where}: not a text file") from None
        raise FormatError(f"{where}: cannot be read ({getattr(problem, 'strerror', None) or problem})") from None
    except csv.Error as problem:
        raise FormatError(f"{where}: not a CSV file ({problem})") from None
    return Series(values[:, 0].copy(), values[:, 1:].prod(axis=1))


def _values(rows: Iterator[list[str]], where: str) -> np.ndarray:
    """(rows, 2 or 3): time, then power or current and voltage, in s, W, A and V."""
    columns = _columns(next(rows, []), where)
    found, previous = array("d"), -np.inf
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            values = [float(row[place]) * unit for place, unit in columns]
        except (IndexError, ValueError):
            raise FormatError(f"{where}: row {number}: not a number where one is due") from None
        if not np.isfinite(values).all():
            raise FormatError(f"{where}: row {number}: not a finite number")
        if values[0] <= previous:
            raise FormatError(f"{where}: row {number}: time does not go on")
        if number > MAX_METER_ROWS:
            raise FormatError(f"{where}: more than {MAX_METER_ROWS} rows")
        previous = values[0]
        found.extend(values)
    if len(found) < 2 * len(columns):
        raise FormatError(f"{where}: needs a header and at least two rows")
    return np.array(found).reshape(-1, len(columns))


def _columns(header: Sequence[str], where: str) -> list[tuple[int, float]]:
    """Places and units of what is needed."""
    if not header:
        raise FormatError(f"{where}: needs a header and at least two rows")
    time = _column(header, "time", _TIMES) or _plain_time(header)
    power = _column(header, "power", _POWERS)
    current, voltage = _column(header, "", _CURRENTS), _column(header, "", _VOLTAGES)
    found = [time, power] if power is not None else [time, current, voltage]
    columns = [each for each in found if each is not None]
    if len(columns) < len(found):
        raise FormatError(
            f"{where}: needs a column of time, and one of power or two of current and voltage, with units, "
            "such as time_s and power_w"
        )
    return columns


def _column(header: Sequence[str], name: str, units: dict[str, float]) -> tuple[int, float] | None:
    """Place and unit of the first column that holds `name` and has one of the units."""
    for place, title in enumerate(header):
        low = title.strip().lower().replace("µ", "u").replace("μ", "u")
        unit = _UNIT.search(low)
        if unit and unit[1] in units and name in low and (name or "power" not in low):
            return place, units[unit[1]]
    return None


def _plain_time(header: Sequence[str]) -> tuple[int, float] | None:
    """Time without a unit is in seconds."""
    plain = [place for place, title in enumerate(header) if title.strip().lower() in ("time", "timestamp")]
    return (plain[0], 1.0) if plain else None
