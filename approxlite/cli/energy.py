"""Joules of a device: as `profile` answers and prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from approxlite.cli.console import print_line, print_table
from approxlite.formats.document import Document
from approxlite.formats.interval import Estimate
from approxlite.profiler.campaign.energy_goal import Effort
from approxlite.profiler.energy.from_rows import Refusal, RowsEnergy
from approxlite.profiler.energy.outcome import Comparison, SourceRecord
from approxlite.profiler.energy.sustained import Sustained
from approxlite.report.text import duration, ratio_interval


class EnergyEffort(Document):
    """half_width: wanted, as a share. stopped: "width" where every interval is as narrow, "time" where what was said
    beforehand is used up, null before either. sessions: had, of sessions_wanted."""

    half_width: float
    planned_s: float
    spent_s: float
    stopped: str | None
    sessions: int
    sessions_wanted: int


class DeviceEnergy(Document):
    """Joules of one device. settings: configurations that every round has, beside exact. refused: why there are none.

    knob_mj: what a knob adds to an inference, in millijoules, by `operator=knob`; negative where it saves. not_told: by
    configuration, or "knobs", why there is no figure. effort: what was said beforehand and what it took; null where
    nothing was measured for energy.
    """

    source: SourceRecord | None
    settings: tuple[Comparison, ...]
    knob_mj: dict[str, Estimate]
    refused: str
    not_told: dict[str, str]
    left_out: dict[str, int]
    effort: EnergyEffort | None


def next_session(energy: DeviceEnergy | None) -> str:
    had = "" if energy is None or energy.effort is None else f"{energy.effort.sessions} of "
    had += "its" if energy is None or energy.effort is None else str(energy.effort.sessions_wanted)
    return (
        f"{had} sessions measured; start the device anew, or let it rest for six hours, and run the same command again"
    )


def told_energy(told: RowsEnergy, effort: Effort | None) -> DeviceEnergy:
    knobs = [] if isinstance(told.knobs, Refusal) else told.knobs
    not_told = {name: each.why for name, each in told.settings.items() if isinstance(each, Refusal)}
    if isinstance(told.knobs, Refusal) and not told.refused:
        not_told["knobs"] = told.knobs.why
    return DeviceEnergy(
        source=told.source,
        settings=tuple(each for each in told.settings.values() if isinstance(each, Comparison)),
        knob_mj={f"{each.operator}={each.knob}": each.change_mj for each in knobs},
        refused=told.refused,
        not_told=not_told,
        left_out=dict(told.left_out),
        effort=None if effort is None else EnergyEffort(**asdict(effort)),
    )


def show_energy(serial: str, energy: DeviceEnergy) -> None:
    if energy.refused or energy.source is None:
        print_line(f"{serial}: no joules: {energy.refused}")
        return
    if energy.effort is not None:
        print_line(f"{serial}: {_how_it_ended(energy.effort)}")
    if left_out := sum(energy.left_out.values()):
        print_line(f"{serial}: {left_out} disturbed blocks left out: {', '.join(sorted(energy.left_out))}")
    for name, why in energy.not_told.items():
        print_line(f"{serial}: no joules of {name}: {why}")
    knobs = [
        (*name.split("=", 1), f"{change.value:+.3g} mJ", f"[{change.low:+.3g}, {change.high:+.3g}]")
        for name, change in energy.knob_mj.items()
    ]
    if knobs:
        print_table(("operator", "knob", "energy", "95 %"), knobs, numbers=(2,))
    for each in energy.settings:
        print_line(
            f"{serial}: {each.configuration} takes {ratio_interval(each.ratio)} of exact's "
            f"{each.exact_mj.value:.3g} mJ an inference, beyond idle, by {' + '.join(energy.source.facilities)}"
        )
    if energy.settings:
        same = energy.settings[0].same
        print_line(f"{serial}: exact against itself gives {same.value:.3f} [{same.low:.3f}, {same.high:.3f}] (99 %)")


def _how_it_ended(effort: EnergyEffort) -> str:
    why = {
        "width": f"every interval is within ±{effort.half_width:.1%}",
        "time": f"the time that was said is up; ±{effort.half_width:.1%} was wanted",
        None: "not done" if effort.sessions < effort.sessions_wanted else "as many rounds as were planned",
    }[effort.stopped]
    sessions = f", in {effort.sessions} of {effort.sessions_wanted} sessions" if effort.sessions_wanted > 1 else ""
    return f"energy after {duration(effort.spent_s)} of at most {duration(effort.planned_s)}{sessions}: {why}"


def show_sustained(serial: str, runs: Sequence[Sustained], refused: Sequence[str]) -> None:
    """A line for each run, or why there is no figure."""
    for each in runs:
        joules = f", {ratio_interval(each.ratio)} of its joules beyond idle" if each.ratio is not None else ""
        pause = f", {each.gap_ms:.0f} ms apart" if each.gap_ms else ""
        slowed = f"; slowed by heat in {each.throttled} blocks" if each.throttled else ""
        print_line(
            f"{serial}: {each.configuration} for {duration(each.run_s)}{pause}: in the last {duration(each.end_s)} "
            f"{ratio_interval(each.latency_ratio)} of the first's latency{joules}{slowed}"
        )
    for why in refused:
        print_line(f"{serial}: {why}")
