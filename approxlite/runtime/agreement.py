"""Comparing answers with exact's, by the functions of `agreement.h` that a phone uses as well."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.errors import ModelError
from approxlite.runtime.library import library

_LOSSES = {"top_one": 0, "label_share": 1, "mean_absolute": 2, "largest_absolute": 3, "root_mean_square": 4}


class NativeAgreement(ctypes.Structure):
    """`approx_agreement`."""

    _fields_ = (("loss", ctypes.c_int32), ("classes", ctypes.c_int32), ("tolerance", ctypes.c_float))

    @classmethod
    def of(cls, rule: AgreementRule) -> NativeAgreement:
        return cls(_LOSSES[rule.loss], rule.classes, rule.tolerance)


class Agreement:
    """Compares answers, (samples, ...) each, sample by sample. Immutable, so any thread may use it."""

    def __init__(self, rule: AgreementRule = TOP_ONE) -> None:
        self.rule = rule
        self._native = NativeAgreement.of(rule)

    def losses(
        self, exact: NDArray[np.float32], answers: NDArray[np.float32], class_map: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """(samples,): how far each answer is from exact's; infinite where either is not finite.

        class_map: for each class of `answers` the class of exact it stands for, or -1. Raises ModelError when the
        answers cannot be compared.
        """
        rows = len(exact)
        ours, theirs = (np.ascontiguousarray(a, np.float32).reshape(rows, -1) for a in (exact, answers))
        mapped = None if class_map is None else np.ascontiguousarray(class_map, np.int32)
        if mapped is not None and len(mapped) != theirs.shape[1]:
            raise ModelError(f"the class map names {len(mapped)} classes, the answers have {theirs.shape[1]}")
        losses = np.zeros(rows, np.float32)
        status = _bind().approx_losses(
            ctypes.byref(self._native),
            ours.ctypes.data,
            ours.shape[1],
            theirs.ctypes.data,
            theirs.shape[1],
            None if mapped is None else mapped.ctypes.data,
            rows,
            losses.ctypes.data,
        )
        if status != 0:
            raise ModelError(
                f"answers of shape {answers.shape[1:]} cannot be compared with exact's {exact.shape[1:]} "
                f"by {self.rule.loss}; give a class map or another agreement"
            )
        return losses

    def differs(
        self, exact: NDArray[np.float32], answers: NDArray[np.float32], class_map: Sequence[int] | None = None
    ) -> NDArray[np.bool_]:
        """(samples,): whether the loss is beyond the tolerance, as the phone's 32 bits have it."""
        differs: NDArray[np.bool_] = self.losses(exact, answers, class_map) > np.float32(self.rule.tolerance)
        return differs


@cache
def _bind() -> ctypes.CDLL:
    native = library()
    address = ctypes.c_void_p
    native.approx_losses.argtypes = (
        ctypes.POINTER(NativeAgreement), address, ctypes.c_size_t, address, ctypes.c_size_t, address, ctypes.c_size_t,
        address,
    )  # fmt: skip
    native.approx_losses.restype = ctypes.c_int
    return native
