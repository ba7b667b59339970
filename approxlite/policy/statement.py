"""A certificate for a person, in one paragraph."""

from __future__ import annotations

from approxlite.formats.agreement import AgreementRule
from approxlite.formats.policy import Certificate
from approxlite.policy.units import Units

TWO_PERCENT = 0.02


def statement(certificate: Certificate, units: Units, agreement: AgreementRule, data: str, is_exact: bool) -> str:
    """What holds, on what evidence, under which assumption, and what more data would do."""
    samples = certificate.samples
    differ = differing(agreement)
    groups = f", {units.name(units.count)}," if units.kind == "group" else ""
    whose = f"a new `{units.by}`'s" if units.kind == "group" else "this policy's"
    mean = "on average " if units.kind == "group" else ""
    sentences = [
        f"On data like {data}, of which {samples} different samples{groups} that tuning had not seen were tried, {mean}"
        f"at most {percent(certificate.epsilon)} of {whose} answers {differ}, with {percent(1 - certificate.delta)} "
        f"confidence, if {certificate.assumption}.",
        f"{certificate.disagreements} of the {samples} differed, which would bound the share at "
        f"{percent(certificate.upper_bound)} had this rule alone been tried; {percent(certificate.smallest_epsilon)} "
        f"is the least bound that {'this many samples' if units.kind == 'sample' else units.name(units.count)} can "
        "support.",
    ]
    if certificate.claims > 1:
        sentences.append(
            f"The same data has given {certificate.claims} certificates by now, and whoever chooses among them is "
            f"{percent(together(certificate))} sure only."
        )
    if is_exact:
        sentences.append("The rule is to run exact, because no approximation passed.")
    elif certificate.certified > 2:
        sentences.append(
            f"It holds for the first {certificate.certified} candidates at once, so any of them may run at any time."
        )
    if certificate.upper_bound > TWO_PERCENT:
        sentences.append(
            f"{percent(TWO_PERCENT)} would take {units.name(certificate.units_for_two_percent)} in all, if no further "
            "one differs."
        )
    if certificate.units_for_next is not None:
        sentences.append(
            f"The next cheaper rule changed {certificate.tests[-1].disagreements} answers and did not pass; it would "
            f"with {units.name(certificate.units_for_next)} in all, if it changes no further one."
        )
    return " ".join(sentences)


def together(certificate: Certificate) -> float:
    """Confidence that all certificates given on the same data hold, by Bonferroni."""
    return max(0.0, 1 - certificate.claims * certificate.delta)


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def differing(agreement: AgreementRule) -> str:
    """What the answers do that a certificate counts: "differ from the exact model's", or lose more than they may."""
    if agreement.loss == "top_one":
        return "differ from the exact model's"
    return f"lose more than {agreement.tolerance:g} against the exact model's ({agreement.loss.replace('_', ' ')})"
