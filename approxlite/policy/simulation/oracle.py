"""What a clairvoyant could do: for each input the cheapest answer that is exact's, or as few others as a rule gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def oracle_cost(costs: Sequence[float], differs: NDArray[np.bool_], allowed: float = 0.0) -> float:
    """Mean cost over inputs of the cheapest rung that agrees with exact, for each input.

    costs: of each rung. differs: (rungs, inputs). allowed: share of inputs that may be answered by the cheapest rung
    whatever it says; the ones where that saves most. No rule that runs one rung per input costs less at that share.
    """
    price = np.asarray(costs, np.float64)
    agreeing = np.where(differs, np.inf, price[:, np.newaxis]).min(axis=0)
    saved = np.sort(agreeing - price.min())[::-1]
    return float(agreeing.mean() - saved[: int(allowed * len(saved))].sum() / len(saved))
