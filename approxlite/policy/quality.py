"""How good answers are, against the truth: by a name known here, or by any function of a user's own."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from approxlite.formats.configuration import nearest
from approxlite.formats.errors import ApproxError, InputError, one_line
from approxlite.formats.interval import Estimate
from approxlite.policy.statistics import CONFIDENCE, share

Quality = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float64]]
"""Of the truth, (N, ...), and answers, (N, ...) as the model gives them: one score per sample, (N,), more is better."""

PERSON = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
"""How far the 17 keypoints of a person may be off, of COCO's keypoint evaluation (cocodataset.org)."""


def top_one(truth: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.float64]:
    """1 where the largest entry is the class, else 0. truth: (N,) class numbers."""
    _check_classes(truth)
    return np.asarray(answers.reshape(len(answers), -1).argmax(axis=1) == truth, np.float64)


def top_five(truth: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.float64]:
    """1 where the class is among the five largest entries, else 0. truth: (N,) class numbers."""
    _check_classes(truth)
    entries = answers.reshape(len(answers), -1)
    own = np.take_along_axis(entries, np.asarray(truth, np.intp)[:, None], axis=1)
    return np.asarray((entries > own).sum(axis=1) < 5, np.float64)


def mean_iou(truth: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.float64]:
    """Intersection over union of each sample's labels, averaged over the classes that it or its truth has.

    truth: (N, ...) class of each position, negative or 255 where there is none. answers: (N, ..., classes).
    """
    labels = answers.argmax(axis=-1).reshape(len(answers), -1)
    right = np.asarray(truth, np.int64).reshape(len(labels), -1)
    if right.shape != labels.shape:
        raise InputError(f"the truth has {right.shape[1]} labels per sample, an answer has {labels.shape[1]}")
    known = (right >= 0) & (right != 255)
    scores = []
    for a, b in ((a[k], b[k]) for a, b, k in zip(labels, right, known, strict=True)):
        classes = np.union1d(a, b)
        parts = [((a == c) & (b == c)).sum() / ((a == c) | (b == c)).sum() for c in classes]
        scores.append(float(np.mean(parts)) if parts else 1.0)
    return np.array(scores)


def psnr(truth: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.float64]:
    """Peak signal-to-noise ratio in dB at a peak of 1, at most 100. truth: (N, ...) values as the model gives them."""
    wanted = np.asarray(truth, np.float64).reshape(len(answers), -1)
    square = ((answers.reshape(len(answers), -1) - wanted) ** 2).mean(axis=1)
    return np.asarray(-10 * np.log10(np.maximum(square, 1e-10)), np.float64)


def keypoint_similarity(truth: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.float64]:
    """COCO's object keypoint similarity, 0..1, over visible keypoints, of a person that fills the picture.

    truth: (N, 17, 3) x, y in 0..1 and visibility (above 0: visible). answers: (N, ..., 17, 3) y, x, score.
    """
    found = np.asarray(answers, np.float64).reshape(len(answers), 17, -1)[..., 1::-1]
    right = np.asarray(truth, np.float64).reshape(len(answers), 17, 3)
    square = ((found - right[..., :2]) ** 2).sum(axis=2)
    alike, visible = np.exp(-square / (2 * (2 * PERSON) ** 2)), right[..., 2] > 0
    scores: NDArray[np.float64] = (alike * visible).sum(axis=1) / np.maximum(visible.sum(axis=1), 1)
    return scores


def keypoint_distance(truth: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.float64]:
    """Minus the mean distance of keypoints. truth and answers: (N, ..., coordinates), the last axis a place."""
    apart = np.linalg.norm(np.asarray(truth, np.float64).reshape(answers.shape) - answers, axis=-1)
    return np.asarray(-apart.reshape(len(answers), -1).mean(axis=1), np.float64)


def _check_classes(truth: NDArray[Any]) -> None:
    if truth.ndim != 1:
        raise InputError(f"the truth of a sample has shape {truth.shape[1:]} and is no class; choose another --quality")


QUALITIES: dict[str, Quality] = {
    "top_one": top_one,
    "top_five": top_five,
    "mean_iou": mean_iou,
    "psnr": psnr,
    "keypoint_similarity": keypoint_similarity,
    "keypoint_distance": keypoint_distance,
}


def quality_of(name: str) -> Quality:
    """One of QUALITIES, or `package.module:function`. Raises InputError."""
    if name in QUALITIES:
        return QUALITIES[name]
    module_name, colon, function_name = name.partition(":")
    if not colon:
        raise InputError(f"unknown quality '{name}'{nearest(name, QUALITIES)}; or give package.module:function")
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Quality = getattr(importlib.import_module(module_name), function_name)
    except Exception as problem:  # whatever importing a user's module raises is about that module
        raise InputError(f"--quality {name}: {type(problem).__name__}: {one_line(problem)}") from None
    if not callable(found):
        raise InputError(f"--quality {name}: is {type(found).__name__}, not a function of truth and answers")
    return found


def scored(name: str, truth: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.float64]:
    """(N,) scores of `answers`, (N, ...). Raises InputError where the function fails or gives something else."""
    try:
        scores = np.asarray(quality_of(name)(truth, answers), np.float64)
    except ApproxError:
        raise
    except Exception as problem:  # the function may be a user's, and the truth of another shape than it expects
        raise InputError(
            f"quality {name} of truth {np.shape(truth)} and answers {answers.shape}: "
            f"{type(problem).__name__}: {one_line(problem)}"
        ) from None
    if scores.shape != (len(answers),) or not np.isfinite(scores).all():
        raise InputError(f"quality {name} gave {scores.shape}, not one finite score for each of {len(answers)} samples")
    return scores


def quality_estimate(scores: NDArray[np.float64]) -> Estimate:
    """The mean of scores: with the exact interval of a share if all are 0 or 1, else with Student's of a mean."""
    count = len(scores)
    if np.isin(scores, (0, 1)).all():
        return share(int(scores.sum()), count)
    mean = float(scores.mean())
    half = 0.0
    if count > 1:
        half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * float(scores.std(ddof=1)) / count**0.5
    return Estimate(value=mean, low=mean - half, high=mean + half, samples=count, confidence=CONFIDENCE)
