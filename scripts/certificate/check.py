"""Certifies again and again on fresh draws from populations whose truth is known. Called by scripts/check-certificate.

python check.py [--models NAME ...] [--deployments N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pools import SOURCES, Pool, pool
from scipy.signal import lfilter
from scipy.stats import norm

from approxlite.policy.certify import try_in_order
from approxlite.policy.units import Units

COLLECTION = Path(os.environ.get("APPROX_DATA", Path(__file__).parents[3] / "shared" / "data"))
DELTA = 0.05
SEED = 20260101
POWER_BAR = 0.75
MEMORY, BLOCK = 0.9, 40
SEGMENT = 40
Bools = NDArray[np.bool_]
Draw = Callable[[np.random.Generator], tuple[Bools, Units]]


@dataclass(frozen=True)
class Row:
    """One thing that was tried. share: of deployments that were wrong, or that were given a certificate."""

    what: str
    epsilon: float
    samples: str
    deployments: int
    kind: Literal["wrong", "given", "for comparison"]
    share: float
    bar: float | None

    @property
    def holds(self) -> bool:
        if self.bar is None:
            return True
        return self.share <= self.bar if self.kind == "wrong" else self.share >= self.bar


def last_passed(differs: Bools, units: Units, epsilon: float) -> int:
    """The cheapest candidate that certification allows to run; -1 for none."""
    tests = try_in_order(differs, units, epsilon, DELTA)
    return max((test.candidate for test in tests if test.p_value <= DELTA), default=-1)


def wrong(what: str, truth: NDArray[np.float64], epsilon: float, draw: Draw, deployments: int, samples: str) -> Row:
    """How often any of the candidates that passed changes more answers of the population than was promised."""
    random = np.random.default_rng(SEED)
    broken = 0
    for _ in range(deployments):
        differs, units = draw(random)
        broken += bool((truth[: last_passed(differs, units, epsilon) + 1] > epsilon).any())
    noise = 3 * np.sqrt(DELTA * (1 - DELTA) / deployments)
    return Row(what, epsilon, samples, deployments, "wrong", broken / deployments, DELTA + noise)


def worst_promises(truth: NDArray[np.float64]) -> list[float]:
    """What people ask for, and what is hardest: promises that a candidate only just breaks."""
    risky = np.unique(truth[(truth > 0.01) & (truth < 0.2)])
    hardest = risky[np.unique(np.linspace(0, len(risky) - 1, 3).astype(int))] if len(risky) else []
    return [0.02, 0.05, *(float(each) - 1e-6 for each in hardest)]


def networks(pools: list[Pool], deployments: int) -> Iterator[Row]:
    """Single samples drawn from all there are of a network."""
    for each in pools:
        truth = each.differs.mean(axis=1)
        for epsilon in worst_promises(truth):
            count = 2 * Units(0).needed(epsilon, DELTA)

            def draw(random: np.random.Generator, pool: Pool = each, count: int = count) -> tuple[Bools, Units]:
                return pool.differs[:, random.integers(pool.differs.shape[1], size=count)], Units(count)

            yield wrong(each.name, truth, epsilon, draw, deployments, str(count))


def persons(each: Pool, deployments: int, naive: bool) -> Row:
    """Persons drawn from those who were recorded, each with a part of the recording; the truth is their mean."""
    assert each.subject is not None
    own = [each.differs[:, each.subject == subject] for subject in np.unique(each.subject)]
    truth = np.mean([differs.mean(axis=1) for differs in own], axis=0)
    epsilon = worst_promises(truth)[3]
    count, length = 2 * Units(0).needed(epsilon, DELTA), 30

    def draw(random: np.random.Generator) -> tuple[Bools, Units]:
        parts = []
        for subject in random.integers(len(own), size=count):
            begin = random.integers(own[subject].shape[1])
            parts.append(own[subject][:, (begin + np.arange(length)) % own[subject].shape[1]])
        groups = np.repeat(np.arange(count), length)
        units = Units(count * length) if naive else Units(count * length, "group", groups, "subject")
        return np.concatenate(parts, axis=1), units

    row = wrong(f"{each.name}, by person", truth, epsilon, draw, deployments, f"{count} persons of {length}")
    return compared(row) if naive else row


def recording(each: Pool, deployments: int, naive: bool) -> Row:
    """A stream made of segments of the recordings, in their order; the truth is the mean over all windows."""
    truth = each.differs.mean(axis=1)
    epsilon = worst_promises(truth)[3]
    block = 2 * SEGMENT
    segments = 2 * Units(0).needed(epsilon, DELTA) * block // SEGMENT

    def draw(random: np.random.Generator) -> tuple[Bools, Units]:
        begins = random.integers(each.differs.shape[1], size=segments)
        index = (begins[:, None] + np.arange(SEGMENT)).ravel() % each.differs.shape[1]
        units = Units(len(index)) if naive else Units(len(index), "block", block=block)
        return each.differs[:, index], units

    row = wrong(f"{each.name}, stream, block {block}", truth, epsilon, draw, deployments, str(segments * SEGMENT))
    return compared(row) if naive else row


def drifting(deployments: int, naive: bool) -> Row:
    """Candidates that differ where a hidden state of slow memory is beyond a limit of theirs."""
    truth = np.array([0.0, 0.02, 0.051, 0.08])
    count = 120 * BLOCK

    def draw(random: np.random.Generator) -> tuple[Bools, Units]:
        noise = random.normal(size=count + 200) * np.sqrt(1 - MEMORY**2)
        state = lfilter([1.0], [1.0, -MEMORY], noise)[200:]
        units = Units(count) if naive else Units(count, "block", block=BLOCK)
        return np.stack([state > norm.isf(share) for share in truth]), units

    row = wrong(f"synthetic stream, memory {MEMORY}, block {BLOCK}", truth, 0.05, draw, deployments, str(count))
    return compared(row) if naive else row


def hardest(deployments: int) -> Row:
    """Exact, and a rule whose true share lies a hair above the promise: as often wrong as may be."""

    def draw(random: np.random.Generator) -> tuple[Bools, Units]:
        return np.stack([np.zeros(1000, np.bool_), random.random(1000) < 0.0501]), Units(1000)

    truth = np.array([0.0, 0.0501])
    return wrong("a rule that changes 5.01 % of answers", truth, 0.05, draw, deployments, "1000")


def compared(row: Row) -> Row:
    """The same draws, wrongly taken for single samples."""
    return Row(f"{row.what}, as single samples", row.epsilon, row.samples, row.deployments, "for comparison",
               row.share, None)  # fmt: skip


def power(samples: int, epsilon: float, block: int, deployments: int, bar: float | None) -> Row:
    """How often a rule that changes 1 % is certified; without a bar, to know what a stream costs."""
    random = np.random.default_rng(SEED)
    units = Units(samples) if block == 1 else Units(samples, "block", block=block)
    given = 0
    for _ in range(deployments):
        differs = np.stack([np.zeros(samples, np.bool_), random.random(samples) < 0.01])
        given += last_passed(differs, units, epsilon) == 1
    what = "a rule that changes 1 % of answers" + (f", stream, block {block}" if block > 1 else "")
    return Row(what, epsilon, str(samples), deployments, "given", given / deployments, bar)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(SOURCES), default=list(SOURCES), metavar="NAME",
                        help=f"only these of {', '.join(SOURCES)}")  # fmt: skip
    parser.add_argument("--deployments", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not (COLLECTION / "models.json").is_file():
        print(f"check-certificate: needs the larger collection of models and data at {COLLECTION}", file=sys.stderr)
        return 2
    pools = []
    for name in arguments.models:
        print(f"running {name}", file=sys.stderr)
        pools.append(pool(COLLECTION, name, SEED))
    rows = [*networks(pools, arguments.deployments)]
    for each in pools:
        if each.subject is not None:
            rows += [persons(each, arguments.deployments, naive) for naive in (False, True)]
            rows += [recording(each, arguments.deployments, naive) for naive in (False, True)]
    rows += [drifting(arguments.deployments, naive) for naive in (False, True)]
    rows.append(hardest(arguments.deployments))
    rows.append(power(1000, 0.02, 1, arguments.deployments, POWER_BAR))
    rows.append(power(120 * BLOCK, 0.05, BLOCK, arguments.deployments, None))
    print(
        json.dumps([{**asdict(row), "holds": row.holds} for row in rows], indent=1) if arguments.json else table(rows)
    )
    missed = [row.what for row in rows if not row.holds]
    print(f"missed: {', '.join(missed)}" if missed else "every bar holds", file=sys.stderr)
    return 1 if missed else 0


def table(rows: list[Row]) -> str:
    """As docs/decisions-measured.md shows it."""
    lines = [
        "| population | epsilon | samples | deployments | outcome | share | bar |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        sign = {"wrong": "≤", "given": "≥"}.get(row.kind, "")
        bar = "–" if row.bar is None else f"{sign} {100 * row.bar:.1f} %"
        kind = {"wrong": "promise broken", "given": "certified"}.get(row.kind, "promise broken, for comparison")
        lines.append(
            f"| {row.what} | {100 * row.epsilon:.3g} % | {row.samples} | {row.deployments} | {kind} | "
            f"{100 * row.share:.1f} % | {bar} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
