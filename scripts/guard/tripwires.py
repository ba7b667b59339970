"""Broken outputs are caught, and healthy ones are not: with the outputs of real models."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from figures import Figure
from models import Watched
from numpy.typing import NDArray

from approxlite.runtime.guard import Alarm, Guard

_SECTION = "Tripwires, on outputs of real models (test samples; calibrated on tuning samples)"
_PLACES = 100  # of a stream at which a fault begins
_REPEATS = 10_000  # of one input


def tripwire_checks(model: Watched, seed: int) -> Iterator[Figure]:
    yield _healthy(model)
    yield _still(model)
    places = np.random.default_rng(seed).integers(1, len(model.test.outputs), _PLACES)
    first = model.test.outputs[0]
    broken = np.full_like(first, 0)
    yield _at_first(model, "all zero", "zero", broken, places)
    for value in (np.nan, np.inf):
        broken = first.copy()
        broken[-1] = value
        yield _at_first(model, f"one entry {value}", "not_finite", broken, places)
    yield _frozen(model, places)


def _guard(model: Watched) -> Guard:
    return Guard(model.settings, bytes(32), 0.02)


def _healthy(model: Watched) -> Figure:
    test = model.test
    with _guard(model) as guard:
        seen = [guard.inspect(0, row, change) for row, change in zip(test.outputs, test.changes, strict=True)]
    alarms = sum(alarm != "none" for alarm in seen)
    equal = (test.outputs[1:] == test.outputs[:-1]).all(axis=1).mean()
    still = "" if test.still is None else f", {int(test.still.sum())} of them windows of sitting, standing and lying"
    return Figure(
        _SECTION,
        f"{model.name}: {len(seen)} healthy outputs{still}",
        f"{'no alarm' if alarms == 0 else seen[-1]}; {equal:.0%} equal the one before, "
        f"constant_limit {model.settings.constant_limit}",
        "no alarm",
        alarms == 0,
    )


def _still(model: Watched) -> Figure:
    output = model.test.outputs[0]
    with _guard(model) as guard:
        for _ in range(_REPEATS):
            guard.inspect(0, output, 0.0)
        alarm = guard.status().alarm
    return Figure(_SECTION, f"{model.name}: one input {_REPEATS} times", f"alarm: {alarm}", "no alarm", alarm == "none")


def _at_first(
    model: Watched, fault: str, expected: Alarm, broken: NDArray[np.float32], places: NDArray[np.int64]
) -> Figure:
    caught = 0
    for place in places:
        with _guard(model) as guard:
            _live(model, guard, int(place))
            caught += guard.inspect(0, broken, float("nan")) == expected
    return Figure(
        _SECTION,
        f"{model.name}: {fault}",
        f"caught at the first of them in {caught} of {len(places)} places",
        "always",
        caught == len(places),
    )


def _frozen(model: Watched, places: NDArray[np.int64]) -> Figure:
    """From a place on, the output before comes again and again; inputs go on, from the beginning after the last."""
    test, waits = model.test, []
    samples = len(test.changes)
    for place in places:
        with _guard(model) as guard:
            _live(model, guard, int(place))
            moved, at, frozen = 0, int(place), test.outputs[int(place) - 1]
            while not guard.status().latched and moved <= model.settings.constant_limit:
                change = float(test.changes[at % samples])
                moved += change > model.settings.still_change
                guard.inspect(0, frozen, change)
                at += 1
            waits.append(moved if guard.status().alarm == "constant" else np.inf)
    return Figure(
        _SECTION,
        f"{model.name}: frozen output",
        f"caught in {int(np.isfinite(waits).sum())} of {len(waits)} places, after at most {max(waits):.0f} inputs that "
        "changed",
        f"always, within {model.settings.constant_limit}",
        max(waits) <= model.settings.constant_limit,
    )


def _live(model: Watched, guard: Guard, until: int) -> None:
    for row, change in zip(model.test.outputs[:until], model.test.changes[:until], strict=True):
        guard.inspect(0, row, float(change))
