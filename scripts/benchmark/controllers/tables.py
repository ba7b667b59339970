"""What was found, for a person."""

from __future__ import annotations

from typing import Any


def print_subject(result: dict[str, Any]) -> None:
    """A few tables; shares are of stock LiteRT float's time."""
    print(f"\n{result['name']}: {result['samples']} test samples, {len(result['rungs'])} rungs, "
          f"stock {result['stock_ms']:.3f} ms, {result['rounds']} rounds")  # fmt: skip
    exact, ratio = result["exact"], result["ratio"]
    print(f"  exact {exact['cost']:.3f}; oracle {result['oracle']['agreeing']:.3f}, "
          f"at our disagreement {result['oracle']['at_our_disagreement']:.3f}")  # fmt: skip
    for static, ours in zip(result["static"], result["ours"], strict=True):
        print(f"  {static['name']:<20} {static['cost']:.3f} @ {static['disagreement']:6.2%}   "
              f"{ours['name']:<18} {ours['cost']:.3f} @ {ours['disagreement']:6.2%} {ours['stages']}")  # fmt: skip
    real = result["really_run"]
    print(f"  ours / static at equal disagreement {ratio['value']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}], "
          f"bar {result['bar']:g}; really run: ours {real['ours']:.3f}, static {real['static']:.3f}")  # fmt: skip
    for engine in result["engines"]:
        print(f"  {engine['name']:<24} {engine['cost']:.3f} @ {engine['disagreement']:6.2%}, "
              f"ours there {engine['ours_there']:.3f}")  # fmt: skip
    for budget in result["budgets"]:
        kind = "" if budget["feasible"] else f", cannot be kept, said on {budget['reported']:.0%} of inputs"
        print(f"  budget {budget['joules_per_hour']:.0f} J/h: used {budget['used']:.0f} "
              f"({budget['used'] / budget['joules_per_hour'] - 1:+.1%}){kind}")  # fmt: skip
    if result["heat"]:
        heat = result["heat"]
        print(f"  warm: last to first minute exact {heat['exact']:.2f} ({heat['exact_c']:.1f} C), "
              f"ours {heat['ours']:.2f} ({heat['ours_c']:.1f} C)")  # fmt: skip
    for bar, held in result["bars"].items():
        print(f"  {'met   ' if held else 'MISSED'} {bar}")
