"""How long stock LiteRT takes on each model of a ladder, as a share of its time on the last: one unit for all costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.input_form import InputForm
from approxlite.formats.interval import Estimate
from approxlite.policy.rungs import ITSELF
from approxlite.policy.statistics import ratio_of_times
from approxlite.policy.turns import BLOCK, take_steady_turns
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.input_map import InputMap
from approxlite.runtime.stock import StockInterpreter
from approxlite.runtime.timed import Timed

_SAMPLES = 64


def stock_times(
    models: Sequence[ModelSource],
    x: NDArray[Any],
    forms: Sequence[InputForm | None] = (),
    *,
    seconds: float = 2.0,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _share: None,
) -> list[Estimate]:
    """Of each model, on samples `x` as the last one takes them; all take turns for about `seconds` and longer if that
    does not settle, which raises UnstableError in the end. Making inputs of one another is not on the clock here."""
    if len(models) == 1:
        return [ITSELF]
    interpreters = [StockInterpreter(model) for model in models]
    details = [interpreter.get_input_details()[0] for interpreter in interpreters]
    maps = [
        InputMap(details[-1], detail, form) for detail, form in zip(details, forms or [None] * len(models), strict=True)
    ]
    timed = [Timed(interpreter) for interpreter in interpreters]

    def run(model: int) -> Callable[[NDArray[Any]], float]:
        def one(sample: NDArray[Any]) -> float:
            timed[model].run(maps[model](sample))
            return timed[model].last_ns / 1e6

        return one

    names = [str(model) for model in range(len(models))]
    some = x[np.unique(np.linspace(0, len(x) - 1, _SAMPLES).astype(int))]
    times = take_steady_turns(
        {name: run(model) for model, name in enumerate(names)},
        some,
        ours=names[0],
        reference=names[-1],
        seconds=seconds,
        seed=seed,
        progress=progress,
    )
    ratios = [ratio_of_times(times[name], times[names[-1]], block=BLOCK, seed=seed) for name in names[:-1]]
    return [*ratios, ITSELF]
