"""Streams of answers, with confidences and disagreements, for guards to live through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.guard import GuardSettings

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """Answers whose confidences are drawn from `agreeing` or, if they are not exact's, from `differing`.

    settings: of a guard calibrated for it.
    """

    name: str
    agreeing: Floats
    differing: Floats
    settings: GuardSettings

    def answers(self, count: int, disagreement: float, random: np.random.Generator) -> tuple[Floats, Bools]:
        """(count,) confidences, and whether each answer is not exact's."""
        differs = random.random(count, np.float32) < disagreement
        confidences = self.agreeing[random.integers(0, len(self.agreeing), count, np.uint32)]
        wrong = int(differs.sum())
        confidences[differs] = self.differing[random.integers(0, len(self.differing), wrong)]
        return confidences, differs


def uninformative() -> World:
    """Confidence says nothing, and the guard knows: every answer is as likely to be checked."""
    same = np.linspace(0, 1, 1000, dtype=np.float32)
    return World("confidence says nothing", same, same, GuardSettings())


def misleading() -> World:
    """The guard looks eight times as often where confidence is low, but disagreements lie everywhere."""
    same = np.linspace(0, 1, 1000, dtype=np.float32)
    settings = GuardSettings(unsure=0.1, unsure_factor=8, unsure_share=0.1)
    return World("confidence says nothing, the guard trusts it", same, same, settings)


def of_model(name: str, settings: GuardSettings, confidences: Floats, differs: Bools) -> World:
    """Confidences of a model's answers, some of them exact's and some not. The guard's settings are from others."""
    return World(name, confidences[~differs], confidences[differs], settings)
