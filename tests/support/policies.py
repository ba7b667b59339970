"""Policies, outcomes and a small network, for tests of what follows them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.curve import Curve, CurvePoint, Residuals
from approxlite.formats.data import Data
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import Candidate, LadderRung, Policy, Stage, Validity
from approxlite.formats.provenance import ModelReference, SplitRecord
from approxlite.formats.rule import Rule
from approxlite.policy.outcomes import Outcomes, of_scores
from approxlite.policy.split import split
from approxlite.runtime.library import numerics_version
from support.model_builder import RELU, ModelBuilder

START = datetime(2020, 1, 1, tzinfo=UTC)


def small_model(seed: int = 0) -> bytes:
    """Two convolutions, a dense layer and a softmax over 5 classes; input (1, 8, 8, 3)."""
    builder = ModelBuilder((1, 8, 8, 3), seed=seed)
    x = builder.conv_2d(builder.input, 8, (3, 3), activation=RELU)
    x = builder.conv_2d(x, 8, (3, 3), activation=RELU)
    x = builder.fully_connected(builder.reshape(x, (1, 8 * 8 * 8)), 5)
    return builder.build(builder.softmax(x))


def small_data(samples: int, seed: int = 1) -> Data:
    x = np.random.default_rng(seed).normal(size=(samples, 8, 8, 3)).astype("f4")
    return Data(x, None, hashlib.sha256(x.tobytes()).hexdigest(), "small.npz")


def small_curve(model: bytes, data: Data, configurations: Sequence[tuple[str, float]], seed: int = 0) -> Curve:
    """Points (configuration, cost), on the default split of `data`."""
    residuals = Residuals(samples=4, mean=0, mean_absolute=0.01, largest_absolute=0.02)
    return Curve(
        created=START,
        tool_version="0.1.0",
        model=ModelReference(sha256=hashlib.sha256(model).hexdigest(), name="small"),
        device_class="desk",
        numerics_version=numerics_version(),
        split=split(data, seed).record(),
        weights_sha256="0" * 64,
        points=tuple(
            CurvePoint(
                configuration=configuration,
                predicted_cost=cost,
                predicted_disagreement=0.01,
                cost=estimate(cost),
                disagreement=None,
            )
            for configuration, cost in configurations
        ),
        predictor_residuals=residuals,
        cost_residuals=residuals,
        how_found="by hand",
    )


def estimate(value: float) -> Estimate:
    return Estimate(value=value, low=0.9 * value, high=1.1 * value, samples=20)


def stages(*parts: tuple[int, float | None]) -> tuple[Stage, ...]:
    return tuple(Stage(rung=rung, threshold=threshold) for rung, threshold in parts)


def policy_of(
    rules: Sequence[tuple[Stage, ...]],
    rungs: Sequence[str] = ("exact", "conv_2d_1=int8", "conv_2d_0=int8,conv_2d_1=int8"),
    model: bytes = b"",
    **changes: Any,
) -> Policy:
    """A policy whose candidates are `rules`, exact alone before them if it is not there; the last of them is its rule.
    Rung 0 is exact."""
    costs = np.linspace(1, 0.4, len(rungs))
    alone = stages((0, None))
    candidates = rules if rules[0] == alone else [alone, *rules]
    policy = Policy(
        sequence=1,
        created=START,
        tool_version="0.1.0",
        models=(ModelReference(sha256=hashlib.sha256(model).hexdigest(), name="small"),),
        numerics_version=numerics_version(),
        device_class=None,
        portability="every operator is ours",
        ladder=tuple(
            LadderRung(configuration=text, cost=estimate(float(cost))) for text, cost in zip(rungs, costs, strict=True)
        ),
        exact_rung=0,
        rule=Rule(kind="fixed", confidence="top_two_ratio", candidate=len(candidates) - 1),
        candidates=tuple(
            Candidate(stages=rule, cost=estimate(0.5), disagreement=estimate(0.01)) for rule in candidates
        ),
        split=SplitRecord(seed=0, data_sha256="d" * 64, calibration=1, search=1, certification=1),
        certificate=None,
        probes=(),
        validity=Validity(not_before=START),
    )
    return policy.model_copy(update=changes)


def outcomes_of(outputs: NDArray[np.float32], exact_rung: int = 0) -> Outcomes:
    """Outcomes with `outputs`, (rungs, samples, classes); every run took a millisecond."""
    return of_scores(tuple(np.asarray(outputs, np.float32)), np.ones(outputs.shape[:2]), exact_rung)


def softmax(logits: NDArray[Any]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return probabilities
