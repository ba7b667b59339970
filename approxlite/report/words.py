"""The sentences of a report that depend on its numbers."""

from __future__ import annotations

from approxlite.formats.policy import Policy
from approxlite.policy.statement import differing, together
from approxlite.policy.statistics import samples_needed, units_needed
from approxlite.policy.units import Units
from approxlite.report.results import Results
from approxlite.report.text import percent

LIMITS = (0.02, 0.01, 0.005)


def headline(policy: Policy, results: Results | None) -> str:
    """One sentence: what the policy saves, and what is certified."""
    row = results.row("policy") if results else None
    share = row.ratio.value if row and row.ratio else None
    if share is None:
        stages = policy.stages
        share = next(
            (c.cost.value for c in policy.candidates if c.stages == stages), policy.ladder[stages[0].rung].cost.value
        )
    spent = f"answers in {percent(share, 0)} of" if share < 1 else f"takes {share:.2f} times"
    saves = f"The policy {spent} stock LiteRT’s float time"
    certificate = policy.certificate
    if certificate is None:
        return f"{saves}; nothing is certified yet."
    sure = percent(1 - certificate.delta)
    return (
        f"{saves}, and at most {percent(certificate.epsilon)} of its answers {differing(policy.agreement)}, "
        f"with {sure} confidence."
    )


def certificate_sentence(policy: Policy) -> str:
    """What is certified, on how many samples."""
    certificate = policy.certificate
    if certificate is None:
        return "not certified: `approxlite certify` decides which candidate may run"
    again = (
        f"; certificate {certificate.claims} on the same data, all of them hold with "
        f"{percent(together(certificate))} confidence"
        if certificate.claims > 1
        else ""
    )
    return (
        f"certified: at most {percent(certificate.epsilon)} of answers {differing(policy.agreement)}, with "
        f"{percent(1 - certificate.delta)} confidence ({certificate.disagreements} of {certificate.samples} samples "
        f"did; upper bound {percent(certificate.upper_bound, 2)}){again}"
    )


def advice(policy: Policy) -> str:
    """What more data would buy; empty without a certificate."""
    certificate = policy.certificate
    if certificate is None:
        return ""
    supported = certificate.upper_bound
    limit = next((limit for limit in LIMITS if limit < supported), supported / 2)
    units = Units(certificate.samples, certificate.unit, by=certificate.by, block=certificate.block)
    differing_units = certificate.tests[certificate.certified - 1].share * certificate.units
    wanted = (
        samples_needed(limit, certificate.delta, certificate.disagreements)
        if units.kind == "sample"
        else units_needed(limit, certificate.delta, differing_units)
    )
    parts = [f"a limit of {percent(limit)} takes {units.name(wanted)}"]
    if certificate.units_for_next is not None:
        parts.append(f"the next cheaper policy at the same limit takes {units.name(certificate.units_for_next)}")
    slack = (
        f"The limit could be {percent(supported, 2)} on this data, so a larger aim may give a cheaper policy; but "
        "whoever chooses among several certificates of the same data can be less sure of each. "
        if supported <= certificate.epsilon / 2
        else ""
    )
    return (
        f"{slack}More data would certify more: there were {certificate.samples} certification samples; "
        f"{', and '.join(parts)}, if none of the new ones differs."
    )
