"""Who runs each operator of a model: our engine, XNNPACK or TFLite's own kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approxlite.runtime.engine import OperatorInfo


@dataclass(frozen=True)
class OperatorRun:
    """How one operator of the model is executed."""

    index: int
    id: str
    ran_by: str
    """"approxlite", "xnnpack" or "tflite"."""
    knob: str
    """Canonical text; "exact" unless it is ours and approximate."""
    note: str
    """What lowering did with it, or why the engine leaves it to the runtime; empty if there is nothing to say."""


def what_ran(
    nodes: Sequence[dict[str, Any]],
    operators: Sequence[OperatorInfo],
    knobs: Sequence[str],
    left: Mapping[int, str],
) -> list[OperatorRun]:
    """`nodes`: the runtime's node list, delegates' nodes appended to the model's own; `knobs` by operator of ours;
    `left`: why the others are not ours, by index."""
    model_nodes = [node for node in nodes if node["op_name"] != "DELEGATE"]
    ours = {op.index: (op, knob) for op, knob in zip(operators, knobs, strict=True)}
    delegated = _covered_by_delegates(nodes, model_nodes)
    runs = []
    for node in model_nodes:
        index = int(node["index"])
        if index in ours:
            op, knob = ours[index]
            runs.append(OperatorRun(index, op.id, "approxlite", knob, op.note))
        else:
            ran_by = "xnnpack" if index in delegated else "tflite"
            runs.append(OperatorRun(index, f"{node['op_name'].lower()}_{index}", ran_by, "exact", left.get(index, "")))
    return runs


def _covered_by_delegates(nodes: Sequence[dict[str, Any]], model_nodes: Sequence[dict[str, Any]]) -> set[int]:
    """Operators that lie between some delegate node's outputs and its inputs."""
    producers = {int(tensor): node for node in model_nodes for tensor in node["outputs"]}
    covered: set[int] = set()
    for node in nodes:
        if node["op_name"] != "DELEGATE":
            continue
        inputs = {int(tensor) for tensor in node["inputs"]}
        frontier = [int(tensor) for tensor in node["outputs"]]
        while frontier:
            tensor = frontier.pop()
            producer = producers.get(tensor)
            if tensor in inputs or producer is None or int(producer["index"]) in covered:
                continue
            covered.add(int(producer["index"]))
            frontier.extend(int(tensor) for tensor in producer["inputs"])
    return covered
