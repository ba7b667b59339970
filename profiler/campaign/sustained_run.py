"""Sustained runs in a campaign: each device works from cold on for as long as an app might; heat shows at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from approxlite.formats.configuration import EXACT
from approxlite.formats.document import now
from approxlite.formats.errors import ApproxError, UnstableError
from approxlite.formats.profile import CampaignRow, Profile, SustainedRow, load_profile
from approxlite.formats.scale import Scale
from approxlite.profiler.blocks import AgentBlock, PlannedBlock
from approxlite.profiler.campaign.alone import AgentEndedError, MeasuredAlone
from approxlite.profiler.campaign.board import Board
from approxlite.profiler.campaign.energy import probe_of
from approxlite.profiler.campaign.farm import Job
from approxlite.profiler.campaign.greeting import greeted
from approxlite.profiler.campaign.journal import CampaignJournal
from approxlite.profiler.campaign.judge import round_blocks
from approxlite.profiler.campaign.on_device import Pace, StoppedError, run_threads
from approxlite.profiler.campaign.plan import SUSTAINED, grids
from approxlite.profiler.campaign.service_agent import agent_of
from approxlite.profiler.devices.link import Link
from approxlite.profiler.energy.from_rows import measured_of
from approxlite.profiler.energy.probe import Proven
from approxlite.profiler.energy.sustained import Sustained, sustained, sustained_blocks
from approxlite.profiler.schedule import int8_everywhere

NUMBERS_PER_RUN = 5000
"""Of blocks; a device has started twenty runs before they are all used."""


@dataclass(frozen=True)
class SustainedWish:
    """run_s: of each configuration, from cold on. rate_hz: of inferences, as the app has; 0: one after the other."""

    run_s: float = 1800.0
    rate_hz: float = 0.0


@dataclass(kw_only=True)
class SustainedRuns(MeasuredAlone):
    """Of one device, one configuration after the other. A device that lost its way begins the run anew; one that only
    lost its cable went on meanwhile."""

    campaign: CampaignRow
    journal: CampaignJournal
    wish: SustainedWish
    latency_ms: Mapping[str, float]
    done: Sequence[str]
    first_run: int
    proven: Proven | None
    scales: Mapping[str, Scale]
    seed: int = 0
    failure: ApproxError | None = None
    _run: int = 0
    _blocks: list[PlannedBlock] = field(default_factory=list)
    _installed: bool = False

    def __post_init__(self) -> None:
        self._agent = agent_of(
            f"{self.campaign.campaign}-sustained", self.contents, threads=self.campaign.threads, seed=self.seed
        )
        self._left = [each for each in configurations(self.campaign) if each not in self.done]
        self._run = self.first_run

    def run(self) -> None:
        """Until every configuration has a whole run, somebody stops it, or the device is given up."""
        if not self._left:
            return
        try:
            self._through_faults(self._measure)
            self.board.say(self.serial, "done")
        except StoppedError:
            self.board.say(self.serial, "stopped")
        except ApproxError as failure:
            self.failure = failure
            self.board.say(self.serial, "failed", str(failure))
        finally:
            self._leave()

    def _measure(self, link: Link) -> None:
        if not self._installed:
            self._agent.end(link)
            self._agent.remove(link)
            self._agent.install(link, self.contents)
            self._agent.release_others(link)
            self._installed = True
        while self._left:
            if not self._blocks:
                self._begin(link)
            try:
                self._followed(link, self._blocks, self._journal_rows)
            except AgentEndedError:
                self._blocks = []  # the heat is gone, and a number of its own is due
                raise
            self._blocks = []
            self._left.pop(0)
        self._agent.remove(link)

    def _begin(self, link: Link) -> None:
        self._pass_gates(link)
        configuration, self._run = self._left[0], self._run + 1
        numbers = count(SUSTAINED + self._run * NUMBERS_PER_RUN)
        blocks = sustained_blocks(
            configuration, self.proven, lambda: next(numbers), run_s=self.wish.run_s,
            gap_ms=self._gap_ms(configuration), scales=grids(dict(self.scales), configuration),
        )  # fmt: skip
        self.board.say(self.serial, "sustained run", f"{configuration} for {self.wish.run_s / 60:.0f} min")
        self._begins(link, blocks)
        self._blocks = blocks

    def _gap_ms(self, configuration: str) -> float:
        if self.wish.rate_hz <= 0:
            return 0.0
        return round(max(1e3 / self.wish.rate_hz - self.latency_ms.get(configuration, 0.0), 0.0))

    def _journal_rows(self) -> None:
        rows = [
            SustainedRow(
                campaign=self.campaign.campaign, serial=self.serial, run=self._run, place=place, of=len(self._blocks),
                subject="idle" if block.subject == "idle" else "approxlite", configuration=self._left[0],
                gap_ms=block.gap_ms, run_s=self.wish.run_s, rate_hz=self.wish.rate_hz, time=now(),
                agent_row=self._found[block.block].model_dump(mode="json", exclude_defaults=True),
            )
            for place, block in enumerate(self._blocks)
            if block.block in self._found
        ]  # fmt: skip
        self.journal.sustain(rows)


def configurations(campaign: CampaignRow) -> list[str]:
    """Those that a sustained run is made of: exact, and int8 wherever there is int8."""
    return list(dict.fromkeys((EXACT, str(int8_everywhere(campaign.operators)))))


def sustain(
    serials: Sequence[str], job: Job, campaigns: Sequence[str], out: Path, wish: SustainedWish,
    connect: Callable[[str], Link], *, board: Board | None = None, pace: Pace | None = None,
    look: Callable[[Board], None] = lambda _board: None,
) -> dict[str, str]:  # fmt: skip
    """Has all devices make their runs at once, into the journal of campaigns that have ended; by serial, why not.

    Settings are back when this returns or raises KeyboardInterrupt when stopped, or FormatError.
    """
    board, pace, stop, profile = board or Board(), pace or Pace(), threading.Event(), load_profile(out)
    refused: dict[str, str] = {}
    runs: list[SustainedRuns] = []
    with CampaignJournal(out) as journal:
        for serial in serials:
            try:
                device = greeted(serial, job.files, connect, stop)
            except ApproxError as problem:
                refused[serial] = str(problem)
                continue
            fingerprint = device.description.device.fingerprint
            known = [row for row in profile.campaigns if row.campaign in campaigns]
            campaign = next((row for row in known if row.device.fingerprint == fingerprint), None)
            if campaign is None:
                refused[serial] = "it has no campaign in the profile"
                continue
            mine = [r for r in profile.sustained if (r.campaign, r.serial) == (campaign.campaign, serial)]
            runs.append(
                SustainedRuns(
                    serial=serial, connect=connect, contents=device.contents, board=board, stop=stop, gates=job.gates,
                    pace=pace, measures_energy=job.design.tells_energy, campaign=campaign, journal=journal, wish=wish,
                    latency_ms=_latencies_ms(profile, campaign, serial), done=tuple(_whole(mine, wish)),
                    first_run=max((row.run for row in mine), default=-1),
                    proven=job.proven(serial) or proven_in(profile, campaign.campaign, serial), scales=job.scales,
                    seed=job.seed,
                )
            )  # fmt: skip
        threads = [threading.Thread(target=each.run, name=each.serial, daemon=True) for each in runs]
        run_threads(threads, board, stop, look)
    return refused | {each.serial: str(each.failure) for each in runs if each.failure is not None}


def proven_in(profile: Profile, campaign: str, serial: str) -> Proven | None:
    """The device's energy source by the rounds in the journal; None where there is none."""
    rows = [row for row in profile.measured if (row.campaign, row.serial) == (campaign, serial)]
    try:
        return measured_of(round_blocks(rows), probe_of(profile, campaign, serial))[0].proven
    except UnstableError:
        return None


def sustained_runs(profile: Profile, campaign: str, wish: SustainedWish) -> dict[str, dict[str, Sustained | str]]:
    """By serial and configuration, from the journal alone: what whole runs show, or why they show nothing."""
    found: dict[str, dict[str, Sustained | str]] = {}
    for serial in sorted({row.serial for row in profile.sustained if row.campaign == campaign}):
        mine = [row for row in profile.sustained if (row.campaign, row.serial) == (campaign, serial)]
        proven = proven_in(profile, campaign, serial)
        for configuration, rows in _whole(mine, wish).items():
            blocks = [AgentBlock.model_validate(row.agent_row) for row in rows]
            planned = [
                PlannedBlock(block=block.block, subject=row.subject, configuration=configuration, gap_ms=row.gap_ms)
                for row, block in zip(rows, blocks, strict=True)
            ]
            try:
                told: Sustained | str = sustained(planned, blocks, proven)
            except UnstableError as problem:
                told = str(problem)
            found.setdefault(serial, {})[configuration] = told
    return found


def _whole(rows: Sequence[SustainedRow], wish: SustainedWish) -> dict[str, list[SustainedRow]]:
    """The last whole run of each configuration that is as wished, in order."""
    runs: dict[int, list[SustainedRow]] = {}
    for row in rows:
        if (row.run_s, row.rate_hz) == (wish.run_s, wish.rate_hz):
            runs.setdefault(row.run, []).append(row)
    whole = {run: sorted(each, key=lambda row: row.place) for run, each in runs.items() if len(each) == each[0].of}
    return {whole[run][0].configuration: whole[run] for run in sorted(whole)}


def _latencies_ms(profile: Profile, campaign: CampaignRow, serial: str) -> dict[str, float]:
    """Of one inference by configuration, as the rounds had it last; by whichever device of the class."""
    rows = [row for row in profile.blocks if row.campaign == campaign.campaign and row.subject == "approxlite"]
    rows.sort(key=lambda row: row.serial == serial)
    return {row.configuration: row.latency_ns.median / 1e6 for row in rows}
