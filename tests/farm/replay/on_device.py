"""Campaigns as a device's runner makes them, on a replayed device: its design, its lines, its journal, its judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from approxlite.formats.document import now
from approxlite.formats.errors import UnstableError
from approxlite.formats.profile import BlockRow, CampaignRow, EnergyBlocks, IdleRow, ProbeRow, Profile, ProfiledOperator
from approxlite.formats.provenance import Device, ModelReference
from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.campaign.energy import energies
from approxlite.profiler.campaign.energy_goal import Wish, energy_goal
from approxlite.profiler.campaign.energy_probe import Sources
from approxlite.profiler.campaign.journal import row_of
from approxlite.profiler.campaign.judge import EnergyJudge, Verdict, wanted_settings
from approxlite.profiler.campaign.plan import Calls, Design, planned, preparation, rounds_of
from approxlite.profiler.energy.from_rows import RowsEnergy
from approxlite.profiler.energy.prove import prove
from approxlite.profiler.energy.warm_up import BLOCK_S, WarmUp
from approxlite.profiler.schedule import int8_everywhere, rounds_per_sweep
from farm.replay.cases import KINDS, Additive
from farm.replay.device import ReplayDevice
from farm.replay.trace import Draw, World

OPERATORS = tuple(
    ProfiledOperator(id=f"conv_2d_{i}", knobs=("exact", "int8", "rows:1/2"), multiply_accumulates=1000)
    for i in range(2)
)
INT8 = str(int8_everywhere(OPERATORS))
SERIAL = "replayed"


@dataclass(frozen=True)
class OnDevice:
    """truth: of int8's ratio to exact. said_s, spent_s: of the device's own clock. told: None where it refused."""

    truth: float
    said_s: float
    spent_s: float
    verdict: Verdict | None
    told: RowsEnergy | None
    refused: str = ""


def drawn(random: np.random.Generator) -> World:
    """A phone on which every knob saves something of its own."""
    base = Draw(float(random.uniform(1.5, 4.0)), float(random.uniform(0.004, 0.06)))
    idle = float(random.uniform(0.2, 0.5))
    exact_mj = (base.power_w - idle) * base.latency_s * 1e3
    changes = {
        (operator.id, knob): -exact_mj * float(random.uniform(0.02, 0.3))
        for operator in OPERATORS
        for knob in operator.knobs[1:]
    }
    return World(Additive(base, idle, changes), idle_w=idle)


def campaign_on_device(
    kind: str, seed: int, number: int, half_width: float = 0.03, keep: list[Profile] | None = None
) -> OnDevice:
    """From probe to joules, as `approxlite profile --device SERIAL --energy` does it; its profile goes to `keep`."""
    random = np.random.default_rng([seed, number, list(KINDS).index(kind), 5])
    world = drawn(random)
    device = ReplayDevice(world, KINDS[kind].gauges(random), random)
    begin_s, numbers = device.now_s, count(900_000)
    truth = world.ratio(INT8)
    try:
        probed = prove(device.measure, lambda: next(numbers))
    except UnstableError as problem:
        return OnDevice(truth, 0, 0, None, None, str(problem))
    found = Sources({SERIAL: probed}, {}, device.now_s - begin_s)
    design, goal = energy_goal(found, OPERATORS, Wish(half_width, 1e7), seed=number)
    warm_up = WarmUp(probed.proven)
    while not warm_up.is_over:
        block = preparation(next(numbers), "approxlite", BLOCK_S, readings_s=warm_up.readings_s)
        warm_up.add(device.measure([block]))
    rounds = rounds_of(OPERATORS, design, seed=number)
    least = Design().sweeps * rounds_per_sweep(OPERATORS)
    judge = EnergyJudge(goal, design, rounds, wanted_settings(rounds), seed=number, least_rounds=least)
    judge.add_probe(SERIAL, probed.rows)
    exact_s = world.draws["exact"].latency_s
    calls = Calls.lasting(design.work_s, exact_s * 1e9, exact_s * 1e9)
    rows: list[BlockRow | IdleRow] = []
    verdict: Verdict | None = None
    for each in rounds:
        for slot in each.slots:
            line = planned(slot, calls, design, {})
            row = row_of("c", SERIAL, slot, device.measure([line])[0])
            assert row is not None
            rows.append(row)
            judge.add(row)
        verdict = judge.verdict(SERIAL)
        if verdict is not None:
            break
    energy = EnergyBlocks(block_s=design.block_s, readings_ms=design.readings_ms, goal=goal)
    profile = _profile(rows, probed.rows, energy)
    told = energies(profile, "c")
    if keep is not None:
        keep.append(profile)
    return OnDevice(truth, goal.total_s, device.now_s - begin_s, verdict, told[SERIAL])


def _profile(rows: Sequence[BlockRow | IdleRow], probe: Sequence[AgentBlock], energy: EnergyBlocks) -> Profile:
    opening = CampaignRow(
        campaign="c", time=now(), tool_version="0", device=Device(fingerprint="f", cpu="c", features=(), os="o"),
        model=ModelReference(sha256="0" * 64, name="m"), numerics_version=1, kernel_variant="scalar", threads=1,
        energy=energy, energy_refused="", operators=OPERATORS,
    )  # fmt: skip
    blocks = tuple(row for row in rows if isinstance(row, BlockRow))
    idles = tuple(row for row in rows if isinstance(row, IdleRow))
    probes = tuple(
        ProbeRow(
            campaign="c", serial=SERIAL, block=each.block, time=now(),
            agent_row=each.model_dump(mode="json", exclude_defaults=True),
        )
        for each in probe
    )  # fmt: skip
    return Profile((opening,), blocks, idles, probes=probes)
