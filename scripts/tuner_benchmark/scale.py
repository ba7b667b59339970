"""How long tuning takes on one core, stage by stage, from a small model to one of over a hundred operators."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from deep_model import DEEP, write_deep_model
from models import MODELS, Samples

from approxlite.formats.data import Data, digest
from approxlite.profiler.profile import profile_host
from approxlite.tuner.menu import knobs_worth_trying
from approxlite.tuner.tune import tune

MOST_SECONDS: Mapping[str, float] = {"resnet8": 60.0, "resnet56": 600.0, DEEP: 600.0}
"""Of one core. Others have no bar."""


@dataclass(frozen=True)
class ScaleResult:
    """operators: that have a choice, of all. knobs: of such an operator, the median. tried: knobs worth trying, of all.
    seconds: of one core, all in all and by stage; wall: by the clock. samples: searched on."""

    model: str
    operators: tuple[int, int]
    knobs: int
    tried: int
    samples: int
    seconds: float
    wall: float
    stages: Mapping[str, float]

    @property
    def holds(self) -> bool:
        return self.seconds <= MOST_SECONDS.get(self.model, float("inf"))


def measure_scale(name: str, collection: Path, folder: Path, *, seconds: float) -> ScaleResult:
    """Tunes with half the samples, as `approxlite tune` does, in this process, with costs by the recorded profile."""
    if name == DEEP:
        path, samples = write_deep_model(folder)
    else:
        path, samples = collection / MODELS[name].file, MODELS[name].load(collection)
    profile = profile_host(path, folder / f"{name}.jsonl", budget_s=seconds)
    stages: dict[str, float] = {}
    begin, wall = time.process_time(), time.monotonic()
    stage, since = "", begin

    def progress(what: str, _share: float) -> None:
        nonlocal stage, since
        now = time.process_time()
        if stage:
            stages[stage] = stages.get(stage, 0.0) + now - since
        stage, since = what, now

    tune(path, _data(samples, name), profile, progress=progress)
    counts = [len(operator.knobs) for operator in profile.campaign.operators]
    choices = [count for count in counts if count > 1]
    return ScaleResult(
        name,
        (len(choices), len(counts)),
        int(np.median(choices)),
        sum(len(knobs) for knobs in knobs_worth_trying(profile).values()),
        len(samples) // 2,
        time.process_time() - begin,
        time.monotonic() - wall,
        stages,
    )


def _data(samples: Samples, name: str) -> Data:
    return Data(x=samples, y=None, sha256=digest(samples, None), name=name)
