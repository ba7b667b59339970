"""What a report says of a certificate follows from its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from approxlite.formats.policy import Policy, load_policy
from approxlite.report.words import advice, certificate_sentence, headline
from support import report_example as example


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    example.write_example(tmp_path)
    return load_policy(tmp_path / "policy.approx")


def with_certificate(policy: Policy, **changes: Any) -> Policy:
    assert policy.certificate is not None
    return policy.model_copy(update={"certificate": policy.certificate.model_copy(update=changes)})


def test_more_data_would_buy_the_next_rounder_limit(policy: Policy) -> None:
    assert "there were 149 certification samples; a limit of 2 % takes 313 samples, if" in advice(policy)


def test_what_more_persons_would_buy_is_counted_in_persons(policy: Policy) -> None:
    assert policy.certificate is not None
    tests = (policy.certificate.tests[0].model_copy(update={"candidate": 0, "share": 0.0}),)
    persons = with_certificate(policy, unit="group", by="person", units=60, certified=1, tests=tests, disagreements=0)
    assert "a limit of 2 % takes 149 different `person`, if" in advice(persons)


def test_the_next_cheaper_policy_is_mentioned_when_one_failed(policy: Policy) -> None:
    assert "next cheaper policy at the same limit takes 181" in advice(with_certificate(policy, units_for_next=181))


def test_a_loose_limit_is_pointed_out(policy: Policy) -> None:
    loose = with_certificate(policy, disagreements=0, upper_bound=0.0199)
    assert advice(loose).startswith("The limit could be 1.99 % on this data")
    assert "a limit of 1 % takes 299" in advice(loose)


def test_without_a_certificate_there_is_nothing_to_advise(policy: Policy) -> None:
    bare = policy.model_copy(update={"certificate": None})
    assert advice(bare) == ""
    assert certificate_sentence(bare).startswith("not certified")
    assert headline(bare, None).endswith("nothing is certified yet.")


def test_a_policy_slower_than_stock_is_not_called_a_saving(policy: Policy) -> None:
    slow = [c.model_copy(update={"cost": example.estimate(1.3, 1.2, 1.4)}) for c in policy.candidates]
    assert headline(policy.model_copy(update={"candidates": tuple(slow)}), None).startswith(
        "The policy takes 1.30 times"
    )
