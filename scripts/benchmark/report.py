"""Measures this computer and writes docs/performance.md. Called by scripts/bench, which builds what it needs.

python report.py OUTPUT COMMAND BENCH_PROGRAM FRACTIONS_PROGRAM quick|full
"""

from __future__ import annotations

import datetime
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from approxlite.profiler.host import cpu_features, cpu_model, operating_system
from approxlite.profiler.versions import versions

REPOSITORY = Path(__file__).parents[2]
COLLECTION = Path(os.environ.get("APPROX_DATA", REPOSITORY.parent / "shared" / "data"))
EXACT_BAR = ("kws/kws_dscnn_float", "ic/resnet8_float", "ic/resnet8_large_float", "ic/resnet20_float",
             "ic/resnet56_float", "vww/vww_mobilenetv1_96_float", "har/har_cnn9_float",
             "imagenet/efficientnet_lite0_224_float")  # fmt: skip
INT8_BAR = ("ic/resnet8", "ic/resnet20", "ic/resnet56", "vww/vww_mobilenetv1_96", "har/har_cnn9",
            "imagenet/efficientnet_lite0_224")  # fmt: skip
BIG_MMAC, SMALL_MMAC = 50, 5


def measure(*arguments: str) -> dict[str, Any] | None:
    """One measurement in a process of its own; None where the model cannot be measured so."""
    command = [sys.executable, str(Path(__file__).with_name("measure.py")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no output"]
        print(f"bench: {' '.join(arguments)}: {reason[0]}", file=sys.stderr)
        return None
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def models() -> list[tuple[str, str, float]]:
    """Name, file and million multiply-accumulates of every model there is to measure."""
    if (COLLECTION / "models.json").is_file():
        known = json.loads((COLLECTION / "models.json").read_text())
        return [(entry["file"].removesuffix(".tflite"), str(COLLECTION / entry["file"]), entry["mac"] / 1e6)
                for entry in known]  # fmt: skip
    examples = sorted((REPOSITORY / "examples").glob("*/*.tflite"))
    return [(f"{path.parent.name}/{path.stem}", str(path), math.nan) for path in examples]


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def table(head: str, rows: list[str]) -> str:
    line = "|".join("---" for _ in head.split("|"))
    return "\n".join([f"| {head} |", f"|{line}|", *rows])


def ratio(measured: dict[str, Any]) -> str:
    return f"{measured['median']:.3f} [{measured['low']:.3f}, {measured['high']:.3f}]"


def exact_section(seconds: str, chosen: list[tuple[str, str, float]]) -> str:
    rows, ratios = [], {}
    for name, file, mac in chosen:
        one = measure("speed", file, "exact", "", "1", seconds)
        two = measure("speed", file, "exact", "", "2", seconds)
        turns = measure("threads", file, seconds)
        mine, stock = measure("memory", file, "ours"), measure("memory", file, "stock")
        if not (one and two and turns and mine and stock):
            continue
        ratios[name] = one["median"]
        rows.append(
            f"| {name} | {mac:.1f} | {one['ours_ms']:.3f} | {one['stock_ms']:.3f} | {ratio(one)} | {ratio(two)} | "
            f"{ratio(turns)} | {mine['grown_kb']} | {stock['grown_kb']} | "
            f"{mine['grown_kb'] / max(stock['grown_kb'], 1):.2f} | {mine['process_kb'] / stock['process_kb']:.2f} |"
        )
    float_bar = [ratios[name] for name in EXACT_BAR if name in ratios]
    quantised = [r for name, r in ratios.items() if name.endswith(("int8", "uint8", "ptq", "yamnet"))]
    means = "\n".join(
        f"Geometric mean over {what}: {geometric_mean(of):.3f}, worst {max(of):.3f}."
        for what, of in (("the float models named in the bar", float_bar), ("8-bit models", quantised))
        if of
    )
    head = ("model | MMAC | ours, ms | stock, ms | ours / stock, 1 thread | 2 threads | ours, 2 threads / 1 | "
            "ours, kB | stock, kB | memory ratio | whole process")  # fmt: skip
    return f"## Exact\n\n{means}\n\n{table(head, rows)}\n"


def int8_section(seconds: str) -> str:
    rows, ratios = [], []
    for name in INT8_BAR:
        mine, other = (COLLECTION / f"{name}_{kind}.tflite" for kind in ("float", "int8"))
        measured = measure("speed", str(mine), "all=int8", str(other), "1", seconds) if mine.is_file() else None
        if measured:
            ratios.append(measured["median"])
            rows.append(f"| {name} | {measured['ours_ms']:.3f} | {measured['stock_ms']:.3f} | {ratio(measured)} |")
    if not rows:
        return ""
    head = "network | ours, float file with all=int8, ms | stock, int8 file, ms | ratio"
    return f"## All int8\n\nGeometric mean {geometric_mean(ratios):.3f}.\n\n{table(head, rows)}\n"


def ladder_section(chosen: list[tuple[str, str, float]]) -> str:
    rows = []
    for name, file, _ in chosen:
        measured = measure("ladder", file) if "float" in name or "activity" in name else None
        if measured:
            kib = measured["rung_bytes"] / 1024
            rows.append(f"| {name} | {measured['prepare_ms']:.1f} | {measured['exact_bytes'] / 1024:.0f} | {kib:.1f} |")
    return f"## Ladders\n\n{table('model | eight rungs prepared, ms | exact, kB | each further rung, kB', rows)}\n"


def fractions_section(program: str, rounds: str) -> str:
    done = subprocess.run([program, rounds], capture_output=True, text=True, check=True)
    rows = []
    for line in done.stdout.splitlines():
        *names, share, fraction = line.split("\t")
        over = float(fraction) - float(share)
        rows.append(f"| {' | '.join(names)} | {share} | {fraction} | {over:+.3f} |")
    return ("## Knobs on compute-bound layers\n\n"
            f"{table('layer | type | knob | pixels | computed share | time, of exact | over', rows)}\n")  # fmt: skip


def kernels_section(program: str, seconds: str) -> str:
    command = [program, "--benchmark_format=json", f"--benchmark_min_time={seconds}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    times: dict[str, dict[str, str]] = {}
    for each in json.loads(done.stdout)["benchmarks"]:
        name, _, variant = each["name"].rpartition("/")
        rate = each.get("GMAC/s")
        times.setdefault(name, {})[variant] = f"{each['real_time'] / 1000:.2f}" + (
            f" ({rate / 1e9:.0f})" if rate else ""
        )
    variants = list(dict.fromkeys(variant for row in times.values() for variant in row))
    rows = [f"| {name} | {' | '.join(row.get(v, '') for v in variants)} |" for name, row in times.items()]
    head = " | ".join(["layer or kernel", *variants])
    return f"## Layers and kernels\n\nMicroseconds on one thread (and GMAC/s), by variant.\n\n{table(head, rows)}\n"


def main(output: str, command: str, bench_program: str, fractions_program: str, extent: str) -> None:
    quick = extent == "quick"
    seconds = "0.6" if quick else "3"
    chosen = [model for model in models() if not quick or model[0] in EXACT_BAR or "activity" in model[0]]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True,
                            check=False).stdout.strip()  # fmt: skip
    told = ", ".join(f"{name} {version}" for name, version in versions().items())
    machine = f"{cpu_model()}, {os.cpu_count()} cores, {cpu_features()}; {operating_system()}; {told}"
    today = datetime.date.today().isoformat()
    sections = [
        f"# Performance\n\nMeasured on {today} by `{command}` at commit {commit or 'unknown'}: {machine}.\n\n"
        "Ratios are medians of rounds in which both take turns, with 95 % intervals; below 1 is better than stock "
        "LiteRT with XNNPACK. Memory is what a fresh process grows by, from before the model is read until after it "
        "has run. `performance-notes.md` says what to read with it.\n",
        exact_section(seconds, chosen),
        int8_section(seconds),
        ladder_section(chosen),
        fractions_section(fractions_program, "5" if quick else "15"),
        kernels_section(bench_program, "0.01" if quick else "0.1"),
    ]
    Path(output).write_text("\n".join(section for section in sections if section), encoding="utf-8")
    print(f"bench: written to {output}")


if __name__ == "__main__":
    main(*sys.argv[1:])
