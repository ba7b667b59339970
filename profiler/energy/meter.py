"""External meters: a CSV file with times and powers, laid beside the blocks of a device.

The file has a header. A time column, in seconds from any start: `time_s`, `Time(s)` or `timestamp`. And power, such as
`power_w` or `Power(mW)`; or current and voltage, such as Monsoon's `Main(mA)` and `Main Voltage(V)`. Units stand in
brackets after a name, or behind its last underscore.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence

import numpy as np

from approxlite.formats.document import read_bytes
from approxlite.formats.errors import FormatError, UnstableError
from approxlite.profiler.blocks import AgentBlock, Reading
from approxlite.profiler.energy.readings import Floats, Series

SOURCE = "meter/power"
MAX_METER_BYTES = 2 * 1024**3
EXPLAINED = 0.5
"""Least share of the meter's variance that the blocks must explain where they are laid."""

_UNIT = re.compile(r"(?:\(|\[|_)\s*([a-z]+)\s*[\])]?$")
_TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_POWERS = {"w": 1.0, "mw": 1e-3, "uw": 1e-6}
_CURRENTS = {"a": 1.0, "ma": 1e-3, "ua": 1e-6}
_VOLTAGES = {"v": 1.0, "mv": 1e-3}


def read_meter(path: str | os.PathLike[str]) -> Series:
    """Seconds by the meter's clock, and watts. Raises FormatError, one line that names file and row."""
    where = os.fspath(path)
    try:
        text = read_bytes(path, FormatError, MAX_METER_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"{where}: not a text file") from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if len(rows) < 3:
        raise FormatError(f"{where}: needs a header and at least two rows")
    time = _column(rows[0], "time", _TIMES) or _plain_time(rows[0])
    power = _column(rows[0], "power", _POWERS)
    current, voltage = _column(rows[0], "", _CURRENTS), _column(rows[0], "", _VOLTAGES)
    if time is None or (power is None and (current is None or voltage is None)):
        raise FormatError(
            f"{where}: needs a column of time, and one of power or two of current and voltage, with units, "
            "such as time_s and power_w"
        )
    wanted = [time, power] if power is not None else [time, current, voltage]
    values = np.array([_numbers(row, [each for each in wanted if each], f"{where}: row {n}") for n, row in _body(rows)])
    if (np.diff(values[:, 0]) <= 0).any():
        row = int(np.flatnonzero(np.diff(values[:, 0]) <= 0)[0]) + 3
        raise FormatError(f"{where}: row {row}: time does not go on")
    return Series(values[:, 0], values[:, 1:].prod(axis=1))


def beside(blocks: Sequence[AgentBlock], meter: Series) -> list[AgentBlock]:
    """The blocks with the meter's readings in them.

    The two clocks are laid over each other where idle and busy blocks explain the meter best; they need a beginning in
    common to some minutes only. Raises UnstableError where no offset explains enough.
    """
    timed = [block for block in blocks if block.begin_ns is not None and block.end_ns is not None]
    if len(timed) < 3:
        raise UnstableError("a meter needs at least three timed blocks to be laid beside")
    origin = timed[0].begin_ns or 0
    spans = np.array([((b.begin_ns or 0) - origin, (b.end_ns or 0) - origin) for b in timed], float) * 1e-9
    busy = np.array([block.inferences > 0 for block in timed])
    offset = _offset(meter, spans, busy)
    times = meter.taken_s - offset
    found = []
    for block, (begin, end) in zip(timed, spans, strict=True):
        inside = (times >= begin) & (times <= end)
        readings = tuple(
            Reading(at_ns=origin + round(time * 1e9), source=SOURCE, value=value)
            for time, value in zip(times[inside].tolist(), meter.value[inside].tolist(), strict=True)
        )
        found.append(block.model_copy(update={"readings": (*block.readings, *readings)}))
    return found


def _offset(meter: Series, spans: Floats, busy: np.ndarray) -> float:
    """The meter's time of the first block's begin: coarsely on a grid, then finely around the best."""
    length = spans[-1, 1]
    room = meter.taken_s[-1] - meter.taken_s[0] - length
    if room < 0:
        raise UnstableError(f"the meter's {room + length:.0f} s are shorter than the blocks' {length:.0f} s")
    step = max(float(np.min(spans[:, 1] - spans[:, 0])) / 20, 1e-3)
    coarse = meter.taken_s[0] + np.arange(0, room + step, step)
    best: float = max(coarse.tolist(), key=lambda offset: _explained(meter, spans, busy, offset))
    fine = np.linspace(best - step, best + step, 81).tolist()
    best = max(fine, key=lambda offset: _explained(meter, spans, busy, offset))
    if _explained(meter, spans, busy, best) < EXPLAINED:
        raise UnstableError("the meter does not follow these blocks; are they of the same time and device?")
    return best


def _explained(meter: Series, spans: Floats, busy: np.ndarray, offset: float) -> float:
    """Share of the variance within the blocks that idle and busy explain; 0 where busy is not more."""
    place = np.searchsorted(spans[:, 0] + offset, meter.taken_s, side="right") - 1
    inside = (place >= 0) & (meter.taken_s <= spans[np.maximum(place, 0), 1] + offset)
    value, works = meter.value[inside], busy[place[inside]]
    if works.all() or not works.any():
        return 0.0
    between = value[works].mean() - value[~works].mean()
    share = works.mean()
    return float(share * (1 - share) * between**2 / max(value.var(), 1e-12)) if between > 0 else 0.0


def _column(header: Sequence[str], name: str, units: dict[str, float]) -> tuple[int, float] | None:
    """Place and unit of the first column that begins with, or holds, `name` and has one of the units."""
    for place, title in enumerate(header):
        low = title.strip().lower().replace("µ", "u").replace("μ", "u")
        unit = _UNIT.search(low)
        if unit and unit[1] in units and name in low and (name or "power" not in low):
            return place, units[unit[1]]
    return None


def _plain_time(header: Sequence[str]) -> tuple[int, float] | None:
    plain = [place for place, title in enumerate(header) if title.strip().lower() in ("time", "timestamp")]
    return (plain[0], 1.0) if plain else None


def _body(rows: list[list[str]]) -> list[tuple[int, list[str]]]:
    """With their numbers in the file, without empty ones."""
    return [(number, row) for number, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]


def _numbers(row: list[str], columns: Sequence[tuple[int, float]], where: str) -> list[float]:
    try:
        values = [float(row[place]) * unit for place, unit in columns]
    except (IndexError, ValueError):
        raise FormatError(f"{where}: not a number where one is due") from None
    if not np.isfinite(values).all():
        raise FormatError(f"{where}: not a finite number")
    return values
