"""What a .tflite file says about itself, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

WEIGHTED = frozenset({"conv_2d", "depthwise_conv_2d", "fully_connected", "transpose_conv"})
_PASSES_VALUES_ON = frozenset({"reshape", "squeeze", "expand_dims", "dequantize", "quantize"})


@dataclass(frozen=True)
class Tensor:
    """One tensor of the main graph. `shape` is the one stored in the file; `dtype` a numpy name, e.g. "float32"."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    is_constant: bool
    is_variable: bool


@dataclass(frozen=True)
class Operator:
    """One operator of the main graph. `inputs` and `outputs` are tensor indices; -1 is an input that is left out."""

    index: int
    id: str  # "<type>_<index>", e.g. "conv_2d_7"
    type: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    multiply_accumulates: int  # per inference, exact; 0 for operators without weights


@dataclass(frozen=True)
class Model:
    """The main graph of a model. Every tensor index in it is in range."""

    sha256: str  # of the file's bytes
    name: str
    size_bytes: int
    operators: tuple[Operator, ...]
    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def multiply_accumulates(self) -> int:
        """Per inference, over all operators, exact."""
        return sum(operator.multiply_accumulates for operator in self.operators)

    @cached_property
    def ends_in_softmax(self) -> bool:
        """Whether the first output is a softmax, perhaps reshaped or dequantised."""
        tensor = self.outputs[0]
        for operator in reversed(self.operators):
            if tensor in operator.outputs:
                if operator.type not in _PASSES_VALUES_ON:
                    return operator.type == "softmax"
                tensor = operator.inputs[0]
        return False

    @cached_property
    def is_stateful(self) -> bool:
        """Whether one inference changes what the next one computes."""
        stateful_type = any(operator.type in ("var_handle", "call_once") for operator in self.operators)
        return stateful_type or any(tensor.is_variable for tensor in self.tensors)

    @cached_property
    def kind(self) -> str:
        """ "float"; "hybrid" for 8-bit weights under float activations; "quantised" for 8-bit activations."""
        kinds = set()
        for operator in self.operators:
            if operator.type in WEIGHTED:
                activations, weights = (self.tensors[i].dtype for i in operator.inputs[:2])
                kinds.add("quantised" if activations != "float32" else "hybrid" if "int" in weights else "float")
        return next((kind for kind in ("quantised", "hybrid") if kind in kinds), "float")
