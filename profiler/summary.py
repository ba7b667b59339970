"""From the rows of a journal to what they say: medians with intervals, and knobs that are not worth having."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from approxlite.formats.configuration import EXACT, Configuration, Knob
from approxlite.formats.errors import DeviceError
from approxlite.formats.interval import Estimate
from approxlite.formats.profile import BlockRow, CampaignRow, Profile
from approxlite.profiler.clock import fit_clock, slowdowns
from approxlite.profiler.crossings import conversions, crossed, neighbours
from approxlite.profiler.estimates import median_estimate
from approxlite.profiler.recorded import KnobTime, RecordedProfile, more_exact, wide_share
from approxlite.profiler.schedule import int8_everywhere


def recorded(
    profile: Profile, model_sha256: str | None = None, name: str | None = None, device_class: str | None = None
) -> RecordedProfile:
    """The last campaign of `profile` (on that model, of that name, on devices of that class), summarised. Raises
    DeviceError if there is none to go by."""
    campaign = last_campaign(profile, model_sha256, name, device_class)
    if campaign is None:
        raise DeviceError("the profile holds no campaign of this model; run `approxlite profile` on it")
    return summarise(campaign, [row for row in profile.blocks if row.campaign == campaign.campaign])


def last_campaign(
    profile: Profile, model_sha256: str | None = None, name: str | None = None, device_class: str | None = None
) -> CampaignRow | None:
    """The last one of `profile` that is as wished; None if there is none."""
    for campaign in reversed(profile.campaigns):
        found = (campaign.model.sha256, campaign.campaign, campaign.device.fingerprint)
        wished = (model_sha256, name, device_class)
        if all(wish in (None, own) for wish, own in zip(wished, found, strict=True)):
            return campaign
    return None


def summarise(campaign: CampaignRow, blocks: Sequence[BlockRow]) -> RecordedProfile:
    """Raises DeviceError if the blocks are too few to have every knob."""
    try:
        return _summarised(campaign, blocks)
    except ValueError:
        raise DeviceError("the campaign was interrupted before every knob was timed; profile again to resume") from None


def _summarised(campaign: CampaignRow, blocks: Sequence[BlockRow]) -> RecordedProfile:
    names = [operator.id for operator in campaign.operators]
    stock = {row.round: row.latency_ns.median for row in blocks if row.subject == "stock"}
    # A block that took too long, such as on a device that slept, was ended before its operators were timed.
    ours = [row for row in blocks if row.subject == "approxlite" and row.operator_ns.keys() >= set(names)]
    configurations = [Configuration.parse(row.configuration) for row in ours]
    exact = [c.is_exact for c in configurations]
    anchors = {Configuration(), int8_everywhere(campaign.operators)}
    if not any(exact):
        raise ValueError("no exact block")
    chosen = [[str(c.knob(name)) for name in names] for c in configurations]
    # A clock reads 0 for an operator that was folded into another.
    times = np.array([[max(row.operator_ns[name], 1) for name in names] for row in ours], np.float64)
    pairs = neighbours(campaign.operators)
    crossing = crossed(chosen, pairs)
    order = {knob: number for number, knob in enumerate(sorted({knob for row in chosen for knob in row}))}
    numbers = np.array([[order[knob] for knob in row] for row in chosen], np.intp)
    dealt = np.array([c not in anchors for c in configurations])
    slow = slowdowns(times, numbers + len(order) * crossing, dealt, np.array(exact))
    steady = times / np.exp(slow)[:, None]
    between = conversions(steady, numbers, crossing, pairs)
    alike = steady.copy()
    for (_, after), time in between.items():
        alike[crossing[:, after], after] -= time.value
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row, knobs in zip(alike, chosen, strict=True):
        for name, knob, taken in zip(names, knobs, row, strict=True):
            samples[name, knob].append(max(float(taken), 1.0))
    spared = {names[before]: time.value for (before, _), time in between.items()}
    beyond = [(r.latency_ns.median - t.sum()) / np.exp(s) for r, t, s in zip(ours, times, slow, strict=True)]
    shares = [
        wide_share(dict(zip(names, row, strict=True)), c, campaign)
        for row, c in zip(steady, configurations, strict=True)
    ]
    return RecordedProfile(
        campaign=campaign,
        operators={
            operator.id: _marked(
                {k: median_estimate(samples[operator.id, k]) for k in operator.knobs or (EXACT,)},
                spared.get(operator.id, 0.0),
            )
            for operator in campaign.operators
        },
        overhead_ns=median_estimate(beyond),
        clock=fit_clock(np.array(shares), slow),
        exact_cost=median_estimate(
            [r.latency_ns.median / stock[r.round] for r, e in zip(ours, exact, strict=True) if e and r.round in stock]
        ),
        stock_ns=median_estimate(list(stock.values())),
        between={(names[before], names[after]): time for (before, after), time in between.items()},
    )


def _marked(times: Mapping[str, Estimate], spared: float) -> dict[str, KnobTime]:
    """spared: nanoseconds that the operator after needs not spend if this one computes on bytes."""
    knobs = {text: Knob.parse(text) for text in times}
    least = {text: time.value - (spared if knobs[text].on_bytes else 0.0) for text, time in times.items()}
    marked = {}
    for text, time in times.items():
        better = [t for t in times if more_exact(knobs[t], knobs[text]) and least[t] <= least[text]]
        marked[text] = KnobTime(time, min(better, key=lambda t: times[t].value, default=None))
    return marked
