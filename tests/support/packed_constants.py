"""Models whose constants are packed: 8-bit or half floats behind DEQUANTIZE, sparse ones behind DENSIFY."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from support.model_builder import ModelBuilder


class PackedBuilder(ModelBuilder):
    """Tensors are numbers as in ModelBuilder; those of 8 bits and biases get their scale from `on_grid`."""

    def constant(self, values: NDArray[Any]) -> int:
        if values.dtype == np.float16:
            tensor = self._constant(values.view("i1"))
            self._graph.tensors[tensor].shape = list(values.shape)
            self._graph.tensors[tensor].type = schema.TensorType.FLOAT16
            self.shapes[tensor] = values.shape
            return tensor
        return self._constant(values)

    def on_grid(self, tensor: int, scale: float | NDArray[Any], zero_point: int = 0, *, axis: int = 0,
                dtype: int | None = None) -> int:  # fmt: skip
        """Gives the tensor its scale, one for each index along `axis` if `scale` is an array, and a type."""
        grid = schema.QuantizationParametersT()
        grid.scale = np.atleast_1d(np.asarray(scale, dtype="f4"))
        grid.zeroPoint = np.full(grid.scale.size, zero_point, dtype="i8")
        grid.quantizedDimension = axis
        self._graph.tensors[tensor].quantization = grid
        if dtype is not None:
            self._graph.tensors[tensor].type = dtype
        return tensor

    def dequantize(self, packed: int) -> int:
        return self._operator("DEQUANTIZE", [packed], self.shapes[packed], schema.DequantizeOptionsT(),
                              schema.BuiltinOptions.DequantizeOptions)  # fmt: skip

    def densify(self, packed: int) -> int:
        dense = self._operator("DENSIFY", [packed], self.shapes[packed], schema.DensifyOptionsT(),
                               schema.BuiltinOptions.DensifyOptions)  # fmt: skip
        self._graph.tensors[dense].type = self._graph.tensors[packed].type
        self._graph.tensors[dense].quantization = self._graph.tensors[packed].quantization
        return dense

    def sparse(self, values: NDArray[Any]) -> int:
        """A constant of which only what is not zero is stored: rows dense, everything within them compressed."""
        rows = values.reshape(len(values), -1)
        kept = [np.flatnonzero(row) for row in rows]
        tensor = self.constant(np.concatenate([row[at] for row, at in zip(rows, kept, strict=True)]))
        self._graph.tensors[tensor].shape = list(rows.shape)
        self.shapes[tensor] = rows.shape
        self._graph.tensors[tensor].sparsity = described(
            _level(size=len(rows)), _level(segments=np.cumsum([0, *map(len, kept)]), indices=np.concatenate(kept))
        )
        return tensor

    def thousands_of_blocks(self, tensor: int, levels: int) -> int:
        """Describes a vector as sparse with that many blocks of one element inside each other."""
        self._graph.tensors[tensor].sparsity = described(
            _level(size=self.shapes[tensor][0]), *(_level(size=1) for _ in range(levels)), blocks=levels
        )
        return tensor

    def fully_connected_with(self, x: int, weights: int, bias: int = -1) -> int:
        out = (self.shapes[x][0], self.shapes[weights][0])
        return self._operator("FULLY_CONNECTED", [x, weights, bias], out, schema.FullyConnectedOptionsT(),
                              schema.BuiltinOptions.FullyConnectedOptions)  # fmt: skip

    def column(self, x: int, at: int, *, begin_mask: int) -> int:
        """One column of a matrix by STRIDED_SLICE, which takes the axis away; the mask's bits mean "from the start"."""
        options = schema.StridedSliceOptionsT()
        options.beginMask, options.endMask, options.shrinkAxisMask = begin_mask, 1, 2
        numbers = ([0, at], [0, at + 1], [1, 1])
        inputs = [x, *(self._constant(np.array(each, dtype="i4")) for each in numbers)]
        return self._operator("STRIDED_SLICE", inputs, self.shapes[x][:1], options,
                              schema.BuiltinOptions.StridedSliceOptions)  # fmt: skip


def described(*levels: Any, blocks: int = 0) -> Any:
    sparsity = schema.SparsityParametersT()
    sparsity.traversalOrder = np.arange(len(levels), dtype="i4")
    sparsity.blockMap = np.zeros(blocks, dtype="i4")
    sparsity.dimMetadata = list(levels)
    return sparsity


def _level(*, size: int = 0, segments: NDArray[Any] | None = None, indices: NDArray[Any] | None = None) -> Any:
    level = schema.DimensionMetadataT()
    level.format, level.denseSize = schema.DimensionType.DENSE, size
    if segments is not None and indices is not None:
        level.format = schema.DimensionType.SPARSE_CSR
        level.arraySegmentsType = level.arrayIndicesType = schema.SparseIndexVector.Int32Vector
        level.arraySegments, level.arrayIndices = schema.Int32VectorT(), schema.Int32VectorT()
        level.arraySegments.values, level.arrayIndices.values = segments.astype("i4"), indices.astype("i4")
    return level
