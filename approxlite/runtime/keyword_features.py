"""What keyword models take, computed from sound by `frontend.h`: the bits that a phone computes."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.errors import InputError
from approxlite.runtime.library import library

SAMPLE_RATE_HZ = 16_000


class _Settings(ctypes.Structure):
    """`approx_mfcc_settings`."""

    _fields_ = (
        ("sample_rate_hz", ctypes.c_int32),
        ("window_samples", ctypes.c_int32),
        ("hop_samples", ctypes.c_int32),
        ("mel_bands", ctypes.c_int32),
        ("coefficients", ctypes.c_int32),
        ("lowest_hz", ctypes.c_float),
        ("highest_hz", ctypes.c_float),
    )


def keyword_features(sound: NDArray[np.int16]) -> NDArray[np.float32]:
    """(frames, 10) of sound at SAMPLE_RATE_HZ: every 30 ms in steps of 20 ms; a second has 49 frames.

    Raises InputError when there is not one whole frame.
    """
    native = _native()
    settings: _Settings = native.approx_mfcc_keyword()
    samples = np.ascontiguousarray(sound, np.int16)
    mfcc = ctypes.c_void_p()
    if native.approx_mfcc_create(ctypes.byref(settings), ctypes.byref(mfcc)) != 0:
        raise InputError("no memory for audio features")
    try:
        features = np.empty((native.approx_mfcc_frames(mfcc, samples.size), settings.coefficients), np.float32)
        if native.approx_mfcc_compute(mfcc, samples.ctypes.data, samples.size, features.ctypes.data) != 0:
            raise InputError(f"{samples.size} samples are less than a frame of {settings.window_samples}")
    finally:
        native.approx_mfcc_destroy(mfcc)
    return features


@cache
def _native() -> ctypes.CDLL:
    """The library with the signatures of `frontend.h`."""
    native = library()
    handle, integer = ctypes.c_void_p, ctypes.c_int32
    native.approx_mfcc_keyword.restype = _Settings
    native.approx_mfcc_create.argtypes = (ctypes.POINTER(_Settings), ctypes.POINTER(handle))
    native.approx_mfcc_frames.argtypes = (handle, integer)
    native.approx_mfcc_compute.argtypes = (handle, ctypes.c_void_p, integer, ctypes.c_void_p)
    native.approx_mfcc_destroy.argtypes = (handle,)
    native.approx_mfcc_destroy.restype = None
    return native
