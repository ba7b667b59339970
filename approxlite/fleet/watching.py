"""How devices fare now, told from what their services say. Pure functions, and one look at a device."""

from __future__ import annotations

from collections.abc import Callable

from approxlite.formats.document import Document, parse_document
from approxlite.formats.errors import DeviceError, PolicyError
from approxlite.formats.guard import GuardSettings
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import LadderRung, Policy
from approxlite.formats.service_status import GuardReading, RungAnswers, ServiceStatus
from approxlite.policy.statistics import CONFIDENCE, mean_upper_bound, share
from approxlite.profiler.devices.service import Service


class Saved(Document):
    """What running the policy saved of what exact alone would have taken, a share. low, high: from the intervals of the
    measured costs; equal where only values are known. at_most: escalations to other rungs are not told, so not counted.
    """

    value: float
    low: float
    high: float
    answers: int
    at_most: bool


class Watched(Document):
    """One device. problem: why it tells nothing now. disagreement: of answers with exact's, by canaries, with its 95 %
    interval. status: everything that it said."""

    serial: str
    problem: str | None = None
    alarmed: bool = False
    disagreement: Estimate | None = None
    time_saved: Saved | None = None
    energy_saved: Saved | None = None
    status: ServiceStatus | None = None


class Watcher:
    """Looks at one device again and again. Belongs to one thread at a time. open_: its service, connected anew."""

    def __init__(self, serial: str, open_: Callable[[str], Service]) -> None:
        self._serial, self._open = serial, open_
        self._policies: dict[str, Policy | None] = {}

    def look(self) -> Watched:
        """Raises nothing that a device may cause."""
        try:
            service = self._open(self._serial)
            status = service.status()
            return watched(self._serial, status, self._policy(service, status.policy_sha256))
        except DeviceError as fault:
            return Watched(serial=self._serial, problem=str(fault))

    def _policy(self, service: Service, sha256: str | None) -> Policy | None:
        """What the device follows, asked once; None where it does not show it."""
        if sha256 is None:
            return None
        if sha256 not in self._policies:
            try:
                where = f"{self._serial}: its policy"
                self._policies[sha256] = parse_document(Policy, service.read("policy"), where, PolicyError)
            except (DeviceError, PolicyError):
                self._policies[sha256] = None
        return self._policies[sha256]


def watched(serial: str, status: ServiceStatus, policy: Policy | None) -> Watched:
    """policy: the one that is followed, where it is at hand: with it numbers have their intervals."""
    fits = policy is not None and len(policy.ladder) == len(status.rungs)
    ladder = policy.ladder if policy is not None and fits else None
    return Watched(
        serial=serial,
        alarmed=status.alarmed,
        disagreement=disagreement(status.guard, None if policy is None else policy.guard),
        time_saved=saved(
            status, [_cost(rung) for rung in status.rungs] if ladder is None else [r.cost for r in ladder]
        ),
        energy_saved=None if ladder is None else saved(status, _energies(ladder)),
        status=status,
    )


def disagreement(guard: GuardReading | None, settings: GuardSettings | None) -> Estimate | None:
    """Share of answers that differ from exact's, with its 95 % interval; None before the first canary.

    Canaries drawn alike for all answers give an exact binomial interval. Where unsure answers are checked more often,
    each canary counts by how seldom it is drawn, a bounded number, and the interval is Hoeffding's for means.
    """
    if guard is None or guard.canaries == 0 or guard.disagreements > guard.canaries:
        return None
    heaviest = 1.0
    if settings is not None:
        heaviest = 1 - settings.unsure_share + settings.unsure_share * settings.unsure_factor
    if heaviest <= 1 or guard.disagreement_share is None:
        return share(guard.disagreements, guard.canaries)
    tail = (1 - CONFIDENCE) / 2
    mean = min(1.0, guard.disagreement_share / heaviest)
    value = min(1.0, guard.disagreement_share)
    low = heaviest * (1 - mean_upper_bound(1 - mean, guard.canaries, tail)) if mean > 0 else 0.0
    high = heaviest * mean_upper_bound(mean, guard.canaries, tail) if mean < 1 else 1.0
    return Estimate(value=value, low=max(0.0, min(low, value)), high=min(1.0, max(high, value)), samples=guard.canaries)


def saved(status: ServiceStatus, costs: list[Estimate] | None) -> Saved | None:
    """costs: of one run of each rung, in any unit. Canaries are counted as the runs of exact that they are."""
    exact = status.exact_rung
    if costs is None or exact is None or not 0 <= exact < len(costs) or len(costs) != len(status.rungs):
        return None
    answers = sum(rung.answers for rung in status.rungs)
    told = all(rung.runs is not None for rung in status.rungs)
    runs = [rung.answers if rung.runs is None or not told else rung.runs for rung in status.rungs]
    canaries = status.guard.canaries if status.guard is not None else 0
    if answers == 0 or costs[exact].low <= 0:
        return None

    def left(own: list[float], reference: float) -> float:
        spent = sum(count * (reference if at == exact else own[at]) for at, count in enumerate(runs))
        return 1 - (spent + canaries * reference) / (answers * reference)

    value = left([cost.value for cost in costs], costs[exact].value)
    # Both ends of each cost at once: no narrower than what the costs were measured to.
    least = left([cost.high for cost in costs], costs[exact].low)
    most = left([cost.low for cost in costs], costs[exact].high)
    return Saved(value=value, low=min(least, value), high=max(most, value), answers=answers, at_most=not told)


def _cost(rung: RungAnswers) -> Estimate:
    return Estimate(value=rung.cost, low=rung.cost, high=rung.cost, samples=1)


def _energies(ladder: tuple[LadderRung, ...]) -> list[Estimate] | None:
    found = [rung.energy_mj for rung in ladder if rung.energy_mj is not None]
    return found if len(found) == len(ladder) else None
