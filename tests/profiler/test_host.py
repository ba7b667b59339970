"""This computer describes itself without guessing."""

from __future__ import annotations

from approxlite.profiler.host import ENERGY_REFUSED, host_device, host_state


def test_the_fingerprint_is_the_same_each_time() -> None:
    assert host_device() == host_device()
    assert host_device().cpu
    assert host_device().os


def test_energy_is_refused_with_a_reason() -> None:
    assert "no energy source" in ENERGY_REFUSED


def test_load_is_part_of_the_state() -> None:
    load = host_state().load_average
    assert load is None or load >= 0
