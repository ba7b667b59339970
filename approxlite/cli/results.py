"""The table that `optimize` and `demo` end with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from approxlite.cli.console import print_line, print_table
from approxlite.cli.pipeline import Optimized, Plan
from approxlite.formats.policy import Policy
from approxlite.model import load_model
from approxlite.report.text import milliseconds, percent_interval, quality_name, ratio_interval, score_interval
from approxlite.report.words import advice, certificate_sentence


def print_results(optimized: Optimized, plan: Plan) -> None:
    """Every way of running the model, what is certified, what more data would buy, and where the report is."""
    results = optimized.results
    rows = [
        (
            row.name,
            score_interval(row.accuracy, results.quality),
            percent_interval(row.agreement),
            milliseconds(row.time_ms),
            ratio_interval(row.ratio),
        )
        for row in results.rows
    ]
    print_table(("", quality_name(results.quality), "same answer as exact", "time", "share of stock float"), rows)
    seen = "which tuning has not seen" if results.unseen else "the part of the data kept for certification"
    print_line(f"on {results.samples} samples of {results.data}, {seen}; 95 % intervals within this run")
    if plan.device != "host":
        print_line(f"times are this computer's; the policy is chosen by those of {plan.device}, from its profile")
    print_line(certificate_sentence(optimized.policy))
    if unused := left_out(optimized.policy, plan.models):
        print_line(f"left out, because no rule is cheaper with it: {', '.join(unused)}")
    if more := advice(optimized.policy):
        print_line(more)
    print_line(f"policy: {plan.out / 'policy.approx'}")
    print_line(f"report: {optimized.report}")


def left_out(policy: Policy, models: Sequence[Path]) -> list[str]:
    """Names of the models that the policy does without."""
    files = [load_model(path) for path in models]
    used = {model.sha256 for model in policy.models}
    return [file.name for file in files if file.sha256 not in used]
