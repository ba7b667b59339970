"""General multi-objective search on the same problem: Optuna's NSGA-II and TPE, pymoo's NSGA-II, each warm-started
with exact and int8 everywhere."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from problem import Metered, Problem, Spent

from approxlite.formats.configuration import Configuration, Knob

POPULATION = 24


def starts(problem: Problem) -> list[Mapping[str, str]]:
    """Exact, and int8 wherever there is int8."""
    exact = dict.fromkeys(problem.knobs, "exact")
    return [exact, {o: "int8" if "int8" in knobs else "exact" for o, knobs in problem.knobs.items()}]


def optuna_nsga2(metered: Metered, seed: int) -> None:
    from optuna.samplers import NSGAIISampler

    _optuna(metered, NSGAIISampler(seed=seed, population_size=POPULATION))


def optuna_tpe(metered: Metered, seed: int) -> None:
    from optuna.samplers import TPESampler

    _optuna(metered, TPESampler(seed=seed))


def pymoo_nsga2(metered: Metered, seed: int) -> None:
    """Integers, one per operator, with pymoo's own crossover, mutation and repair for them."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import ElementwiseProblem
    from pymoo.operators.crossover.sbx import SBX
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.repair.rounding import RoundingRepair
    from pymoo.operators.sampling.rnd import IntegerRandomSampling
    from pymoo.optimize import minimize

    choices = {o: knobs for o, knobs in metered.problem.knobs.items() if len(knobs) > 1}

    class Numbered(ElementwiseProblem):  # type: ignore[misc]
        def __init__(self) -> None:
            most = np.array([len(knobs) - 1 for knobs in choices.values()])
            super().__init__(n_var=len(choices), n_obj=2, xl=np.zeros_like(most), xu=most, vtype=int)

        def _evaluate(self, x: Any, out: dict[str, Any], *_args: object, **_kwargs: object) -> None:
            picked = {o: knobs[int(i)] for i, (o, knobs) in zip(x, choices.items(), strict=True)}
            out["F"] = metered.measure([_configuration(picked)])[0]

    numbered = Numbered()
    first = IntegerRandomSampling()(numbered, POPULATION, random_state=np.random.default_rng(seed)).get("X")
    for row, start in enumerate(starts(metered.problem)):
        first[row] = [knobs.index(start[o]) for o, knobs in choices.items()]
    repair = RoundingRepair()
    algorithm = NSGA2(
        pop_size=POPULATION,
        sampling=first,
        crossover=SBX(prob=0.9, eta=3, vtype=float, repair=repair),
        mutation=PM(eta=3, vtype=float, repair=repair),
    )
    try:
        minimize(numbered, algorithm, ("n_gen", 10**6), seed=seed, verbose=False)
    except Spent:
        return


def _optuna(metered: Metered, sampler: Any) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    choices = {o: knobs for o, knobs in metered.problem.knobs.items() if len(knobs) > 1}

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        picked = {operator: trial.suggest_categorical(operator, knobs) for operator, knobs in choices.items()}
        return metered.measure([_configuration(picked)])[0]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
        for start in starts(metered.problem):
            study.enqueue_trial({operator: start[operator] for operator in choices})
        try:
            study.optimize(objective)
        except Spent:
            return


def _configuration(knobs: Mapping[str, str]) -> Configuration:
    return Configuration.of({operator: Knob.parse(knob) for operator, knob in knobs.items()})


BASELINES = {"Optuna NSGA-II": optuna_nsga2, "Optuna TPE": optuna_tpe, "pymoo NSGA-II": pymoo_nsga2}
