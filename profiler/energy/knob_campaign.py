"""Measures blocks of dealt configurations and tells what each knob of each operator adds to an inference's energy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.errors import UnstableError
from approxlite.profiler.energy.campaign import EnergyCampaign
from approxlite.profiler.energy.design import EXACT, IDLE, Lengths, a_round
from approxlite.profiler.energy.from_rows import knobs_of
from approxlite.profiler.energy.measured import Measured, placed_rows
from approxlite.profiler.energy.regression import FREEDOM, KnobEnergy, Undetermined
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
    proven = campaign.probed().proven
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
    lengths = Lengths(length, noise.settle_s, noise.readings_s(length))
    for number in range(rounds):
        configurations = list(dict.fromkeys(next(dealt) for _ in range(PER_ROUND)))
        conditions = (IDLE, EXACT, *(each for each in configurations if each != EXACT))
        placed = a_round(conditions, lengths, session=0, round_=number, first=campaign.number(), seed=campaign.seed)
        for _ in placed[1:]:
            campaign.number()
        measured.add(placed_rows(placed, campaign.run_blocks([each.plan for each in placed])))
        campaign.progress("measuring", (number + 1) / rounds)
    found = knobs_of(measured)
    if isinstance(found, Undetermined):
        raise UnstableError(f"no knob energies: {found.why}")
    return found


def _dealt(operators: Sequence[OperatorWithKnobs], seed: int) -> Iterator[str]:
    """Dealt configurations without the anchors, which stand in every round of a latency profile."""
    return (str(each) for each in chain.from_iterable(r.configurations[2:] for r in schedule(operators, seed=seed)))
