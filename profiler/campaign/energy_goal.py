"""How an energy campaign measures, and how long it takes, said before it begins; and what it took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.errors import UnstableError
from approxlite.formats.profile import EnergyBlocks, EnergyGoal, Profile
from approxlite.profiler.blocks import MOST_READINGS
from approxlite.profiler.campaign.energy_probe import Sources
from approxlite.profiler.campaign.judge import measuring_s, round_blocks
from approxlite.profiler.campaign.plan import Design, rounds_of
from approxlite.profiler.energy.noise import Noise
from approxlite.profiler.energy.planning import START_PAIRS, Load, Plan, Stop, plan
from approxlite.profiler.energy.warm_up import LONGEST_S
from approxlite.profiler.schedule import rounds_per_sweep

METERED = Load(Noise("meter"), 0.5, 1.5)
"""What a phone may draw whose meter is not read before the campaign is over; the spread of its work decides, not the
meter's."""

RESERVE = 1.6
"""Time in all, as a factor of what the mean case takes: the widest of several settings decides, and in rounds of many
blocks idle is farther from them than in rounds of three."""

BUSY_BLOCKS = 2.0
"""Length of a busy block in blocks: with what does not count before it and the runs in which its operators are timed,
those of a round's stock block included. No source's block is so short that it takes more."""


@dataclass(frozen=True)
class Wish:
    """half_width: of the 95 % interval of ratios to exact, as a share. longest_s: that a campaign may take in all."""

    half_width: float = 0.03
    longest_s: float = 12 * 3600.0
    sessions: int = 1


def energy_goal(
    found: Sources | None, operators: Sequence[OperatorWithKnobs], wish: Wish, *, seed: int = 0
) -> tuple[Design, EnergyGoal]:
    """How to measure on the devices that have a source, and how long that takes; found None: by an external meter,
    which needs no probe before: whatever it is worth is seen when its file is there.

    Raises UnstableError, one line, where it takes longer than `wish` allows.
    """
    if found is None:
        loads, names, spent_s = [METERED], {}, 0.0
    else:
        proven = {serial: each.proven for serial, each in found.probed.items()}
        loads = [Load(each.source.noise, each.idle_w, each.busy_w) for each in proven.values()]
        names, spent_s = {serial: each.source.candidate.name for serial, each in proven.items()}, found.spent_s
    sweep = rounds_per_sweep(operators)
    rounds = rounds_of(operators, Design(sweeps=1, idle=True), seed=seed)
    lengths = [BUSY_BLOCKS if slot.subject == "approxlite" else 1.0 for each in rounds for slot in each.slots]
    made = plan(
        loads, wish.half_width, overhead_s=spent_s + wish.sessions * LONGEST_S,
        blocks=sum(lengths) / len(rounds), reserve=RESERVE, least_pairs=max(START_PAIRS, Design().sweeps * sweep),
    )  # fmt: skip
    _check_time(made, wish, sorted(set(names.values())))
    block_s = made.block_s + made.settle_s
    most = made.rounds * max(len(names), 1)
    often_ms = round(1e3 * min(load.noise.readings_s(made.block_s) for load in loads))
    design = design_of(EnergyBlocks(block_s=block_s, readings_ms=often_ms), most)
    # Of several devices one may need long blocks and another be read often, and more readings no agent takes.
    readings_ms = max(often_ms, math.ceil(1e3 * design.longest_s / MOST_READINGS))
    goal = EnergyGoal(
        half_width=wish.half_width, pairs=made.pairs, settle_s=made.settle_s, blocks=made.blocks,
        total_s=made.total_s, overhead_s=made.overhead_s, sessions=wish.sessions, rounds=most, sources=names,
    )  # fmt: skip
    return design.model_copy(update={"readings_ms": float(readings_ms)}), goal


def _check_time(made: Plan, wish: Wish, sources: Sequence[str]) -> None:
    if made.total_s > wish.longest_s:
        raise UnstableError(
            f"{', '.join(sources) or 'a meter'}: ±{wish.half_width:.1%} of energy takes about {made.total_s / 60:.0f} "
            f"min, and {wish.longest_s / 60:.0f} min are allowed; allow more with --max-secs, ask for less with "
            "--half-width, use an external meter, or leave --energy out"
        )


def design_of(blocks: EnergyBlocks, rounds: int) -> Design:
    """What a campaign's design follows from, as its opening row has it."""
    return Design(block_s=blocks.block_s, idle=True, readings_ms=blocks.readings_ms, rounds=rounds)


@dataclass(frozen=True)
class Effort:
    """What one device's energy took, of what was said beforehand. stopped: None while it is not done; a meter's
    campaign has as many rounds as were planned, and no stop of its own. sessions: had, of `sessions_wanted`."""

    half_width: float
    planned_s: float
    spent_s: float
    stopped: Stop | None
    sessions: int
    sessions_wanted: int


def efforts(profile: Profile, campaign: str) -> dict[str, Effort]:
    """By serial; empty where nothing was said beforehand."""
    blocks = next(row.energy for row in profile.campaigns if row.campaign == campaign)
    goal = blocks.goal if blocks is not None else None
    if goal is None:
        return {}
    settled = {row.serial: row for row in profile.settled if row.campaign == campaign}
    found = {}
    for serial in sorted({row.serial for row in profile.measured if row.campaign == campaign and row.serial}):
        rows = [row for row in profile.measured if row.campaign == campaign and row.serial == serial]
        stop = settled.get(serial)
        found[serial] = Effort(
            half_width=goal.half_width,
            planned_s=goal.total_s,
            spent_s=goal.overhead_s + measuring_s(round_blocks(rows)) if stop is None else stop.spent_s,
            stopped=None if stop is None else stop.stopped,
            sessions=len({row.session for row in rows}),
            sessions_wanted=goal.sessions,
        )
    return found
