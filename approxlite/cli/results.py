"""The table that `optimize` and `demo` end with."""

from __future__ import annotations

from approxlite.cli.console import print_line, print_table
from approxlite.cli.pipeline import Optimized, Plan
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
    print_line(certificate_sentence(optimized.policy))
    if more := advice(optimized.policy):
        print_line(more)
    print_line(f"policy: {plan.out / 'policy.approx'}")
    print_line(f"report: {optimized.report}")
