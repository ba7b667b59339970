"""Data sets: .npz files or functions that give batches, checked and brought into the form a model takes."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy
from numpy.typing import ArrayLike, DTypeLike, NDArray

from approxlite.formats.errors import ApproxError, DataError, one_line

_LARGEST_CLASS = 2**31 - 1


@dataclass(frozen=True)
class Data:
    """Samples in the form the model takes.

    x: (N, *model input shape without batch axis), in the model's input type; N >= 1, finite.
    y: (N,) int64 class numbers, or None.
    sha256: of x and y as they stand here, so the same samples have it whatever file they came from.
    name: short, for reports.
    groups: (N,) int64 numbers of the groups that samples belong to, such as persons; None where each stands alone.
    by: the array that named them.
    truth: (N, ...) what answers should have been where that is no class number, or None; not part of sha256.
    """

    x: NDArray[Any]
    y: NDArray[numpy.int64] | None
    sha256: str
    name: str
    groups: NDArray[numpy.int64] | None = None
    by: str = ""
    truth: NDArray[Any] | None = None

    def part(self, indices: NDArray[numpy.intp]) -> Data:
        """Those samples only, under the same name and sha256."""
        y, groups, truth = (None if each is None else each[indices] for each in (self.y, self.groups, self.truth))
        return replace(self, x=self.x[indices], y=y, groups=groups, truth=truth)

    def __len__(self) -> int:
        return len(self.x)


def load_data(
    spec: str | os.PathLike[str],
    shape: Sequence[int],
    dtype: DTypeLike,
    *,
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
    scale: float | None = None,
    by: str = "",
) -> Data:
    """Loads `spec`, a .npz path or `package.module:function`, for a model input of `shape` (batch first) and `dtype`.

    The .npz holds `x` (or `x_float`, `x_int8`, `x_uint8` by the model's type), optionally `y`, class numbers, and
    optionally `truth`, anything else that answers can be scored against, such as pictures. The function takes
    no argument and returns or yields batches: x, or (x, y). For float models x becomes (x * scale - mean) / std, with
    mean and std broadcast over the last axis. Axes of size 1 may be missing or added. by: an array of the .npz with one
    entry per sample, equal for samples of one group, such as `subject`. Raises DataError, one line.
    """
    spec = os.fspath(spec)
    kind = numpy.dtype(dtype)
    if by and _names_function(spec):
        raise DataError(f"{spec}: a function gives no array '{by}'; save the data as an .npz file that holds it")
    x, y, named = (*_from_function(spec), None) if _names_function(spec) else _from_npz(spec, kind, by)
    if x.ndim == 0 or len(x) == 0:
        raise DataError(f"{spec}: holds no samples")
    x = _converted(spec, x, kind, mean, std, scale)
    x = _shaped(spec, x, tuple(int(n) for n in shape)[1:])
    if kind.kind == "f" and not numpy.isfinite(x).all():
        bad = int(numpy.flatnonzero(~numpy.isfinite(x.reshape(len(x), -1)).all(axis=1))[0])
        raise DataError(f"{spec}: sample {bad} holds NaN or infinity")
    if y is not None:
        y = _labels(spec, y, len(x))
    name = spec if _names_function(spec) else os.path.basename(spec)
    truth = None if _names_function(spec) else _truth(spec, len(x))
    return Data(x, y, digest(x, y), name, _groups(spec, named, by, len(x)), by, truth)


def _names_function(spec: str) -> bool:
    return ":" in spec and not spec.endswith(".npz") and os.sep not in spec


def _from_npz(
    spec: str, kind: numpy.dtype[Any], by: str
) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
    preferred = "x_float" if kind.kind == "f" else f"x_{kind.name}"
    try:
        with open(spec, "rb") as file:
            arrays = numpy.load(file, allow_pickle=False)
            if not isinstance(arrays, numpy.lib.npyio.NpzFile):
                raise DataError(f"{spec}: is a single array; save it with numpy.savez(path, x=...)")
            name = next((n for n in ("x", preferred) if n in arrays.files), None)
            if name is None:
                raise DataError(f"{spec}: no array 'x' or '{preferred}', only {', '.join(arrays.files) or 'nothing'}")
            if by and by not in arrays.files:
                raise DataError(f"{spec}: no array '{by}' that names groups, only {', '.join(arrays.files)}")
            return arrays[name], arrays["y"] if "y" in arrays.files else None, arrays[by] if by else None
    except FileNotFoundError:
        raise DataError(f"{spec or 'no name'}: no such file; data is a .npz file or package.module:function") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as problem:
        # numpy takes whatever it does not know for a pickle, and suggests to trust it
        reason = "it holds Python objects, or is another kind of file" if "pickle" in str(problem) else ""
        raise DataError(f"{spec}: not a readable .npz file ({reason or one_line(problem, 100)})") from None


def _from_function(spec: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    module_name, _, function_name = spec.partition(":")
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        function = getattr(importlib.import_module(module_name), function_name)
        result = function()
        batches = [result] if isinstance(result, (numpy.ndarray, tuple)) else list(_iterable(spec, result))
        pairs = [batch if isinstance(batch, tuple) else (batch, None) for batch in batches]
        if not pairs:
            raise DataError(f"{spec}: gave no batches")
        x = numpy.concatenate([numpy.asarray(x) for x, _ in pairs])
        labels = [numpy.asarray(y) for _, y in pairs if y is not None]
        return x, numpy.concatenate(labels) if labels else None
    except ApproxError:
        raise
    except Exception as problem:  # whatever a user's function raises is about the data, not about us
        raise DataError(f"{spec}: {type(problem).__name__}: {one_line(problem)}") from None


def _iterable(spec: str, result: object) -> Iterable[Any]:
    if isinstance(result, (str, bytes)) or not isinstance(result, Iterable):
        raise DataError(f"{spec}: gave {type(result).__name__}; it has to return or yield x or (x, y)")
    return result


def _converted(
    spec: str,
    x: NDArray[Any],
    kind: numpy.dtype[Any],
    mean: ArrayLike | None,
    std: ArrayLike | None,
    scale: float | None,
) -> NDArray[Any]:
    if kind.kind != "f":
        if mean is not None or std is not None or scale is not None:
            raise DataError(f"{spec}: mean, std and scale are for float models; this one takes {kind}")
        if x.dtype != kind:
            raise DataError(f"{spec}: x is {x.dtype}, but the model takes {kind}; convert it before saving")
        return x
    if x.dtype.kind not in "fiu":
        raise DataError(f"{spec}: x is {x.dtype}, but the model takes numbers ({kind})")
    try:
        with numpy.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused later, in one line
            values = _normalised(spec, x, mean, std, scale)
    except ValueError:
        raise DataError(f"{spec}: mean or std does not fit the last axis of x, whose shape is {x.shape}") from None
    if values.shape != x.shape:
        raise DataError(f"{spec}: mean or std does not fit the last axis of x, whose shape is {x.shape}")
    return values.astype(kind)


def _normalised(
    spec: str, x: NDArray[Any], mean: ArrayLike | None, std: ArrayLike | None, scale: float | None
) -> NDArray[numpy.float32]:
    values = x.astype(numpy.float32)
    if scale is not None:
        values = values * numpy.float32(scale)
    if mean is not None:
        values = values - numpy.asarray(mean, numpy.float32)
    if std is not None:
        divisor = numpy.asarray(std, numpy.float32)
        if not (divisor > 0).all():
            raise DataError(f"{spec}: std has to be above 0, got {std}")
        values = values / divisor
    return values


def _shaped(spec: str, x: NDArray[Any], sample: tuple[int, ...]) -> NDArray[Any]:
    if [n for n in x.shape[1:] if n != 1] != [n for n in sample if n != 1]:
        raise DataError(f"{spec}: one sample of x has shape {x.shape[1:]}, but the model takes {sample}")
    return numpy.ascontiguousarray(x.reshape(len(x), *sample))


def _labels(spec: str, y: NDArray[Any], samples: int) -> NDArray[numpy.int64]:
    if y.dtype.kind not in "iu":
        raise DataError(f"{spec}: y is {y.dtype}, but class numbers are integers")
    if y.shape != (samples,):
        raise DataError(f"{spec}: y has shape {y.shape}, but x holds {samples} samples")
    if (y < 0).any() or (y > _LARGEST_CLASS).any():
        raise DataError(f"{spec}: y holds {y.min()} to {y.max()}, but class numbers count from 0")
    return y.astype(numpy.int64)


def _groups(spec: str, named: NDArray[Any] | None, by: str, samples: int) -> NDArray[numpy.int64] | None:
    if named is None:
        return None
    if named.shape != (samples,):
        raise DataError(f"{spec}: {by} has shape {named.shape}, but x holds {samples} samples")
    return numpy.unique(named, return_inverse=True)[1].astype(numpy.int64)


def _truth(spec: str, samples: int) -> NDArray[Any] | None:
    """Of a .npz that was read before."""
    with numpy.load(spec, allow_pickle=False) as arrays:
        truth = arrays["truth"] if "truth" in arrays.files else None
    if truth is not None and (truth.ndim == 0 or len(truth) != samples or truth.dtype.kind not in "fiub"):
        raise DataError(f"{spec}: truth is {truth.dtype} {truth.shape}, not numbers for each of {samples} samples")
    return truth


def digest(x: NDArray[Any], y: NDArray[numpy.int64] | None) -> str:
    """What samples and labels are recognised by."""
    sha256 = hashlib.sha256(f"{x.dtype.str} {x.shape}".encode())
    sha256.update(x.data)
    if y is not None:
        sha256.update(y.data)
    return sha256.hexdigest()
