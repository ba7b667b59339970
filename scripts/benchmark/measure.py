"""What scripts/bench measures of whole models. Each measurement runs in a process of its own and prints one JSON line.

python measure.py speed MODEL CONFIGURATION AGAINST THREADS SECONDS   ours beside stock, as `approxlite bench` does
python measure.py threads MODEL SECONDS                               ours with two threads beside ours with one
python measure.py memory MODEL ours|stock                             resident memory after one inference
python measure.py ladder MODEL                                        time and memory of preparing eight rungs
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from approxlite.formats.rung import RungSpec
from approxlite.profiler.bench import bench
from approxlite.profiler.estimates import median_estimate
from approxlite.profiler.inputs import placeholder_scales, set_random_inputs
from approxlite.profiler.interleave import Subject, rounds_for
from approxlite.runtime import Interpreter, StockInterpreter

EIGHT_RUNGS = ("exact", "all=rows:3/4", "all=rows:1/2", "all=checker:1/2", "all=cols:1/2", "all=int8",
               "all=int8+rows:1/2", "all=int8+checker:1/2")  # fmt: skip
SAME_WEIGHTS = EIGHT_RUNGS[:5]
INSTANCES = 4


def ready(model: str, ladder: tuple[str | RungSpec, ...] = ("exact",), threads: int = 1) -> Interpreter:
    """Our interpreter with its tensors allocated and a random input set."""
    interpreter = Interpreter(model, ladder, num_threads=threads)
    interpreter.allocate_tensors()
    set_random_inputs(interpreter, 0)
    return interpreter


def speed(model: str, configuration: str, against: str, threads: str, seconds: str) -> dict[str, Any]:
    """`int8` is calibrated on the measured input: values do not matter for time, having a scale does."""
    rung = RungSpec(configuration=configuration)
    if "int8" in configuration:
        rung = RungSpec(configuration=configuration, scales=placeholder_scales(ready(model)))
    found = bench(model, rung, against=against or None, threads=int(threads), seconds=float(seconds))
    return {"ours_ms": found.ours_ms, "stock_ms": found.stock_ms, **found.ratio.model_dump()}


def threads(model: str, seconds: str) -> dict[str, Any]:
    """Our time on two threads as a share of that on one."""
    ratios = []
    for instance in range(INSTANCES):
        subjects = [Subject(str(n), ready(model, threads=n).invoke) for n in (1, 2)]
        taken = rounds_for(float(seconds) / INSTANCES, subjects, seed=instance, min_rounds=4)
        ratios += [round_["2"].median_ns / round_["1"].median_ns for round_ in taken]
    estimate = median_estimate(ratios)
    return {"median": estimate.value, "low": estimate.low, "high": estimate.high}


def resident(field: str) -> int:
    """kB as the kernel counts them: "VmRSS" now, "VmHWM" at most so far."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def memory(model: str, whose: str) -> dict[str, Any]:
    """kB the process grew by from before the model was read until after two inferences, and the whole process."""
    # What any model needs once, the runtime and the code of both, is in memory before.
    examples = Path(__file__).parents[2] / "examples"
    small = [examples / "activity" / "har_cnn_acc3_float.tflite", examples / "keyword" / "keyword_int8.tflite"]
    kept = [kind(str(each)) for each in small for kind in (StockInterpreter, ready)]
    for each in kept:
        set_random_inputs(each, 0)
        each.invoke()
    before = resident("VmRSS")
    runner = ready(model) if whose == "ours" else StockInterpreter(model)
    set_random_inputs(runner, 0)
    for _ in range(2):
        runner.invoke()
    return {"grown_kb": resident("VmRSS") - before, "process_kb": resident("VmRSS"), "peak_kb": resident("VmHWM")}


def ladder(model: str) -> dict[str, Any]:
    """Milliseconds to prepare eight rungs in a fresh interpreter, and bytes of each further rung without weights."""
    scales = placeholder_scales(ready(model))
    specs = [RungSpec(configuration=text, scales=scales if "int8" in text else {}) for text in EIGHT_RUNGS]
    taken, grown = [], []
    for _ in range(5):
        interpreter = ready(model)
        alone = interpreter.memory_bytes
        begin = time.perf_counter_ns()
        interpreter.set_ladder(specs)
        taken.append((time.perf_counter_ns() - begin) / 1e6)
        interpreter = ready(model)
        interpreter.set_ladder(SAME_WEIGHTS)
        grown.append((interpreter.memory_bytes - alone) / (len(SAME_WEIGHTS) - 1))
    return {"prepare_ms": median(taken), "exact_bytes": alone, "rung_bytes": median(grown)}


if __name__ == "__main__":
    measured = {"speed": speed, "threads": threads, "memory": memory, "ladder": ladder}[sys.argv[1]]
    print(json.dumps(measured(*sys.argv[2:])))
