"""Joules of a campaign on devices, from its journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from approxlite.formats.errors import UnstableError
from approxlite.formats.profile import Profile
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.campaign.journal import probe_blocks
from approxlite.profiler.campaign.judge import round_blocks
from approxlite.profiler.energy.beside import beside
from approxlite.profiler.energy.from_rows import RowsEnergy, energy_of_rows
from approxlite.profiler.energy.measured import RoundBlock
from approxlite.profiler.energy.readings import Series


def energies(profile: Profile, campaign: str, *, seed: int = 0, meter: Series | None = None) -> dict[str, RowsEnergy]:
    """By serial, as each device has a gauge of its own; from the journal alone, or by a meter's readings alone.

    Raises nothing: what cannot be told says why.
    """
    rows = [row for row in profile.measured if row.campaign == campaign]
    found = {}
    for serial in sorted({row.serial for row in rows if row.serial is not None and row.agent_row is not None}):
        blocks = round_blocks(row for row in rows if row.serial == serial)
        try:
            probe = probe_of(profile, campaign, serial) if meter is None else []
            found[serial] = energy_of_rows(blocks if meter is None else _metered(blocks, meter), probe, seed=seed)
        except UnstableError as problem:
            found[serial] = RowsEnergy(refused=str(problem))
    return found


def probe_of(profile: Profile, campaign: str, serial: str) -> list[AgentBlock]:
    """Rows by which the device's source proved itself; none where none are in the journal."""
    return probe_blocks(row for row in profile.probes if (row.campaign, row.serial) == (campaign, serial))


def _metered(blocks: Sequence[RoundBlock], meter: Series) -> list[RoundBlock]:
    """With the meter's readings in place of the device's own. Raises UnstableError where it does not fit the blocks."""
    timed = sorted((b for b in blocks if b.row.begin_ns is not None), key=lambda block: block.row.begin_ns or 0)
    rows = beside([block.row.model_copy(update={"readings": ()}) for block in timed], meter)
    laid = {row.block: row for row in rows}
    return [replace(block, row=laid[block.row.block]) for block in timed if block.row.block in laid]
