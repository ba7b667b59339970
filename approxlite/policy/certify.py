"""Choosing the cheapest rule that can be proven to change few answers.

Learn then Test (Angelopoulos, Bates, Candes, Jordan and Lei 2021) with fixed-sequence testing: the policy's candidates
are tried in the order that tuning fixed, most cautious first, each against the hypothesis that it changes more than
epsilon of the answers. The p-value is exact (Clopper and Pearson 1934). Testing stops at the first candidate whose
hypothesis cannot be rejected at level delta, so that whatever is chosen breaks the promise with probability at most
delta, however many were tried. The samples are ones that tuning has never seen; no labels are needed.

So every candidate that passed, not the last alone, keeps the promise: with probability 1 - delta all of them do at
once, and whoever follows the policy may change among them. Streams are not drawn sample by sample: `units.py` says what
counts as one observation then, and which test is valid.

That holds for one certificate. Whoever looks at it and asks the same samples again, with another epsilon or other
candidates, has another chance of being wrong; certificates count how many there were, for Bonferroni's bound on all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.errors import DataError, GuardError, InputError
from approxlite.formats.policy import CandidateTest, Certificate, Policy
from approxlite.policy.fingerprints import Indices, distinct, found_in
from approxlite.policy.guarding import guard_of
from approxlite.policy.outcomes import Outcomes, collect_policy
from approxlite.policy.reuse import disagrees, sources
from approxlite.policy.split import rebuild
from approxlite.policy.statement import TWO_PERCENT, percent, statement
from approxlite.policy.units import Units
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import check_probes
from approxlite.runtime.verification import check_numerics, models_of

METHODS = {
    "sample": "Learn then Test, fixed sequence, exact binomial",
    "group": "Learn then Test, fixed sequence, Hoeffding's bound on the mean over groups",
    "block": "Learn then Test, fixed sequence, Hoeffding's bound for terms that depend on neighbours",
}


def certify(
    policy: Policy,
    models: ModelSource | Sequence[ModelSource],
    data: Data,
    *,
    epsilon: float = 0.05,
    delta: float = 0.05,
    block: int | None = None,
    before: Policy | None = None,
) -> Policy:
    """`policy` with the cheapest rule that passes, the certificate for it, and how it is guarded; the sequence number
    goes up by one.

    Of the data that the policy was tuned on only the part kept for certification is used, of other data everything;
    of samples that are equal bit for bit, one. Data with groups is certified for new groups; with `block`, samples
    follow one another in time, and answers `block` or more apart are taken for independent. before: the policy that
    this one replaces, if it is not itself, whose certificate may be of the same data. Raises GuardError when not even
    exact passes, which says how many samples would do; InputError for epsilon or delta outside 0 to 1 or a block below
    2; DataError for other data with samples that tuning has seen; PolicyError for other models, or when they compute
    other bits here.
    """
    check_shares(epsilon, delta)
    check_numerics(policy)
    chosen = unseen(policy, data, in_time=block is not None)
    units = units_of(data.part(chosen), block)
    if units.kind == "sample" and any(candidate.reuse_change is not None for candidate in policy.candidates):
        raise InputError("the policy gives answers again while inputs hardly change; give --stream or --block")
    check_enough(units, epsilon, delta)
    with Ladder(models_of(policy, models), policy.ladder, weights=policy.weights) as ladder:
        check_probes(policy, ladder)
        outcomes = collect_policy(ladder, policy, data.x[chosen])
    changes = Changes(policy, outcomes, data.part(chosen))
    tests = try_in_order(map(changes.of, range(len(policy.candidates))), units, epsilon, delta)
    passed = [test for test in tests if test.p_value <= delta]
    if not passed:
        needed = units.needed(epsilon, delta, changes.of(0))
        raise GuardError(
            f"no candidate passed: the most cautious changes {tests[0].disagreements} of {len(chosen)} answers; at "
            f"that, {units.name(needed)} would be needed"
        )
    found = _Found(policy, changes, units, tests, passed[-1])
    claims = _claims(before or policy, policy, epsilon, delta, units, data)
    certificate = _certificate(found, epsilon, delta, data, claims)
    certified = policy.model_copy(
        update={
            "sequence": policy.sequence + 1,
            "created": certificate.created,
            "rule": policy.rule.model_copy(update={"candidate": certificate.candidate}),
            "certificate": certificate,
        }
    )
    return certified.model_copy(update={"guard": guard_of(certified, outcomes, data.x[chosen])})


def check_shares(epsilon: float, delta: float) -> None:
    """Raises InputError unless both lie between 0 and 1."""
    for name, value in (("epsilon", epsilon), ("delta", delta)):
        if not 0 < value < 1:
            raise InputError(f"{name} is a share between 0 and 1, not {value}")


def units_of(data: Data, block: int | None = None) -> Units:
    """What counts as one observation. Raises InputError for groups and a block at once, or a block below 2."""
    if block is None:
        kind: Literal["sample", "group"] = "sample" if data.groups is None else "group"
        return Units(len(data), kind, data.groups, data.by)
    if data.groups is not None:
        raise InputError(f"a stream is cut by `{data.by}` or into blocks, not both; give one of --stream and --block")
    if block < 2:
        raise InputError(f"answers {block} sample apart are independent always; --block counts from 2")
    return Units(len(data), "block", block=block)


def check_enough(units: Units, epsilon: float, delta: float) -> None:
    """Raises GuardError when so few units cannot support the claim even if no answer changes."""
    needed = units.needed(epsilon, delta)
    if units.count < needed:
        have = units.name(units.count) if units.kind == "group" else f"{units.samples} different samples"
        missing = needed * units.block - (units.count if units.kind == "group" else units.samples)
        raise GuardError(
            f"too little data: {have} for certification support at best {percent(units.smallest_epsilon(delta))} "
            f"disagreement at {percent(1 - delta)} confidence; {percent(epsilon)} needs {needed * units.block}, "
            f"{missing} more"
        )


def unseen(policy: Policy, data: Data, *, in_time: bool = False) -> Indices:
    """The different samples of `data` that neither calibration nor search has seen, ascending.

    in_time: whether samples follow one another in time, so that neighbours of seen ones count as seen.
    Raises DataError when other data than the policy was tuned on holds samples of it: most likely it is the same data
    saved anew, and which of its samples tuning has seen is no longer known.
    """
    if data.sha256 != policy.split.data_sha256:
        seen = found_in(data.x, policy.split.tuning_sketch)
        if len(seen):
            raise DataError(
                f"{data.name}: holds samples that tuning has seen, such as sample {seen[0]}; give the very data the "
                "policy was tuned on, of which only the unseen part is used, or samples that are all new"
            )
        return distinct(data.x)
    if in_time or (data.groups is not None and data.by != policy.split.by):
        raise DataError(
            f"{data.name}: tuning has seen neighbours of every sample of it; give a recording of its own for "
            "certification" + (f", or tune with --stream {data.by}" if data.by else "")
        )
    return rebuild(policy.split, data).certification


class Changes:
    """Which answers each candidate changes on samples whose outcomes are known. `data` has them in order of time."""

    def __init__(self, policy: Policy, outcomes: Outcomes, data: Data) -> None:
        self._policy, self._outcomes, self._data = policy, outcomes, data

    def of(self, candidate: int) -> NDArray[np.bool_]:
        """(samples,): which answers of the candidate are not exact's, those that it gives again among them."""
        policy, outcomes = self._policy, self._outcomes
        wanted = policy.candidates[candidate]
        inferences = outcomes.replay(wanted.stages, policy.rule.confidence)
        if wanted.reuse_change is None:
            return outcomes.disagrees(inferences)
        given = sources(self._data.x, policy.input_rms, wanted.reuse_change, self._data.groups)
        return disagrees(outcomes, inferences, given)


def try_in_order(
    differs: Iterable[NDArray[np.bool_]], units: Units, epsilon: float, delta: float
) -> list[CandidateTest]:
    """Candidates, given by which answers they change, up to and with the first whose p-value is above delta."""
    tests: list[CandidateTest] = []
    for number, each in enumerate(differs):
        p = units.p_value(each, epsilon)
        count, share = int(np.count_nonzero(each)), units.share(each)
        tests.append(CandidateTest(candidate=number, disagreements=count, share=share, p_value=p))
        if p > delta:
            break
    return tests


class _Found(NamedTuple):
    """What testing found."""

    policy: Policy
    changes: Changes
    units: Units
    tests: Sequence[CandidateTest]
    passed: CandidateTest

    def differs(self, test: CandidateTest) -> NDArray[np.bool_]:
        return self.changes.of(test.candidate)


def _certificate(found: _Found, epsilon: float, delta: float, data: Data, claims: int) -> Certificate:
    units, passed, tests = found.units, found.passed, found.tests
    failed = None if passed is tests[-1] else tests[-1]
    differs = found.differs(passed)
    certificate = Certificate(
        created=now(),
        method=METHODS[units.kind],
        epsilon=epsilon,
        delta=delta,
        data_sha256=data.sha256,
        samples=units.samples,
        unit=units.kind,
        units=units.count,
        by=units.by,
        block=units.block,
        assumption=units.assumption,
        disagreements=passed.disagreements,
        p_value=passed.p_value,
        upper_bound=units.upper_bound(differs, delta),
        smallest_epsilon=units.smallest_epsilon(delta),
        candidate=passed.candidate,
        certified=passed.candidate + 1,
        tests=tuple(tests),
        units_for_two_percent=units.needed(TWO_PERCENT, delta, differs),
        claims=claims,
        units_for_next=None if failed is None else units.needed(epsilon, delta, found.differs(failed)),
        statement="",
    )
    stages = found.policy.candidates[passed.candidate].stages
    is_exact = [stage.rung for stage in stages] == [found.policy.exact_rung]
    words = statement(certificate, units, found.policy.agreement, data.name, is_exact)
    return certificate.model_copy(update={"statement": words})


def _claims(before: Policy, policy: Policy, epsilon: float, delta: float, units: Units, data: Data) -> int:
    """How many certificates `data` has given with this one; the same one given again is still one."""
    earlier = before.certificate
    if earlier is None or earlier.data_sha256 != data.sha256:
        return 1
    asked = (epsilon, delta, units.kind, units.by, units.block, _tested(policy))
    same = asked == (earlier.epsilon, earlier.delta, earlier.unit, earlier.by, earlier.block, _tested(before))
    return earlier.claims if same else earlier.claims + 1


def _tested(policy: Policy) -> object:
    """All that decides which answers the candidates give."""
    rungs = [rung.spec() for rung in policy.ladder]
    return rungs, policy.rungs_sha256, policy.agreement, [(c.stages, c.reuse_change) for c in policy.candidates]
