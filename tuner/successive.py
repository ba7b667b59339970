"""From what each knob does to configurations that were run: search, exchange, then explore near the curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from approxlite.tuner.chain import chained_search
from approxlite.tuner.costs import Profile
from approxlite.tuner.explore import Evaluate, Explored, explore
from approxlite.tuner.hypervolume import Reference
from approxlite.tuner.menu import candidates, menu
from approxlite.tuner.predictor import LogitPredictor
from approxlite.tuner.refine import refined
from approxlite.tuner.search import Front
from approxlite.tuner.validate import Candidate, cheapest_within

FIRST_TARGETS = (0.0025, 0.01, 0.03, 0.065)
"""Predicted disagreements of the configurations that are run before anything corrects predictions."""


def searched(profile: Profile, predictor: LogitPredictor, seed: int) -> tuple[Front, list[list[Candidate]]]:
    """The knapsack's front, and candidates in two pools: what exchanges made of it, and as it is."""
    choices = menu(profile, predictor)
    crossings = profile.crossings()
    front = chained_search(choices, crossings)
    found = candidates(front.selections, profile, predictor)
    rated = [(selection, one.disagreement) for selection, one in zip(front.selections, found, strict=True)]
    improved = refined(rated, choices, predictor, seed=seed, crossings=crossings)
    return front, [candidates(improved, profile, predictor), found]


def explored(
    references: Sequence[Candidate],
    pools: Sequence[Sequence[Candidate]],
    profile: Profile,
    predictor: LogitPredictor,
    evaluate: Evaluate,
    deepest: float,
    *,
    evaluations: int,
    seed: int,
    progress: Callable[[float], None] = lambda _share: None,
) -> Explored:
    """Runs `references`, a few of each pool, and what then promises most; `deepest` disagreement is worth anything."""
    starts = [candidate.configuration for candidate in references]
    for pool in pools:
        starts += [candidate.configuration for candidate in cheapest_within(pool, FIRST_TARGETS)]
    exact = profile.measure(["exact"])[0].cost.value
    return explore(
        starts,
        [candidate.configuration for pool in pools for candidate in pool],
        menu(profile, predictor),
        predictor,
        evaluate,
        lambda found: [m.cost.value for m in profile.measure([str(configuration) for configuration in found])],
        Reference(exact, deepest),
        evaluations=evaluations,
        seed=seed,
        progress=progress,
    )
