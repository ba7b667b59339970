"""Joules from rows that a device has measured: a campaign's rounds, and a probe of the device's sources.

    probed = prove(measure, numbers)        # before the rounds: has the device measure `probe_blocks`
    block_s = probed.proven.source.noise.shortest_block_s(probed.proven.busy_w)      # what rounds need
    found = energy_of_rows([RoundBlock(row, "exact", round=0), RoundBlock(row, "idle", round=0), ...], probed.rows)
    found.settings["all=int8"]              # a Comparison, whose `ratio` has an interval; or Refusal, with its `why`
    found.refused                           # why there are no joules at all; empty where there are

Rounds hold `exact` and `idle` blocks beside the others, in random order. The journal alone is enough to repeat it:
without rows of a probe, sources are judged by the rounds themselves, which also alternate between rest and work.
A meter's file is laid beside the rows first (`beside.beside`). All functions here are pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import ConfigurationError, UnstableError
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.energy.compare import compared
from approxlite.profiler.energy.contamination import disturbed_state
from approxlite.profiler.energy.design import EXACT, IDLE
from approxlite.profiler.energy.measured import Measured, RoundBlock
from approxlite.profiler.energy.outcome import Comparison, SourceRecord
from approxlite.profiler.energy.prove import Probed, proven_by
from approxlite.profiler.energy.regression import KnobEnergy, Undetermined, knob_energies

SHORTER = 0.3
"""Blocks of the fastest settings do the same work in this share of exact's time; shorter ones are refused."""

JUDGED_BY = 6
"""Idle blocks of rounds up to which rows are looked at where there was no probe."""

MOST_JUDGED_BY = 120
"""Rows in all; a fit takes time."""


@dataclass(frozen=True)
class Refusal:
    """Why there is no number, in one line."""

    why: str


@dataclass(frozen=True)
class RowsEnergy:
    """settings: of each condition that most rounds have, beside exact. knobs: what each (operator, knob) adds to an
    inference's energy.

    left_out: contaminated blocks, by why.
    """

    source: SourceRecord | None = None
    refused: str = ""
    settings: Mapping[str, Comparison | Refusal] = field(default_factory=dict)
    knobs: Sequence[KnobEnergy] | Refusal = Refusal("not measured")
    left_out: Mapping[str, int] = field(default_factory=dict)


def energy_of_rows(blocks: Sequence[RoundBlock], probe_rows: Sequence[AgentBlock] = (), *, seed: int = 0) -> RowsEnergy:
    """All that the rounds of one device bear. Same rows and seed, same answer. Raises nothing."""
    try:
        probed, measured = measured_of(blocks, probe_rows)
    except UnstableError as problem:
        return RowsEnergy(refused=str(problem))
    knobs = knobs_of(measured)
    return RowsEnergy(
        source=SourceRecord.of(probed.proven.source, probed.refused),
        settings={each: _setting(measured, probed, each, seed) for each in _beside_exact(blocks)},
        knobs=Refusal(knobs.why) if isinstance(knobs, Undetermined) else knobs,
        left_out=measured.reasons(),
    )


def measured_of(blocks: Sequence[RoundBlock], probe_rows: Sequence[AgentBlock] = ()) -> tuple[Probed, Measured]:
    """The device's source and what it says of its rounds. Raises UnstableError where no source tells of them."""
    ordered = sorted(blocks, key=lambda block: (block.session, block.row.begin_ns or 0))
    probed = proven_by(probe_rows or _telling(ordered))
    _long_enough(ordered, probed, EXACT, 1.0)
    measured = Measured(probed.proven.source)
    measured.add(ordered)
    return probed, measured


def _beside_exact(blocks: Sequence[RoundBlock]) -> list[str]:
    """Conditions of most rounds that have exact. Others, dealt to a round or two, only tell of their knobs."""
    rounds: dict[str, set[tuple[int, int]]] = {}
    for block in blocks:
        rounds.setdefault(block.condition, set()).add((block.session, block.round))
    return [each for each in sorted(rounds) if each not in (IDLE, EXACT) and 2 * len(rounds[each]) > len(rounds[EXACT])]


def knobs_of(measured: Measured) -> list[KnobEnergy] | Undetermined:
    """By regression over all configurations in rounds that have a clean idle block."""
    chosen, energies, rounds = [], [], []
    for number, round_ in enumerate(measured.rounds()):
        for condition, cost in round_.items():
            knobs = _knobs(condition)
            if IDLE in round_ and knobs is not None:
                chosen.append(knobs)
                energies.append(cost.beyond(round_[IDLE].power_w) * 1e3)
                rounds.append(number)
    return knob_energies(chosen, np.array(energies), rounds)


def _knobs(condition: str) -> dict[str, str] | None:
    """None for what is no configuration of single operators."""
    try:
        entries = Configuration.parse(condition).entries
    except ConfigurationError:
        return None
    return {operator: str(knob) for operator, knob in entries}


def _setting(measured: Measured, probed: Probed, condition: str, seed: int) -> Comparison | Refusal:
    try:
        _long_enough(measured.blocks, probed, condition, SHORTER)
        return compared(measured, condition, seed)
    except UnstableError as problem:
        return Refusal(str(problem))


def _long_enough(blocks: Sequence[RoundBlock], probed: Probed, condition: str, share: float) -> None:
    """Raises UnstableError where the source means nothing over blocks as short as these."""
    lengths = [block.length_s for block in blocks if block.condition == condition and block.length_s > 0]
    if not lengths:
        raise UnstableError(f"no {condition} blocks were measured")
    noise, settled = probed.proven.source.noise, median(lengths) - probed.proven.source.noise.settle_s
    needed = noise.shortest_block_s(probed.proven.busy_w)
    if settled < 0.85 * share * needed:
        raise UnstableError(
            f"{condition} blocks of {median(lengths):.2g} s are too short for "
            f"{probed.proven.source.candidate.name}; {share * needed + noise.settle_s:.0f} s are needed"
        )


def _telling(ordered: Sequence[RoundBlock]) -> list[AgentBlock]:
    """Rows of the first session, up to where rest and work have taken turns often enough; none in which something else
    happened, as the device itself says."""
    found, idles = [], 0
    for block in ordered[:MOST_JUDGED_BY]:
        if block.session != ordered[0].session or idles > JUDGED_BY:
            break
        if not disturbed_state(block.row):
            found.append(block.row)
            idles += block.condition == IDLE
    return found
