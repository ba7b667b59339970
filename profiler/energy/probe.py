"""Whether a source follows a load that is known: a step from idle to busy and back, fitted with a lag.

A source is kept only if its power rises when work begins, in a unit and with a sign that make it a device's. Units of a
facility differ by thousands, and what a busy phone draws by less than that, so that its unit shows. Where two units
would do, for a device that draws much or rails that carry little, neither is believed. Units that are known beforehand,
from a meter's header or the kernel's contract, are not put right: they fit, or the source is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.noise import BLUR_SD_J, RANKING, Noise
from approxlite.profiler.energy.readings import Floats, Series
from approxlite.profiler.energy.source import Candidate, Source, candidates, summed, voltage_v

BUSY_A = (0.05, 8.0)
"""What a phone with a busy processor draws from its battery."""

BUSY_W = (0.03, 100.0)
"""What any device that this runs on draws on its rails, some of which may be missing."""

KNOWN_UNIT_W = (0.03, 1000.0)
"""The same where the unit is known: up to a workstation's."""

CLEAR = 6.0
"""Least ratio of the step in power to its standard error."""

PIECES = 30
"""Into which the probe is cut to see how far a source follows the load."""

GAP_S = 0.1
"""Between two blocks, from which on what happened in it is left out."""

VALUES = 10
"""Fewest different values of a counter by which its power at rest can be told."""

AGREE = 1.25
"""Battery sources that differ by more than this factor in the step they saw are both refused."""

FINE_S = 5.0
"""A PowerMonitor whose values are farther apart is a cached one, whatever was granted."""

_LAGS_S = np.concatenate([np.linspace(0, 2, 21), np.linspace(2.5, 12, 20)])


@dataclass(frozen=True)
class Proven:
    """A source, and what it saw: power idle and busy."""

    source: Source
    idle_w: float
    busy_w: float


@dataclass(frozen=True)
class Refused:
    """Not a source, and why. undecided: a longer probe may find that it is one."""

    candidate: Candidate
    why: str
    undecided: bool = False


def probe(blocks: Sequence[AgentBlock]) -> tuple[list[Proven], list[Refused]]:
    """Judges all facilities in blocks that follow one another, idle and busy in turn; the proven ones best first."""
    proven: list[Proven] = []
    refused: list[Refused] = []
    for candidate in candidates(blocks):
        verdict = judged(candidate, blocks)
        if isinstance(verdict, Proven):
            proven.append(verdict)
        else:
            refused.append(verdict)
    # A source may be coarser than it was said to be. Of several meters of a kind, the one that sees the most of the
    # load comes first: an inner one is part of an outer one.
    proven.sort(key=lambda each: (RANKING.index(each.source.kind), each.idle_w - each.busy_w))
    battery = [each for each in proven if each.source.candidate.quantity in ("charge", "current")]
    if len(battery) > 1:
        steps = [each.busy_w - each.idle_w for each in battery]
        if max(steps) > AGREE * min(steps):
            refused += [Refused(each.source.candidate, "battery sources contradict each other") for each in battery]
            proven = [each for each in proven if each not in battery]
    return proven, refused


def judged(candidate: Candidate, blocks: Sequence[AgentBlock]) -> Proven | Refused:
    """One candidate."""
    known = [block for block in blocks if block.begin_ns is not None and block.end_ns is not None]
    if not known:
        return Refused(candidate, "no block was timed")
    read, busy_s = _within_blocks(candidate, known)
    if candidate.kind == "power_monitor_fine" and len(read) > 1 and np.median(np.diff(read.taken_s)) > FINE_S:
        candidate = replace(candidate, kind="power_monitor")
    if len(read) < 8 or not np.isfinite(read.value).all():
        return Refused(candidate, "too few readings", undecided=len(read) > 0)
    if len(np.unique(read.value)) < VALUES:
        return Refused(candidate, "hardly changes; it is a constant, or coarser than the probe is long", undecided=True)
    fit = _fitted(candidate, read, busy_s)
    if abs(fit.step) < CLEAR * _step_error(candidate, read, busy_s, fit.lag_s):
        return Refused(candidate, "does not follow the load", undecided=candidate.counts_up)
    sign = 1.0 if fit.step > 0 else -1.0
    idle, busy_level = fit.idle * sign, (fit.idle + fit.step) * sign
    if idle < -0.1 * busy_level:
        return Refused(candidate, "the charger feeds the device; stop charging or pull the cable")
    volts = voltage_v(known) if candidate.quantity in ("charge", "current") else 1.0
    if volts is None:
        return Refused(candidate, "no battery voltage to make watts of it")
    amperes = candidate.quantity in ("charge", "current")
    low, high = BUSY_A if amperes else KNOWN_UNIT_W if candidate.unit_is_known else BUSY_W
    told, unit = busy_level * candidate.unit, "A" if amperes else "W"
    factors = (1.0,) if candidate.unit_is_known else (1.0, 1e3, 1e-3)
    fitting = [factor for factor in factors if low <= told * factor <= high]
    if not fitting:
        return Refused(candidate, f"says {told:.3g} {unit} at work, which no unit explains")
    if len(fitting) > 1:
        readings = " or ".join(f"{told * factor:.3g} {unit}" for factor in fitting)
        return Refused(candidate, f"says {readings} at work: its unit cannot be told")
    scale = sign * fitting[0] * candidate.unit
    expected = -1.0 if candidate.quantity == "charge" else 1.0
    notes = []
    if sign != expected and candidate.quantity != "current":
        notes.append("sign turned")
    if sign < 0 and candidate.quantity == "current":
        notes.append("discharge counted as negative")
    if fitting[0] != 1.0:
        notes.append(f"unit times {fitting[0]:g}")
    watts = abs(scale) * volts
    noise = _noise(candidate, read, fit, watts)
    return Proven(
        Source(candidate, scale, noise, ", ".join(notes)), max(idle, 0.0) * watts, busy_level * watts
    )  # fmt: skip


def _within_blocks(candidate: Candidate, known: Sequence[AgentBlock]) -> tuple[Series, Floats]:
    """Readings as if blocks had followed one another at once, and when there was work. What a device does between
    blocks, such as timing operators, is no load that is known: neither that time counts nor what it spent.
    """
    origin = known[0].begin_ns or 0
    read = summed(known, candidate.facilities, origin)
    times = [((block.begin_ns or 0) - origin, (block.end_ns or 0) - origin) for block in known]
    spans = np.array(times, float).reshape(-1, 2) * 1e-9
    works = np.array([block.inferences > 0 for block in known])
    gaps = np.maximum(spans[1:, 0] - spans[:-1, 1], 0.0)
    if not len(read) or not (gaps > GAP_S).any():
        return read, spans[works]
    # A facility that tells of an earlier moment may tell of one in a gap, or before the first block.
    place = np.searchsorted(spans[:, 0], read.taken_s + 1e-6, side="right") - 1
    inside = (place >= 0) & (read.taken_s <= spans[np.maximum(place, 0), 1] + 1e-6)
    earlier = np.append(0.0, np.cumsum(gaps))
    value = read.value
    if candidate.counts_up:
        ends = np.interp(spans, read.taken_s, read.value)
        value = value - np.append(0.0, np.cumsum(np.where(gaps > 0, ends[1:, 0] - ends[:-1, 1], 0.0)))[place]
    return Series((read.taken_s - earlier[place])[inside], value[inside]), (spans - earlier[:, None])[works]


@dataclass(frozen=True)
class _Fit:
    """In counts, or counts per second where it is a running total."""

    idle: float
    step: float
    lag_s: float
    residual: float


def _fitted(candidate: Candidate, read: Series, busy_s: Floats) -> _Fit:
    """Least squares of a two-level load for each lag; the best lag wins."""
    best: _Fit | None = None
    for lag in _LAGS_S:
        overlap = _busy_until(read.taken_s - lag, busy_s)
        if candidate.counts_up:
            design = np.column_stack([np.ones(len(read)), read.taken_s, overlap])
        else:
            now = (read.taken_s[:, None] - lag >= busy_s[:, 0]) & (read.taken_s[:, None] - lag < busy_s[:, 1])
            design = np.column_stack([np.ones(len(read)), now.any(axis=1)])
        centred = read.value - read.value[0]
        solution, *_ = np.linalg.lstsq(design, centred, rcond=None)
        residuals = centred - design @ solution
        rest = float(residuals @ residuals) / max(len(read) - design.shape[1] - 1, 1)
        idle = float(solution[1]) if candidate.counts_up else float(solution[0] + read.value[0])
        fit = _Fit(idle, float(solution[-1]), float(lag), math.sqrt(rest))
        if best is None or fit.residual < best.residual:
            best = fit
    assert best is not None
    return best


def _busy_until(times_s: Floats, busy_s: Floats) -> Floats:
    """Seconds of work before each time."""
    return np.asarray(np.clip(times_s[:, None] - busy_s[:, 0], 0, busy_s[:, 1] - busy_s[:, 0]).sum(axis=1))


def _step_error(candidate: Candidate, read: Series, busy_s: Floats, lag_s: float) -> float:
    """Standard error of the step, from pieces of the probe. What a running total gathers by chance it keeps, so that
    only its increments are independent of one another.
    """
    ends = np.unique(np.linspace(0, len(read) - 1, min(PIECES, len(read) - 1) + 1).astype(int))
    taken = read.taken_s[ends]
    busy = np.diff(_busy_until(taken - lag_s, busy_s)) / np.diff(taken)
    if candidate.counts_up:
        rates = np.diff(read.value[ends]) / np.diff(taken)
    else:
        rates = np.add.reduceat(read.value, ends[:-1])[: len(busy)] / np.diff(ends)
    design = np.column_stack([np.ones(len(busy)), busy])
    solution, *_ = np.linalg.lstsq(design, rates, rcond=None)
    residuals = rates - design @ solution
    spread = float(((busy - busy.mean()) ** 2).sum())
    return math.sqrt(float(residuals @ residuals) / max(len(busy) - 2, 1) / spread) if spread > 0 else math.inf


def _noise(candidate: Candidate, read: Series, fit: _Fit, joules: float) -> Noise:
    """joules: of one count, or watts of one count of a flow."""
    changes = np.flatnonzero(np.diff(read.value))
    refresh = float(np.median(np.diff(read.taken_s[changes + 1]))) if len(changes) > 1 else 0.0
    polled = float(np.median(np.diff(read.taken_s)))
    noise = Noise(candidate.kind, refresh_s=refresh if refresh > 1.5 * polled else 0.0, lag_s=fit.lag_s)
    if candidate.kind in ("power_monitor", "power_monitor_fine"):
        cached = candidate.kind == "power_monitor"
        return replace(
            noise,
            reading_sd_j=BLUR_SD_J * math.sqrt(len(candidate.facilities)),
            refresh_s=polled if cached else noise.refresh_s,
            lag_s=0.0 if cached else fit.lag_s,
        )
    if not candidate.counts_up:
        return replace(noise, sample_sd_w=fit.residual * joules)
    if candidate.quantity == "charge":
        steps = np.abs(np.diff(read.value))
        step = float(np.min(steps[steps > 0]))
        # A counter that goes up by single steps looks still between them; that is its quantum, not its clock.
        single = float(np.mean(steps[steps > 0] < 1.5 * step)) > 0.5
        return replace(noise, step_j=step * joules, refresh_s=0.0 if single else noise.refresh_s)
    # What the fit leaves is unevenness of the load itself; these meters add next to nothing.
    return replace(noise, reading_sd_j=_rounding_j(candidate, read))


def _rounding_j(candidate: Candidate, read: Series) -> float:
    """The service prints totals as 32-bit floats, which grow coarse: 8 mJ after a day at a watt."""
    if candidate.kind != "power_stats":
        return 0.0
    largest = float(np.max(np.abs(read.value))) * candidate.unit / len(candidate.facilities)
    return largest * 2.0**-24 / math.sqrt(3) * math.sqrt(len(candidate.facilities))
