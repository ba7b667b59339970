"""What happens to a device in the midst of its campaign: its connection breaks, it gets hot, its battery runs low."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from approxlite.formats.errors import UnstableError
from approxlite.formats.profile import EnergyGoal, load_profile
from approxlite.formats.provenance import Device, ModelReference
from approxlite.profiler.blocks import PlannedBlock, Surroundings
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.gaps import Gaps
from approxlite.profiler.campaign.gates import Gates
from approxlite.profiler.campaign.journal import CampaignJournal
from approxlite.profiler.campaign.on_device import Pace, StoppedError
from approxlite.profiler.campaign.plan import Design
from approxlite.profiler.campaign.runner import Runner
from approxlite.profiler.campaign.shared import SharedCampaign
from approxlite.profiler.devices.faults import DeviceLostError
from support.scripted_agent import TIME_S, ScriptedAgent, ScriptedLink

PACE = Pace(soon_s=0.0, longest_poll_s=0.0, longest_quiet_s=0.0, gate_s=0.0, backoff_s=0.0, longest_backoff_s=0.0)

LOST = DeviceLostError("PHONE: the connection broke")
GOAL = EnergyGoal(
    half_width=0.03, pairs=12, settle_s=0.5, blocks=3, total_s=1e6, overhead_s=100, sessions=1, rounds=12,
    sources={"PHONE": "rail"},
)  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[CampaignJournal]:
    with CampaignJournal(tmp_path / "profile.jsonl") as journal:
        yield journal


def runner_of(
    journal: CampaignJournal, agent: ScriptedAgent, *, members: tuple[str, ...] = ("PHONE",),
    answers: Mapping[str, Callable[[], str]] | None = None, goal: EnergyGoal | None = None,
) -> Runner:  # fmt: skip
    """Of a campaign with idle blocks whose energy is measured."""
    campaign = SharedCampaign(
        device=Device(fingerprint="f", cpu="c", features=(), os="o"), model=ModelReference(sha256="0" * 64, name="m"),
        design=Design(block_s=10.0, idle=True, readings_ms=500, rounds=12), seed=0, journal=journal, members=members,
        goal=goal,
    )  # fmt: skip
    link = ScriptedLink(answers or {})
    runner = Runner(
        serial="PHONE", connect=lambda _serial: link, contents={"agent": b""}, board=Board(), stop=threading.Event(),
        gates=Gates.for_energy(), pace=PACE, measures_energy=True, campaign=campaign,
    )  # fmt: skip
    runner._agent = agent
    return runner


def measured_all(runner: Runner) -> bool:
    return runner.failure is None and runner.campaign.queue is not None and runner.campaign.queue.left == 0


def once(after: int, problem: Exception) -> Callable[[int], None]:
    """At the first look after so many blocks, that happens."""
    happened: list[int] = []

    def look(measured: int) -> None:
        if measured >= after and not happened:
            happened.append(measured)
            raise problem

    return look


def test_after_a_lost_connection_the_desk_still_knows_what_the_agent_measures(
    journal: CampaignJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown: list[set[int]] = []
    whole = Gaps.wait_s

    def wait_s(gaps: Gaps, now_s: float, plan: list[PlannedBlock], at_least_s: float) -> float | None:
        unknown.append({block.block for block in agent.left} - {block.block for block in plan})
        return whole(gaps, now_s, plan, at_least_s)

    monkeypatch.setattr(Gaps, "wait_s", wait_s)
    agent = ScriptedAgent(at_poll=once(after=16, problem=LOST))
    # Another device takes its share, so that this one is given more while it measures.
    runner = runner_of(journal, agent, members=("PHONE", "OTHER"))
    runner.run()
    assert measured_all(runner)
    assert (runner.board.of("PHONE").faults, agent.forgotten) == (1, set())
    assert len(unknown) > 20 and not any(unknown)


@pytest.mark.parametrize("problem", [LOST, StoppedError()])
def test_a_session_goes_on_after_a_fault_or_a_stop_though_the_device_has_another_year(
    journal: CampaignJournal, tmp_path: Path, problem: Exception
) -> None:
    clock = {"boot_id": lambda: f"@clock boot=boot now={TIME_S:.0f}\n"}
    fault = once(after=40, problem=problem)
    for expected in ("stopped", "done") if isinstance(problem, StoppedError) else ("done",):
        runner = runner_of(journal, ScriptedAgent(at_poll=fault), answers=clock, goal=GOAL)
        runner.run()
        assert runner.board.of("PHONE").doing == expected
    assert {row.session for row in load_profile(tmp_path / "profile.jsonl").measured} == {0}


@dataclass
class Phone:
    """As its agent sees it in each block, of which `rows` are kept, and as it answers the desk."""

    skin_c: float = 31.0
    status: int = 0
    charge: float = 0.5
    rows: list[Surroundings] = field(default_factory=list)

    def row(self) -> Surroundings:
        temperature_c = {"skin": self.skin_c}
        self.rows.append(Surroundings(temperature_c=temperature_c, thermal_status=self.status, charge=self.charge))
        return self.rows[-1]

    def dumpsys(self) -> str:
        return (
            f"approxlite-section battery\n  level: {100 * self.charge:.0f}\n  scale: 100\n"
            f"approxlite-section thermal\nThermal Status: {self.status}\nCurrent temperatures from HAL:\n"
            f"\tTemperature{{mValue={self.skin_c}, mType=3, mName=skin, mStatus=0}}\n"
        )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (Phone(skin_c=39.1), "cooling 39.1 → 37.0 °C"),
        (Phone(status=1), "cooling, thermal status light → none"),
        (Phone(charge=0.81), "discharging 81% → 80%"),
    ],
)
def test_a_device_that_leaves_its_gates_while_it_measures_waits_until_it_is_back(
    journal: CampaignJournal, changed: Phone, why: str
) -> None:
    phones, said = [Phone()], list[str]()

    def at_poll(measured: int) -> None:
        if measured >= 30 and len(phones) == 1:
            phones.append(changed)

    def dumpsys() -> str:
        said.append(runner.board.of("PHONE").why)
        if said[-1] == why:
            phones.append(Phone())
        return phones[-1].dumpsys()

    agent = ScriptedAgent(at_poll=at_poll, state=lambda: phones[-1].row(), blocks_per_poll=2)
    runner = runner_of(journal, agent, answers={"dumpsys": dumpsys})
    runner.run()
    assert measured_all(runner)
    assert said.count(why) == 1
    assert len(changed.rows) == 2
    assert agent.starts == 3  # to warm up, to measure, and once more


@pytest.mark.parametrize(
    ("in_rows", "working", "resting"),
    [
        pytest.param(Phone(skin_c=38.9), Phone(skin_c=38.9), Phone(skin_c=37.0), id="at the edge"),
        pytest.param(Phone(skin_c=45.0), Phone(skin_c=31.0), Phone(skin_c=31.0), id="sensors of other names"),
    ],
)
def test_a_device_that_the_gates_would_let_pass_again_is_not_stopped_at_each_look(
    journal: CampaignJournal, in_rows: Phone, working: Phone, resting: Phone
) -> None:
    agent = ScriptedAgent(state=in_rows.row)
    answers = {"dumpsys": lambda: (working if agent.runs else resting).dumpsys()}
    runner = runner_of(journal, agent, answers=answers)
    runner.run()
    assert measured_all(runner)
    assert agent.starts == 2


def test_a_battery_that_runs_low_while_charging_is_held_off_ends_the_campaign_with_its_rows(
    journal: CampaignJournal, tmp_path: Path
) -> None:
    phone = Phone()

    def runner(drains: Callable[[int], None]) -> Runner:
        return runner_of(journal, ScriptedAgent(at_poll=drains, state=phone.row), answers={"dumpsys": phone.dumpsys})

    def drains(measured: int) -> None:
        phone.charge = 0.29 if measured >= 30 else 0.31

    low = runner(drains)
    low.run()
    assert isinstance(low.failure, UnstableError)
    said = "PHONE: charging 29% → 30% cannot be waited for while charging is held off; charge it and run the same"
    assert str(low.failure).startswith(said)
    kept = len(load_profile(tmp_path / "profile.jsonl").measured)
    assert kept >= 20
    phone.charge = 0.5
    charged = runner(lambda _measured: None)
    charged.run()
    assert measured_all(charged)
    assert len(load_profile(tmp_path / "profile.jsonl").measured) > kept
