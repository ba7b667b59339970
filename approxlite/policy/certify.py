"""Choosing the cheapest rule that can be proven to change few answers.

Learn then Test (Angelopoulos, Bates, Candes, Jordan and Lei 2021) with fixed-sequence testing: the policy's candidates
are tried in the order that tuning fixed, most cautious first, each against the hypothesis that it changes more than
epsilon of the answers. The p-value is exact (Clopper and Pearson 1934). Testing stops at the first candidate whose
hypothesis cannot be rejected at level delta, so that whatever is chosen breaks the promise with probability at most
delta, however many were tried. The samples are ones that tuning has never seen; no labels are needed.

That holds for one certificate. Whoever looks at it and asks the same samples again, with another epsilon or other
candidates, has another chance of being wrong; certificates count how many there were, for Bonferroni's bound on all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.data import Data
from approxlite.formats.document import now
from approxlite.formats.errors import DataError, GuardError, InputError
from approxlite.formats.policy import CandidateTest, Certificate, Policy, Rule
from approxlite.policy.fingerprints import distinct, found_in
from approxlite.policy.outcomes import Outcomes, collect
from approxlite.policy.split import rebuild
from approxlite.policy.statistics import p_value, samples_needed, upper_bound
from approxlite.runtime.backend import ModelSource
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.probes import check_probes
from approxlite.runtime.verification import check_numerics, models_of

METHOD = "Learn then Test, fixed sequence, exact binomial"
TWO_PERCENT = 0.02


def certify(
    policy: Policy,
    models: ModelSource | Sequence[ModelSource],
    data: Data,
    *,
    epsilon: float = 0.05,
    delta: float = 0.05,
    before: Policy | None = None,
) -> Policy:
    """`policy` with the cheapest rule that passes and the certificate for it; the sequence number goes up by one.

    Of the data that the policy was tuned on only the part kept for certification is used, of other data everything;
    of samples that are equal bit for bit, one. before: the policy that this one replaces, if it is not itself, whose
    certificate may be of the same data. Raises GuardError when not even exact passes, which says how many samples would
    do; InputError for epsilon or delta outside 0 to 1; DataError for other data with samples that tuning has seen;
    PolicyError for other models, or when they compute other bits here.
    """
    check_shares(epsilon, delta)
    check_numerics(policy)
    x = certification_samples(policy, data)
    check_enough(len(x), epsilon, delta)
    with Ladder(models_of(policy, models), policy.ladder, weights=policy.weights) as ladder:
        check_probes(policy, ladder)
        outcomes = collect(ladder, len(policy.ladder), policy.exact_rung, x)
    tests = run_tests(policy, outcomes, epsilon, delta)
    passed = [test for test in tests if test.p_value <= delta]
    if not passed:
        raise GuardError(
            f"no candidate passed: the most cautious changes {tests[0].disagreements} of {len(x)} answers; at that, "
            f"{samples_needed(epsilon, delta, tests[0].disagreements)} samples would be needed"
        )
    claims = _claims(before or policy, policy, epsilon, delta, data)
    certificate = _certificate(policy, tests, passed[-1], epsilon, delta, data, len(x), claims)
    stages = policy.candidates[passed[-1].candidate].stages
    rule = Rule(kind="fixed" if len(stages) == 1 else "cascade", confidence=policy.rule.confidence, stages=stages)
    return policy.model_copy(
        update={
            "sequence": policy.sequence + 1,
            "created": certificate.created,
            "rule": rule,
            "certificate": certificate,
        }
    )


def check_shares(epsilon: float, delta: float) -> None:
    """Raises InputError unless both lie between 0 and 1."""
    for name, value in (("epsilon", epsilon), ("delta", delta)):
        if not 0 < value < 1:
            raise InputError(f"{name} is a share between 0 and 1, not {value}")


def check_enough(samples: int, epsilon: float, delta: float) -> None:
    """Raises GuardError when so few samples cannot support the claim even if no answer changes."""
    needed = samples_needed(epsilon, delta)
    if samples < needed:
        raise GuardError(
            f"too little data: {samples} different samples for certification support at best "
            f"{_percent(upper_bound(0, samples, delta))} disagreement at {_percent(1 - delta)} confidence; "
            f"{_percent(epsilon)} needs {needed}, {needed - samples} more"
        )


def certification_samples(policy: Policy, data: Data) -> NDArray[Any]:
    """The different samples of `data` that neither calibration nor search has seen.

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
        different: NDArray[Any] = data.x[distinct(data.x)]
        return different
    unseen: NDArray[Any] = data.x[rebuild(policy.split, data).certification]
    return unseen


def run_tests(policy: Policy, outcomes: Outcomes, epsilon: float, delta: float) -> list[CandidateTest]:
    """Candidates in order, up to and with the first whose p-value is above delta."""
    tests: list[CandidateTest] = []
    for number, candidate in enumerate(policy.candidates):
        inferences = outcomes.replay(candidate.stages, policy.rule.confidence)
        disagreements = int(np.count_nonzero(outcomes.disagrees(inferences)))
        p = p_value(disagreements, outcomes.samples, epsilon)
        tests.append(CandidateTest(candidate=number, disagreements=disagreements, p_value=p))
        if p > delta:
            break
    return tests


def _certificate(
    policy: Policy,
    tests: Sequence[CandidateTest],
    passed: CandidateTest,
    epsilon: float,
    delta: float,
    data: Data,
    samples: int,
    claims: int,
) -> Certificate:
    failed = None if passed is tests[-1] else tests[-1]
    certificate = Certificate(
        created=now(),
        method=METHOD,
        epsilon=epsilon,
        delta=delta,
        data_sha256=data.sha256,
        samples=samples,
        disagreements=passed.disagreements,
        p_value=passed.p_value,
        upper_bound=upper_bound(passed.disagreements, samples, delta),
        smallest_epsilon=upper_bound(0, samples, delta),
        candidate=passed.candidate,
        tests=tuple(tests),
        samples_for_two_percent=samples_needed(TWO_PERCENT, delta, passed.disagreements),
        claims=claims,
        samples_for_next=None if failed is None else samples_needed(epsilon, delta, failed.disagreements),
        statement="",
    )
    stages = policy.candidates[passed.candidate].stages
    is_exact = [stage.rung for stage in stages] == [policy.exact_rung]
    return certificate.model_copy(update={"statement": _statement(certificate, data.name, is_exact)})


def _claims(before: Policy, policy: Policy, epsilon: float, delta: float, data: Data) -> int:
    """How many certificates `data` has given with this one; the same one given again is still one."""
    earlier = before.certificate
    if earlier is None or earlier.data_sha256 != data.sha256:
        return 1
    same = (earlier.epsilon, earlier.delta, _tested(before)) == (epsilon, delta, _tested(policy))
    return earlier.claims if same else earlier.claims + 1


def _tested(policy: Policy) -> object:
    """All that decides which answers the candidates give."""
    rungs = [rung.spec() for rung in policy.ladder]
    return rungs, policy.rungs_sha256, [candidate.stages for candidate in policy.candidates]


def _statement(certificate: Certificate, data_name: str, is_exact: bool) -> str:
    """The certificate for a person, in one paragraph."""
    samples = certificate.samples
    sentences = [
        f"On data like {data_name}, of which {samples} different samples that tuning had not seen were tried, at most "
        f"{_percent(certificate.epsilon)} of this policy's answers differ from the exact model's, with "
        f"{_percent(1 - certificate.delta)} confidence.",
        f"{certificate.disagreements} of the {samples} differed, which would bound the share at "
        f"{_percent(certificate.upper_bound)} had this rule alone been tried; {_percent(certificate.smallest_epsilon)} "
        "is the least bound that this many samples can support.",
    ]
    if certificate.claims > 1:
        sentences.append(
            f"The same data has given {certificate.claims} certificates by now, and whoever chooses among them is "
            f"{_percent(together(certificate))} sure only."
        )
    if is_exact:
        sentences.append("The rule is to run exact, because no approximation passed.")
    if certificate.upper_bound > TWO_PERCENT:
        sentences.append(
            f"{_percent(TWO_PERCENT)} would take {certificate.samples_for_two_percent} samples in all, if no further "
            "one differs."
        )
    if certificate.samples_for_next is not None:
        sentences.append(
            f"The next cheaper rule changed {certificate.tests[-1].disagreements} answers and did not pass; it would "
            f"with {certificate.samples_for_next} samples in all, if it changes no further one."
        )
    return " ".join(sentences)


def together(certificate: Certificate) -> float:
    """Confidence that all certificates given on the same data hold, by Bonferroni."""
    return max(0.0, 1 - certificate.claims * certificate.delta)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
