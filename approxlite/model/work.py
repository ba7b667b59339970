"""How many multiply-accumulates an operator needs when computed exactly."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

Shape = tuple[int, ...]


def multiply_accumulates(type: str, inputs: Sequence[Shape | None], outputs: Sequence[Shape]) -> int:
    """Per inference, from the shapes of an operator's tensors; an input that is left out is None.

    0 for operators that multiply no weights, and where the shapes do not fit the operator.
    """
    if not outputs:
        return 0
    output = outputs[0]
    match type, list(inputs[:2]):
        case "conv_2d", [_, (_, height, width, channels)]:
            return prod(output) * height * width * channels
        case "depthwise_conv_2d", [_, (_, height, width, _)]:
            return prod(output) * height * width
        case "fully_connected", [_, (_, depth)]:
            return prod(output) * depth
        case "batch_matmul", [(*_, left), (*_, _, _)] if output:
            return prod(output) * left
    if type == "transpose_conv" and len(inputs) == 3:
        weights, source = inputs[1], inputs[2]
        if weights is not None and len(weights) == 4 and source is not None and len(source) == 4:
            return prod(source[:3]) * prod(weights)
    return 0
