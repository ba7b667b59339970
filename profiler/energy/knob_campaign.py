"""Measures blocks of dealt configurations and tells what each knob of each operator adds to an inference's energy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from approxlite.formats.configuration import Configuration, OperatorWithKnobs
from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from approxlite.profiler.energy.design import EXACT, IDLE, SAMPLES, Lengths, a_round
from approxlite.profiler.energy.measured import Measured
from approxlite.profiler.energy.noise import Noise
from approxlite.profiler.energy.regression import FREEDOM, KnobEnergy, Undetermined, knob_energies
from approxlite.profiler.schedule import schedule

PER_ROUND = 6
"""Configurations between two exact blocks."""

SPARE = 3
"""Blocks measured for each number that is asked for."""


def measure_knobs(
    campaign: EnergyCampaign, operators: Sequence[OperatorWithKnobs], *, block_s: float | None = None
) -> list[KnobEnergy]:
    """Energies of all knobs, in millijoules per inference beside exact, from one source and one session.

    `campaign.setting` is not used. Raises UnstableError where no source proves itself, time does not suffice, or knobs
    cannot be told apart.
    """
    proven = campaign.proven_source()
    campaign.warm_up(proven)
    noise = proven.source.noise
    length = block_s or noise.shortest_block_s(proven.busy_w)
    numbers = sum(len(operator.knobs) - 1 for operator in operators if operator.knobs)
    rounds = -(-(SPARE * numbers + FREEDOM) // (PER_ROUND - 1))
    needed_s = campaign.spent_s + rounds * (PER_ROUND + 2) * (length + noise.settle_s)
    if needed_s > campaign.longest_s:
        raise UnstableError(
            f"{numbers} knob energies take about {needed_s / 60:.0f} min by {proven.source.candidate.name} and "
            f"{campaign.longest_s / 60:.0f} min are allowed; allow more, or profile fewer operators"
        )
    measured = Measured(proven.source)
    dealt = _dealt(operators, campaign.seed)
    lengths = Lengths(length, noise.settle_s, _readings_s(noise, length))
    for number in range(rounds):
        configurations = list(dict.fromkeys(next(dealt) for _ in range(PER_ROUND)))
        conditions = (IDLE, EXACT, *(each for each in configurations if each != EXACT))
        placed = a_round(conditions, lengths, session=0, round_=number, first=campaign.number(), seed=campaign.seed)
        for _ in placed[1:]:
            campaign.number()
        measured.add(placed, campaign.run_blocks([each.plan for each in placed]))
        campaign.progress("measuring", (number + 1) / rounds)
    found = energies_of(measured)
    if isinstance(found, Undetermined):
        raise UnstableError(f"no knob energies: {found.why}")
    return found


def energies_of(measured: Measured) -> list[KnobEnergy] | Undetermined:
    """Of rounds that have an idle block; contaminated blocks are left out."""
    knobs, energies, numbers = [], [], []
    for number, round_ in enumerate(measured.rounds()):
        if IDLE not in round_:
            continue
        for condition, (power, seconds, _session) in round_.items():
            if condition != IDLE:
                chosen = dict(Configuration.parse(condition).entries)
                knobs.append({operator: str(knob) for operator, knob in chosen.items()})
                energies.append((power - round_[IDLE][0]) * seconds * 1e3)
                numbers.append(number)
    return knob_energies(knobs, np.array(energies), numbers)


def _dealt(operators: Sequence[OperatorWithKnobs], seed: int) -> Iterator[str]:
    """Dealt configurations without the anchors, which stand in every round of a latency profile."""
    return (str(each) for each in chain.from_iterable(r.configurations[2:] for r in schedule(operators, seed=seed)))


def _readings_s(noise: Noise, block_s: float) -> float:
    return max(0.05, min(block_s / SAMPLES, noise.refresh_s / 6 if noise.refresh_s else block_s))
