"""What was found, for a person: Markdown, one table of all ways per subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Row = tuple[str, ...]


def text_of(result: dict[str, Any]) -> str:
    """One subject. Times are shares of stock LiteRT float's."""
    lines = [
        f"### {result['name']}",
        "",
        f"{result['samples']} test samples, rules chosen on {result['tuning_samples']} others; {len(result['rungs'])} "
        f"rungs, timed in {result['rounds']} rounds; stock LiteRT float {result['stock_ms']:.3f} ms.",
        "",
        *_table(("way of answering", "time / stock", "differs from exact"), _ways(result)),
        "",
        *_verdict(result),
    ]
    if result["in_the_sun"]:
        sun = ("rule, one hour at 35 C", "J/h", "late", "last / first minute", "C at the end", "differs")
        lines += ["", *_table(sun, _sunny(result)), "", *_budgets(result)]
    lines += [
        "",
        *_table(("rule", "us per input, simulator included", "us per step", "s per 10^6 inputs"), _speed(result)),
    ]
    lines += ["", *(f"* {'met' if held else '**missed**'}: {bar}" for bar, held in result["bars"].items())]
    return "\n".join(lines)


def _ways(result: dict[str, Any]) -> Iterator[Row]:
    oracle = result["oracle"]
    yield _way("clairvoyant, agrees always", oracle["agreeing"], 0.0)
    yield _way("exact", result["exact"]["cost"], 0.0)
    for number, rung in enumerate(result["rungs"]):
        if rung["disagreement"] > 0 or rung["cost"] != result["exact"]["cost"]:
            yield _way(f"rung {number} alone", rung["cost"], rung["disagreement"])
    for each in _different([*result["static"], *result["ours"]]):
        yield _way(each["name"], each["cost"], each["disagreement"])
    for each in result["engines"]:
        there = f" (ours there {each['ours_there']:.3f})"
        yield _way(f"Mobiprox {each['name']}", each["cost"], each["disagreement"], there)


def _different(ways: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Aims that chose the same as the one before say nothing new."""
    before = None
    for each in ways:
        if (each["cost"], each["disagreement"]) != before:
            yield each
        before = (each["cost"], each["disagreement"])


def _way(name: str, cost: float, disagreement: float, more: str = "") -> Row:
    return name, f"{cost:.3f}{more}", f"{disagreement:.2%}"


def _verdict(result: dict[str, Any]) -> list[str]:
    ratio, known, real, oracle = result["ratio"], result["hindsight"], result["really_run"], result["oracle"]
    return [
        f"At equal disagreement ours takes **{_interval(ratio)}** of the best static rung chosen on the same samples "
        f"(bar {result['bar']:g}), and {_interval(known)} of static rungs chosen with hindsight on the test samples. "
        f"Really run, decisions of Python's session included: ours {real['ours']:.3f}, static {real['static']:.3f} of "
        f"stock, which took {real['stock_ms']:.3f} ms then ({real['rounds']} passes). "
        f"A clairvoyant who differs as often: {oracle['at_our_disagreement']:.3f}."
    ]


def _interval(share: dict[str, float]) -> str:
    return f"{share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}]"


def _sunny(result: dict[str, Any]) -> Iterator[Row]:
    for each in result["in_the_sun"]:
        yield (
            each["rule"], f"{each['joules_per_hour']:.0f}", f"{each['late']:.2%}",
            f"{each['last_to_first_minute']:.2f}", f"{each['temperature_c']:.1f}", f"{each['disagreement']:.2%}",
        )  # fmt: skip


def _budgets(result: dict[str, Any]) -> Iterator[str]:
    for budget in result["budgets"]:
        kind = "" if budget["feasible"] else f", cannot be kept, said on {budget['reported']:.0%} of inputs"
        off = budget["used"] / budget["joules_per_hour"] - 1
        yield f"* budget {budget['joules_per_hour']:.0f} J/h over 8 h: used {budget['used']:.0f} ({off:+.1%}){kind}"
    heat = result["heat"]
    yield (
        f"* without a pause in the sun, median of the last to the first minute: exact {heat['exact']:.2f} "
        f"({heat['exact_c']:.1f} C), thermal rule {heat['ours']:.2f} ({heat['ours_c']:.1f} C)"
    )


def _speed(result: dict[str, Any]) -> Iterator[Row]:
    for each in result["speed"]:
        yield each["rule"], f"{each['us']:.2f}", f"{each['us_step']:.2f}", f"{each['seconds']:.1f}"


def _table(heads: Row, rows: Iterator[Row]) -> list[str]:
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
