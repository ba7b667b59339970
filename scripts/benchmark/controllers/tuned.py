"""Curves of the networks, tuned as `approxlite tune` does it; what is in the cache folder is not tuned again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from approxlite.formats.configuration import EXACT
from approxlite.formats.curve import load_curve, rung_of, unpack_scales, weights_path
from approxlite.formats.errors import ApproxError
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import LadderRung
from approxlite.formats.profile import load_profile
from approxlite.formats.weights import owners_of
from approxlite.formats.weights_file import WeightsFile
from approxlite.model import load_model
from approxlite.policy.split import split
from approxlite.profiler.live import LiveHost
from approxlite.profiler.profile import profile_host
from approxlite.profiler.summary import recorded
from approxlite.runtime.library import numerics_version
from approxlite.tuner.tune import tune
from controllers.subjects import Network

PROFILE_S = 8.0
UNKNOWN = Estimate(value=1, low=1, high=1, samples=1)


@dataclass(frozen=True)
class Curve:
    """rungs: exact first. weights: what they bring along, if anything. search: samples that rules are rated on."""

    network: Network
    model: Path
    rungs: tuple[LadderRung, ...]
    weights: WeightsFile | None
    search: np.ndarray


def tuned(network: Network, collection: Path, cache: Path, seed: int, say: Callable[[str], None]) -> Curve:
    """Reads the curve from the cache, or profiles and tunes. Raises ApproxError."""
    model, folder = collection / network.file, cache / f"{network.name}_{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "curve.json"
    if not _is_of(path, model, network, seed):
        say(f"tuning {network.name}")
        profile_host(model, folder / "profile.jsonl", budget_s=PROFILE_S, seed=seed)
        profile = recorded(load_profile(folder / "profile.jsonl"), load_model(model).sha256)
        measure = LiveHost(model, seed=seed)
        tune(model, network.tuning, profile, seed=seed, out=path, measure=measure, cache=folder / "outputs")
    curve, weights = load_curve(path)
    scales = unpack_scales(weights)
    rungs = [LadderRung(configuration=EXACT, cost=UNKNOWN)]
    for point in curve.points:
        spec = rung_of(point, scales)
        if spec.configuration != EXACT:
            rungs.append(LadderRung(configuration=spec.configuration, cost=UNKNOWN, scales=spec.scales, name=spec.name))
    own = any(owners_of(rung.configuration) for rung in rungs)
    file = WeightsFile(path=weights_path(path)) if own else None
    return Curve(network, model, tuple(rungs), file, split(network.tuning, seed).search)


def _is_of(path: Path, model: Path, network: Network, seed: int) -> bool:
    """Whether a curve of this very file, data, split and numerics lies there."""
    try:
        curve, _ = load_curve(path)
    except ApproxError:
        return False
    return (
        curve.model.sha256 == load_model(model).sha256
        and curve.numerics_version == numerics_version()
        and curve.split == split(network.tuning, seed).record()
    )
