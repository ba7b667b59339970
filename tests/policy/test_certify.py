"""A certificate is wrong no more often than it says, uses only unseen samples, and says what it could not show."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from approxlite.formats.data import Data
from approxlite.formats.errors import DataError, GuardError, InputError, PolicyError
from approxlite.formats.policy import Policy
from approxlite.policy.certify import certify, run_tests, unseen
from approxlite.policy.split import split
from approxlite.policy.statistics import p_value
from support.policies import outcomes_of, policy_of, small_data, small_model, stages

EXACT, CAUTIOUS, BOLD = stages((0, None)), stages((1, None)), stages((2, None))


def disagreeing(*shares: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Outputs over two classes: exact answers 0, rung i + 1 answers 1 where shares[i]."""
    wrong = np.stack([np.zeros_like(shares[0]), *shares])
    return np.stack([1.0 - wrong, wrong], axis=2).astype(np.float32)


def test_false_certificates_are_no_more_frequent_than_delta() -> None:
    """Candidates of true risk 2 %, 5.1 % and 9 %: one of the last two is certified for 5 % at most once in twenty."""
    random = np.random.default_rng(11)
    policy = policy_of([EXACT, CAUTIOUS, BOLD, stages((3, None))], rungs=("exact", "a_1=int8", "a_2=int8", "a_3=int8"))
    runs, wrong, tried = 1000, 0, 0
    for _ in range(runs):
        draws = random.random(124)
        outputs = disagreeing(draws < 0.02, draws < 0.051, draws < 0.09)
        tests = run_tests(policy, outcomes_of(outputs), 0.05, 0.05)
        tried += len(tests) > 2
        wrong += max(test.candidate for test in tests if test.p_value <= 0.05) >= 2
    assert tried > runs / 4, "the risky candidates have to be tried for this to mean anything"
    assert wrong <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)


def test_many_candidates_cost_no_confidence() -> None:
    """Fifteen rules of true risk just above epsilon, independent of one another: still one false in twenty at most."""
    random = np.random.default_rng(12)
    rungs = ("exact", *(f"a_{i}=int8" for i in range(1, 16)))
    policy = policy_of([EXACT, *(stages((rung, None)) for rung in range(1, 16))], rungs=rungs)
    runs = 1000
    wrong = 0
    for _ in range(runs):
        outputs = disagreeing(*(random.random((15, 93)) < 0.0505))
        tests = run_tests(policy, outcomes_of(outputs), 0.05, 0.05)
        wrong += any(test.candidate > 0 and test.p_value <= 0.05 for test in tests)
    assert wrong <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)


def test_testing_stops_at_the_first_candidate_that_fails() -> None:
    none, many = np.zeros(100, np.bool_), np.arange(100) < 30
    policy = policy_of([EXACT, CAUTIOUS, BOLD])
    tests = run_tests(policy, outcomes_of(disagreeing(many, none)), 0.05, 0.05)
    assert [(test.candidate, test.disagreements) for test in tests] == [(0, 0), (1, 30)]


def real_policy(rules: list[tuple], model: bytes, data: Data) -> Policy:
    return policy_of(rules, model=model, split=split(data).record())


def test_chooses_the_last_candidate_that_passes() -> None:
    model, data = small_model(), small_data(130)
    policy = real_policy([EXACT, CAUTIOUS], model, data)
    certified = certify(policy, model, data, epsilon=0.1)
    certificate = certified.certificate
    assert certificate is not None
    assert certificate.candidate == 1
    assert certified.stages == CAUTIOUS
    assert certified.sequence == policy.sequence + 1
    assert certificate.samples == 65
    assert certificate.p_value == p_value(certificate.disagreements, 65, 0.1) <= 0.05
    assert certificate.disagreements / 65 <= certificate.upper_bound <= 0.1
    assert certificate.smallest_epsilon <= certificate.upper_bound
    assert certificate.data_sha256 == data.sha256
    assert Policy.model_validate(certified.model_dump()) == certified


def test_says_in_plain_words_what_holds_and_what_more_data_would_do() -> None:
    model, data = small_model(), small_data(130)
    certificate = certify(real_policy([EXACT], model, data), model, data).certificate
    assert certificate is not None
    assert "at most 5 % of this policy's answers differ" in certificate.statement
    assert "95 % confidence" in certificate.statement
    assert "0 of the 65 differed" in certificate.statement
    assert "2 % would take 149 samples in all" in certificate.statement
    assert certificate.units_for_two_percent == 149


def test_a_failed_candidate_says_how_many_samples_would_do() -> None:
    model, data = small_model(), small_data(130)
    collapsing = "conv_2d_0=int8+rows:1/4,conv_2d_1=int8+rows:1/4"
    policy = policy_of([EXACT, CAUTIOUS], rungs=("exact", collapsing), model=model, split=split(data).record())
    certified = certify(policy, model, data)
    certificate = certified.certificate
    assert certificate is not None
    assert certified.stages == EXACT
    assert "The rule is to run exact" in certificate.statement
    failed = certificate.tests[-1]
    assert failed.p_value > 0.05
    assert certificate.units_for_next is not None
    assert p_value(failed.disagreements, certificate.units_for_next, 0.05) <= 0.05


def test_of_the_tuning_data_only_the_unseen_half_certifies() -> None:
    data = small_data(40)
    policy = policy_of([EXACT], split=split(data).record())
    assert np.array_equal(unseen(policy, data), split(data).certification)


def test_of_other_data_everything_certifies() -> None:
    policy = policy_of([EXACT], split=split(small_data(40)).record())
    other = small_data(30, seed=9)
    assert np.array_equal(unseen(policy, other), np.arange(30))


def test_of_copies_only_one_certifies() -> None:
    policy = policy_of([EXACT], split=split(small_data(40)).record())
    other = small_data(30, seed=9)
    copied = dataclasses.replace(other, x=np.repeat(other.x, 10, axis=0))
    assert np.array_equal(unseen(policy, copied), 10 * np.arange(30))


def test_tuning_data_saved_anew_cannot_certify() -> None:
    data = small_data(40)
    policy = policy_of([EXACT], split=split(data).record())
    anew = dataclasses.replace(data, x=data.x[::-1].copy(), y=None, sha256="e" * 64)
    with pytest.raises(DataError, match="samples that tuning has seen"):
        unseen(policy, anew)


def test_asking_the_same_samples_again_is_counted_and_said() -> None:
    model, data = small_model(), small_data(130)
    once = certify(real_policy([EXACT, CAUTIOUS], model, data), model, data, epsilon=0.1)
    same = certify(once, model, data, epsilon=0.1)
    again = certify(once, model, data, epsilon=0.05)
    elsewhere = certify(once, model, small_data(100, seed=9), epsilon=0.1)
    claims = [policy.certificate and policy.certificate.claims for policy in (once, same, again, elsewhere)]
    assert claims == [1, 1, 2, 1]
    assert again.certificate is not None
    assert "2 certificates by now, and whoever chooses among them is 90 % sure only" in again.certificate.statement


def test_a_new_policy_does_not_forget_the_certificate_of_the_one_it_replaces() -> None:
    model, data = small_model(), small_data(130)
    before = certify(real_policy([EXACT, CAUTIOUS], model, data), model, data)
    after = certify(real_policy([EXACT], model, data), model, data, before=before)
    assert after.certificate is not None
    assert after.certificate.claims == 2


def test_too_little_data_is_said_with_the_number_that_would_do() -> None:
    model, data = small_model(), small_data(80)
    with pytest.raises(GuardError, match=r"40 different samples .* at best 7\.22 % .* 5 % needs 59, 19 more") as error:
        certify(real_policy([EXACT, CAUTIOUS], model, data), model, data)
    assert error.value.exit_code == 5


def test_a_model_whose_exact_answers_are_not_finite_is_not_certified() -> None:
    model, data = small_model(), small_data(130)
    data.x[:, 0, 0, 0] = np.nan
    policy = real_policy([EXACT], model, data)
    with pytest.raises(GuardError, match="no candidate passed"):
        certify(policy, model, data)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 0.05), (1.0, 0.05), (0.05, 0.0), (0.05, 1.5)])
def test_shares_outside_0_to_1_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        certify(policy_of([EXACT]), b"", small_data(5), epsilon=epsilon, delta=delta)


def test_a_policy_for_another_model_is_refused() -> None:
    data = small_data(200)
    with pytest.raises(PolicyError, match="the policy is for small"):
        certify(policy_of([EXACT], model=small_model()), small_model(seed=5), data)
